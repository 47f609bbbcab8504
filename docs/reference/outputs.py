"""Write what a run leaves, file by file and column by column: docs/reference/outputs.md."""

# ruff: noqa: E501  (lines of the page that is made stand here as they are there)

import argparse
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "workflow" / "scripts"))

from epigroup.audit import CHECKS  # noqa: E402
from epigroup.baselines import BASELINES  # noqa: E402
from epigroup.quality.measures import MEASURES  # noqa: E402
from epigroup.report.figures.catalogue import FIGURES  # noqa: E402
from epigroup.report.figures.record import Figure, Has, Shown  # noqa: E402
from epigroup.results.catalogue import FILES  # noqa: E402
from epigroup.results.catalogue.record import MAPPABLE, Column, ResultFile  # noqa: E402

PAGE = REPOSITORY / "docs" / "reference" / "outputs.md"

HEAD = f"""# Files of a run

<!-- made by docs/reference/outputs.py from what stands in the code; do not edit -->

Every file that a run leaves, in the order of a run: where it lies, when it is there, and what each of its columns means. Paths count from the folder of
results (`results` of the config). Words in braces stand for names of the run: `{{strategy}}`, `{{grouping}}`, `{{profile}}`, and `{{seed}}` and other numbers.
Where a path says `{{strategy}}`, a choice or predictions from elsewhere may stand as well.

- `.tsv`: tab separated, a line of column names first. `NaN`, or an empty cell where the column says so: there is no value.
- `.json`: the names are those of the keys of the object; `crc32` is a checksum of the rest of the file.
- `.h5`: HDF5; the names are those of the data sets, with their type and shape.
- Positions are in base pairs (bp), from 0, the end not in the interval.
- *Needs* says what a run must have for a file or column to be there; without it every run has it.
- With `dataset.evaluation_regions: both`, files that are marked so lie below `{MAPPABLE}/` too, of all mappable bins.
- With [`splits.folds`](../guide/dataset.md#folds), what hangs on the splits lies below `folds/2/`, `folds/3/` and so on too, of these folds.

The numbers under a figure are `figures/NAME.tsv`: [figures](#figures-of-a-run).
"""


@dataclass(frozen=True)
class Stage:
    """A part of the page. folders: those below the results folder whose files it has; about: a paragraph above them;
    others: path -> what is said of files without a record, for the most part those that other programs read."""

    title: str
    folders: tuple[str, ...]
    others: Mapping[str, str]
    about: str = ""


def table(*lines: tuple[str, ...]) -> str:
    """A table, its head first."""
    head, *rows = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, f"|{' --- |' * len(lines[0])}", *rows])


