"""Scratch that marking duplicates and calling peaks take, beside the files that the reads come in.

Draws reads of a genome with the qualities of real reads, writes them as gzipped FASTQ and as BAM, sends the BAM
through the programs of the rules `align_reads`, `mark_alignments`, `call_peaks` and `make_pileups`, and looks every
20 ms how much lies in the scratch folder.

    python benchmarks/scratch.py GENOME.fa.gz READS.fastq.gz [--reads 4000000] [--length 50] [--out FILE.json]
"""

import argparse
import gzip
import itertools
import json
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from epigroup.genome.fasta import read_fasta  # noqa: E402

SORT = "samtools sort -u -m 512M -T scratch/x.sort {0}"
MARK = "samtools markdup -T scratch/x.mark - marked.bam"
COLLATE = "samtools collate -O -u sorted.bam scratch/x.collate"
MACS = "macs2 callpeak -t marked.bam -f {0} -g 1.2e7 -n x --outdir scratch --tempdir scratch"
BDGCMP = "macs2 bdgcmp -t scratch/x_treat_pileup.bdg -c scratch/x_control_lambda.bdg"
PILEUPS = f"-B --SPMR && {BDGCMP} -m FE -o fold.bdg && {BDGCMP} -m ppois -S 1 -o pvalue.bdg"
SINGLE = MACS.format("BAM --nomodel --extsize 200")
# What the rules do: `aligned.bam` is in the order of the names, as an aligner gives it. The last line takes no scratch.
COMMANDS = {
    "pairs": {
        "mark, of BAM": f"{COLLATE} | samtools fixmate -u -m - - | {SORT.format('-')} | {MARK}",
        "collate alone": f"{COLLATE} > /dev/null",
        "mark, of FASTQ": f"samtools fixmate -u -m aligned.bam - | {SORT.format('-')} | {MARK}",
        "MACS": MACS.format("BAMPE"),
        "MACS, pileups": f"{MACS.format('BAMPE')} {PILEUPS}",
        "trimmed reads": "cat reads_*.fastq.gz | gzip -dc | gzip -1 > trimmed.fastq.gz",
    },
    "single": {
        "mark": f"{SORT.format('aligned.bam')} | {MARK}",
        "MACS": SINGLE,
        "MACS, pileups": f"{SINGLE} {PILEUPS}",
        "trimmed reads": "cat reads_*.fastq.gz | gzip -dc | gzip -1 > trimmed.fastq.gz",
    },
}
TAGS = "AS:i:0\tXN:i:0\tXM:i:0\tXO:i:0\tXG:i:0\tNM:i:0\tMD:Z:{}\tYT:Z:{}\tRG:Z:x.rep1"
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
Read = tuple[str, int, str, int, int, str]  # name, flag, contig, position, signed fragment length, bases


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("genome")
    parser.add_argument("qualities", help="FASTQ of real reads of at least --length bases")
    parser.add_argument("--reads", type=int, default=4_000_000, help="of pairs both mates count")
    parser.add_argument("--length", type=int, default=50)
    parser.add_argument("--out", type=Path, help="the same as JSON")
    args = parser.parse_args()
    genome = {
        one.name: one.codes.translate(b"ACGTN" + bytes(251)).decode() for one in read_fasta(args.genome)
    }
    with gzip.open(args.qualities, "rt") as handle:
        lines = (line.strip() for line in itertools.islice(handle, 3, None, 4))
        qualities = [line[: args.length] for line in lines if len(line) >= args.length]
    version = subprocess.run(["samtools", "--version"], capture_output=True, check=True)
    found: dict = {
        "machine": platform.machine(),
        "samtools": version.stdout.split(b"\n")[0].decode(),
        **{name: value for name, value in vars(args).items() if name != "out"},
    }
    for layout, commands in COMMANDS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_reads(folder, draw_reads(genome, layout, args), qualities, genome)
            scratch = {f"scratch: {what}": most_scratch(folder, line) for what, line in commands.items()}
            found[layout] = {path.name: path.stat().st_size for path in sorted(folder.iterdir())} | scratch
    print(json.dumps(found, indent=1))
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_text(json.dumps(found, indent=1), encoding="utf-8")


def draw_reads(genome: dict[str, str], layout: str, args: argparse.Namespace) -> Iterator[Read]:
    """Reads in the order of their names, at random places."""
    draw = random.Random(1)
    names, weights = list(genome), [len(bases) for bases in genome.values()]
    n_bases = args.length
    for i in range(args.reads // (2 if layout == "pairs" else 1)):
        contig = draw.choices(names, weights)[0]
        size = draw.randint(100, 400)
        start = draw.randrange(len(genome[contig]) - size)
        end = start + size - n_bases
        first, last = genome[contig][start : start + n_bases], genome[contig][end : end + n_bases]
        name = f"A00123:45:HK7WLDSX3:1:{1101 + i // 500_000}:{draw.randrange(32768)}:{i % 500_000}"
        if layout == "single":
            yield name, 0, contig, start, 0, first
        else:
            flags = (99, 147) if draw.random() < 0.5 else (163, 83)
            yield name, flags[0], contig, start, size, first
            yield name, flags[1], contig, end, -size, last


def write_reads(folder: Path, reads: Iterable[Read], qualities: list[str], genome: dict[str, str]) -> None:
    """aligned.bam, sorted.bam and, by mate, reads_1.fastq.gz and reads_2.fastq.gz, at the usual compression."""
    draw = random.Random(2)
    header = [f"@SQ\tSN:{name}\tLN:{len(bases)}\n" for name, bases in genome.items()]
    with (
        subprocess.Popen(
            ["samtools", "view", "-b", "-o", folder / "aligned.bam", "-"], stdin=subprocess.PIPE, text=True
        ) as bam,
        gzip.open(folder / "reads_1.fastq.gz", "wt", 6) as first,
        gzip.open(folder / "reads_2.fastq.gz", "wt", 6) as second,
    ):
        assert bam.stdin is not None, "it is a pipe"
        bam.stdin.writelines(["@HD\tVN:1.6\tSO:unsorted\n", *header, "@RG\tID:x.rep1\tSM:x\n"])
        for name, flag, contig, start, size, bases in reads:
            quality = draw.choice(qualities)
            tags = TAGS.format(len(bases), "CP" if flag else "UU")
            mate = (
                f"=\t{start + size - len(bases) + 1 if size > 0 else start + len(bases) + size + 1}"
                if flag
                else "*\t0"
            )
            bam.stdin.write(
                f"{name}\t{flag}\t{contig}\t{start + 1}\t42\t{len(bases)}M\t{mate}\t{size}\t{bases}\t{quality}"
                f"\t{tags}\n"
            )
            if flag & 16:
                bases, quality = bases[::-1].translate(COMPLEMENT), quality[::-1]
            (second if flag & 128 else first).write(f"@{name}\n{bases}\n+\n{quality}\n")
    if bam.returncode:
        raise SystemExit("samtools view failed")
    run("samtools sort -m 512M -o sorted.bam aligned.bam", folder)


def run(line: str, folder: Path) -> None:
    subprocess.run(["bash", "-o", "pipefail", "-c", line], cwd=folder, check=True, capture_output=True)


def most_scratch(folder: Path, line: str) -> int:
    """Bytes that lay in the scratch folder at most while a shell line ran."""
    (folder / "scratch").mkdir()
    done, seen = threading.Event(), [0]

    def look() -> None:
        while not done.wait(0.02):
            sizes = [size_of(path) for path in (folder / "scratch").iterdir()]
            seen.append(sum(sizes))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        run(line, folder)
    finally:
        done.set()
        watcher.join()
    shutil.rmtree(folder / "scratch")
    return max(seen)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 when it is gone by now."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


if __name__ == "__main__":
    main()