READS = "profiles that come as reads or alignments"
STAGES = (
    Stage(
        "Simulated input",
        ("simulation",),
        {
            "simulation/genome.fa": "The simulated genome.",
            "simulation/reads/{profile}.rep{replicate}.fastq.gz": "Simulated reads; those of pairs end in `_1` and `_2`.",
            "simulation/reads/{profile}.rep{replicate}_{mate}.fastq.gz": "The mates of simulated pairs.",
            "simulation/alignments/{profile}.bam": "Simulated alignments, with their index.",
            "simulation/alignments/{profile}.bam.bai": "Index of these.",
            "simulation/peaks/{profile}.narrowPeak": "Peaks of profiles that the sheet gives as peaks.",
            "simulation/truth/probability.h5": "The noise-free probability of each element and task.",
        },
        "Only with the section `simulation` of the demo's configs.",
    ),
    Stage(
        "The genome",
        ("genome",),
        {
            "genome/genome.h5": "The chosen chromosomes as codes, one a base.",
            "genome/genome.fa": "The FASTA as aligners and browsers read it, with `.fai`.",
            "genome/genome.fa.fai": "Index of it.",
            "genome/chrom.sizes": "Names and lengths of the contigs, as bigWig tools read them.",
            "genome/effective_size.txt": f"Number of bases that are not N, for MACS. Needs {READS}.",
            "genome/index": "The bowtie2 index (a folder). Needs profiles that come as FASTQ.",
        },
    ),
    Stage(
        "Downloads, reads and alignments",
        ("downloads", "reads", "alignments"),
        {
            "downloads/{file}": "Files that the sheet names by accession or address.",
            "reads/{profile}.rep{replicate}.fastq.gz": "Trimmed reads; they go when they are aligned.",
            "alignments/{profile}.rep{replicate}.bam": "Filtered alignments of a replicate, with their index.",
            "alignments/{profile}.rep{replicate}.bam.bai": "Index of these.",
            "alignments/{profile}.rep{replicate}.marked.bam": "Alignments before the filters; they go when they are read.",
            "alignments/{profile}.bam": "Filtered alignments of all replicates of a profile, with their index.",
            "alignments/{profile}.bam.bai": "Index of these.",
        },
        f"Needs {READS}; files that the sheet gives stay where they are.",
    ),
    Stage(
        "Quality of the reads",
        ("quality",),
        {
            "quality/fastq/{profile}.rep{replicate}.json": "What was found when a given FASTQ file was read whole.",
            "quality/fastp/{profile}.rep{replicate}.html": "What fastp says, as a page.",
            "quality/alignments/{profile}.rep{replicate}.{program}.txt": "What samtools says of the alignments.",
            "quality/multiqc/multiqc_report.html": "MultiQC's page, with `snakemake multiqc`.",
        },
        "What is measured of a profile:\n\n"
        + table(("figure", "meaning"), *((f"`{name}`", one.meaning) for name, one in MEASURES.items())),
    ),
    Stage(
        "Peaks, signals and tracks",
        ("peaks", "signals", "tracks"),
        {
            "peaks/called/{profile}_peaks.narrowPeak.gz": f"Peaks as MACS calls them. Needs {READS}.",
            "peaks/supported/{profile}_peaks.narrowPeak.gz": "Those that two replicates support. Needs "
            "`peaks.replicates: overlap` or `idr`.",
            "peaks/standard/{profile}.narrowPeak.gz": "Peaks of the profile as the bins are labelled by them: sorted, on the "
            "chosen chromosomes, with an index (`.tbi`).",
            "peaks/standard/{profile}.narrowPeak.gz.tbi": "Index of these, for browsers.",
            "peaks/standard/{profile}.safetensors": "The same peaks as arrays, from which bins are labelled.",
            "signals/{profile}.{kind}.bw": "Signals as bigWig: `enrichment` (fold enrichment) and `pvalue` (-log10 p). Needs "
            "`peaks.signal`, `snakemake signals` or `tracks`.",
            "signals/{profile}.{kind}.bedGraph": "The same as text; they go when the bigWig is there.",
            "signals/{profile}.README.txt": "How these signals are scaled.",
            "tracks/igv_session.xml": "Peaks and signals as a session of IGV. Needs `snakemake tracks`, as all below `tracks/`.",
            "tracks/hub.txt": "The same as a track hub of the UCSC browser, with `genomes.txt` and `trackDb.txt`.",
            "tracks/genomes.txt": "Part of the hub.",
            "tracks/trackDb.txt": "Part of the hub.",
            "tracks/peaks/{profile}.bb": "Peaks as bigBed.",
        },
    ),
    Stage("Checks before the work", ("checks",), {"checks/{file}.txt": "Notes of programs that were looked for; they go."}),
    Stage(
        "The data set",
        ("dataset",),
        {
            "dataset/label_correlation.h5": "Correlation of the tasks' labels, or signals, over the training bins: "
            "`correlation` (tasks, tasks), `both`, `task_id`. Needs a grouping or sweep that reads it."
        },
    ),
    Stage("Precision and training", ("calibration", "models", "heads"), {
        "heads/{strategy}/seed{seed}/covariance.h5": "`covariance` (units, units) and `mean` of the hidden features over "
        "training examples. Needs `vectors: logit_covariance`.",
    }),
    Stage("Searches of learning rates", ("search",), {}),
    Stage("Study of patience", ("patience",), {
        "patience/{strategy}/seed{seed}/pack{pack}.safetensors": "Networks of the study; they go when it is done.",
    }),
    Stage("Affinities of tasks", ("affinity",), {
        "affinity/stability.svg": "`stability.tsv`, drawn; also as `.png`.", "affinity/stability.png": "The same.",
    }),
    Stage("Groups of tasks", ("groupings",), {}),
    Stage("Predictions and scores", ("predictions", "evaluation"), {
        "predictions/{external}/{split}.h5": "Predictions from elsewhere in the form of [predictions](#predictions); they go "
        "once they are scored.",
        "predictions/{average}/seed{seed}/{split}.h5": "Predictions of an average in the form of "
        "[predictions](#predictions); they go once they are scored.",
        "evaluation/{strategy}/seed{seed}/blocks.h5": "Counts by block of the genome, for the bootstrap of the comparison.",
    }),
    Stage("Comparison of strategies", ("comparison",), {}),
    Stage("Simple predictors", ("baselines",), {
        "baselines/{baseline}/{split}.h5": "Predictions of a baseline in the form of [predictions](#predictions); they go "
        "once they are scored, and averaged where a choice does.",
        "baselines/{baseline}/blocks.h5": "Counts by block of the genome, for the intervals of the marks.",
    }, "What a baseline is:\n\n" + table(
        ("baseline", "what", "knows no more of a test bin than a network"),
        *((f"`{name}`", words, "yes" if honest else "no") for name, (_, honest, _, words) in BASELINES.items()),
    )),
    Stage("Strata of the test bins", ("strata",), {
        "strata/bins.h5": "Which stratum each test bin is in.",
        "strata/{strategy}/seed{seed}.sample.h5": "Predictions of a sample of bins, by which seeds are held against each other.",
    }),
    Stage("Audit of the run", ("audit",), {}, "What is checked:\n\n" + table(
        ("check", "what", "pitfall"), *((f"`{name}`", title, pitfall) for name, (_, title, pitfall) in CHECKS.items()),
    )),
    Stage("Beside the paper", ("paper",), {}),
    Stage("New profiles beside the run", ("adopt",), {
        "adopt/peaks/{profile}.safetensors": "Peaks of a new profile as arrays, from which bins are labelled.",
        "adopt/shards/{chrom}.h5": "The examples of a chromosome, in the form of [shards](#shards): those of the run, and the "
        "bins in which only a new profile has a peak, with the labels of the run's tasks and of the new profiles.",
        "adopt/predictions/{strategy}/seed{seed}/{split}.h5": "Predictions in the form of [predictions](#predictions); they "
        "go once they are scored.",
        "adopt/evaluation/{strategy}/seed{seed}/blocks.h5": "Counts by block of the genome, as those of a strategy.",
        "adopt/baselines/{baseline}/blocks.h5": "The same of a simple predictor.",
        "adopt/baselines/{baseline}/{split}.h5": "Its predictions; they go once they are scored.",
    }, "Needs `snakemake adopt`: see [adopt](../guide/adopt.md#adopt)."),
    Stage("Imputation", ("imputation",), {
        "imputation/imputation.html": "The page: does it beat the average activity, on which tracks, by which model.",
        "imputation/tensor/{chrom}.h5": "Bins of a chromosome: `values` float16 (tracks, bins), NaN where a track has no "
        "data; `bins`, the number of each on the grid.",
        "imputation/moments.h5": "Means and covariances of the tracks over the bins in which all have data.",
        "imputation/folds/{track_fold}/models.h5": "The models of a fold: weights of tracks and intercepts, by place.",
        "imputation/folds/{track_fold}/blocks.h5": "Sums of squared errors by stretches of the genome.",
        "imputation/all/models.h5": "The models that know all tracks.",
        "imputation/imputed/{place}.bw": "What is imputed at a place (cell type and assay), in the units of the bigWigs.",
        "imputation/imputed/README.txt": "What each of these is, and by which model.",
        "imputation/imputed/hub.txt": "Track hub of measured and imputed tracks, with `genomes.txt` and `trackDb.txt`.",
        "imputation/imputed/genomes.txt": "The assembly of the hub.",
        "imputation/imputed/trackDb.txt": "The tracks of the hub.",
        "imputation/imputed/igv_session.xml": "The same as a session of IGV.",
    }, "Needs the section `imputation`: see [imputation](../guide/imputation.md#imputation)."),
    Stage("Report, scores of regions, export", ("report", "figures", "predict", "export", "bundle"), {
        "report/report.html": "The report: one page that holds all it shows.",
        "figures/{figure}.{kind}": "Each figure as `.svg` and `.png`, and its numbers as `.tsv`: [figures](#figures-of-a-run).",
        "predict/bigwig/{task_id}.bw": "Scores of the regions as bigWig. Needs `snakemake predict`.",
        "bundle/{strategy}/seed{seed}/model.safetensors": "Weights of all its networks. Needs `snakemake bundle`.",
        "bundle/{strategy}/seed{seed}/config.json": "Its tasks, layers, weights of an average and thresholds. Needs `snakemake bundle`.",
        "bundle/{strategy}/seed{seed}/model.py": "All its code; it needs torch and safetensors. Needs `snakemake bundle`.",
        "bundle/{strategy}/seed{seed}/README.md": "Its model card, in Hugging Face's form. Needs `snakemake bundle`.",
        "bundle/{strategy}/seed{seed}/model.yaml": "What Kipoi reads of it. Needs `snakemake bundle`.",
        "bundle/{strategy}/seed{seed}/test.safetensors": "Windows of the test split (`sequence`, uint8) and their scores (`score`, float32). Needs `snakemake bundle`.",
        "bundle/{strategy}/seed{seed}/model.onnx": "The same as ONNX. Needs `snakemake bundle`.",
        "export/{strategy}/seed{seed}/group{group}.safetensors": "The network of one group, for your own code; made when you "
        "name the file.",
    }),
    Stage("Logs and records of jobs", ("logs", "benchmarks", "checkpoints"), {
        "logs/{rule}/{job}.log": "What each job said; rules of one job have `logs/{rule}.log`.",
        "logs/{rule}.log": "What the one job of the rule said.",
        "logs/tensorboard": "Event files for TensorBoard (a folder). Needs `running.tensorboard`.",
        "benchmarks/{rule}/{job}.tsv": "Seconds and memory of each job, in Snakemake's form.",
        "benchmarks/{rule}.tsv": "Those of the one job of the rule.",
        "checkpoints/{strategy}": "States of trainings that are under way (a folder).",
        "provenance.jsonl.gz": "What made each result: Snakemake's own records, kept beside the results.",
    }),
)  # fmt: skip

# What may be added to a run that has nothing, and how a reader is told of it.
NOTHING = Has(frozenset(), ("STL",), (), (), headline=False, heads=False, shown=Shown())
HAVING: tuple[tuple[str, Has], ...] = (
    ("two strategies or more", replace(NOTHING, strategies=("STL", "SMTL"))),
    ("a headline", replace(NOTHING, headline=True)),
    ("a network whose heads are clustered", replace(NOTHING, heads=True)),
    ("a search of learning rates", replace(NOTHING, searched=("STL",))),
    ("`affinities` that groupings use", replace(NOTHING, affinities=("a",))),
    ("a strategy of one network of all tasks", replace(NOTHING, shown=Shown(joint="SMTL"))),
    ("a strategy on groups", replace(NOTHING, shown=Shown(grouping="g"))),
    ("strategies on groups", replace(NOTHING, shown=Shown(methods={"g": "k-means"}))),
    (
        "groupings that differ in their number of groups",
        replace(NOTHING, shown=Shown(families=({"strategies": [1, 2]},))),
    ),
    *(
        (f"`{section}`", replace(NOTHING, sections=frozenset([section])))
        for section in (
            "strata",
            "sweep",
            "simulation",
            "patience_study",
            "known_sets",
            "external",
            "choices",
        )
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only say whether the page is of the present code"
    )
    check = parser.parse_args().check
    made = page()
    if check:
        now = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
        sys.exit(0 if made == now else f"{PAGE}: is not of the present code; run make reference")
    PAGE.write_text(made, encoding="utf-8")


def page() -> str:
    """The whole page, as Markdown."""
    parts = [HEAD, "## All files\n", "\n".join(list_of_files()) + "\n"]
    for stage in STAGES:
        parts += [f"## {stage.title}\n", *([stage.about + "\n"] if stage.about else [])]
        if stage.others:
            rows = (f"| `{path}` | {cell(about)} |" for path, about in stage.others.items())
            parts.append("\n".join(["| other files | what |", "| --- | --- |", *rows]) + "\n")
        parts += [described(one) for one in files_of(stage)]
    parts += [
        "## Figures of a run\n",
        "Each is `figures/NAME.svg`, `figures/NAME.png` and, its numbers, `figures/NAME.tsv`.\n",
    ]
    rows = (
        f"| `{one.name}` | {cell(one.title)} | {cell(one.caption)} | {needs_of(one)} |" for one in FIGURES
    )
    parts.append(
        "\n".join(["| figure | title | what it shows | needs |", "| --- | --- | --- | --- |", *rows]) + "\n"
    )
    return "\n".join(parts)


def files_of(stage: Stage) -> list[ResultFile]:
    """The records of a stage, in the order of its folders and of the catalogue. ValueError: one that no stage has."""
    known = {folder for one in STAGES for folder in one.folders}
    strange = {one.path for one in FILES.values() if top(one.path) not in known}
    if strange:
        raise ValueError(f"no part of the page has {', '.join(sorted(strange))}: add the folder to STAGES")
    return [one for folder in stage.folders for one in FILES.values() if top(one.path) == folder]


def top(path: str) -> str:
    return path.partition("/")[0]


def list_of_files() -> Iterable[str]:
    yield from ("| file | what | needs |", "| --- | --- | --- |")
    for stage in STAGES:
        for one in files_of(stage):
            about = re.split(r"(?<=[.;]) ", one.about)[0].rstrip(";.") + "."
            yield f"| [`{one.path}`](#{one.key}) | {cell(about)} | {cell(one.when)} |"


def described(one: ResultFile) -> str:
    """A file: its key as heading, so that other pages can lead to it, its path, what it is, its columns."""
    twin = f"; also below `{MAPPABLE}/`" if one.mappable else ""
    lines = [f"### {one.key}\n", f"`{one.path}`{twin}\n", one.about + needs(one.when) + "\n"]
    if one.columns:
        kind = Path(one.path.removesuffix(".gz")).suffix
        name = {".json": "key", ".h5": "data set"}.get(kind, "column" if one.header else "place")
        lines.append(
            "\n".join([f"| {name} | meaning |", "| --- | --- |", *map(row, one.columns)]) + "\n",
        )
    return "\n".join(lines)


def row(column: Column) -> str:
    return f"| `{cell(column.name)}` | {cell(column.meaning + needs(column.when))} |"


def needs(when: str) -> str:
    """The end of a text that says what a run must have."""
    return f" *Needs {when}.*" if when else ""


def cell(text: str) -> str:
    """A text as it may stand in a table."""
    return text.replace("|", "\\|").replace("\n", " ")


def needs_of(figure: Figure) -> str:
    """What a run must have to have a figure, asked of its record."""
    if figure.needs(NOTHING):
        return ""
    words = [words for words, has in HAVING if figure.needs(has)]
    return " or ".join(words) or "what its record asks for"


if __name__ == "__main__":
    main()
