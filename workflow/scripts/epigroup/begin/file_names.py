"""What file names tell of a profile: which files belong together, and what was measured. All of it is a guess."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ENDS = {
    "fastq": (".fastq", ".fq"),
    "bam": (".bam", ".cram"),
    "peaks": (".narrowpeak", ".broadpeak", ".gappedpeak", ".bed", ".bb", ".bigbed"),
}
# What tools add to the names of what they make of a sample.
ADDED = re.compile(
    r"[._-](peaks|sorted|sort|dedup|rmdup|markdup|md|filtered|filt|final|merged|mLb|mRp|clN|q30|trimmed|trim|val|conservative"
    r"|optimal|idr|thresholded|pooled|consensus|replicated|hg19|hg38|GRCh3[78]|mm10|mm39|mm9|dm6|sacCer3)(?=$|[._-])",
    re.IGNORECASE,
)
MATE = re.compile(r"[._-](R?)([12])(_001)?$", re.IGNORECASE)
INDEX_READ = re.compile(r"[._-]I[12](_001)?$")
LANE = re.compile(r"[._-](L00\d|lane\d+)(?=$|[._-])|(?<=_REP\d)_(T\d+)$", re.IGNORECASE)
SAMPLE_NUMBER = re.compile(r"_S\d+(?=$|_)")
REPLICATE = re.compile(r"[._-](?:bio)?(?:rep|replicate)[._-]?(\d{1,3})(?=$|[._-])", re.IGNORECASE)
MARK = re.compile(r"H(?:2A|2B|3|4)(?:\.\d)?[KRST]\d+(?:me[123]?|ac|ub\d?|ph|cr|la)|H2A\.?Z", re.IGNORECASE)
# Of other proteins these alone are known by name.
FACTORS = re.compile(
    r"""ARID3A|ATF[1-7]|BRD4|CEBP[ABD]|CREB1|CTCF|E2F[1-8]|EGR1|ELF1|ELK1|EP300|ERG|ESR1|ETS1|EZH2|FLI1|FOS|FOSL[12]|
    FOXA[12]|FOXO1|FOXP3|GABPA|GATA[1-6]|HDAC[12]|HIF1A|HNF1A|HNF4A|IRF[1-9]|JUN|JUN[BD]|KLF[1-9]|MAF[FK]|MAX|MAZ|MXI1|
    MYC|MYOD1|NANOG|NFKB1|NFY[ABC]|NR3C1|NRF1|PAX[56]|PBX1|POLR2A|POU5F1|RAD21|RARA|RELA|REST|RFX5|RUNX[123]|RXRA|
    SIN3A|SIX5|SMARCA4|SMC1A|SMC3|SOX(2|9|10)|SP[1-4]|SPI1|SRF|STAG1|STAT[1-6]|SUZ12|TAF1|TAL1|TBP|TCF12|TCF7L2|
    TEAD[14]|TP53|TP63|USF[12]|YY1|ZBTB33|ZNF143|ZNF274""",
    re.VERBOSE,
)
CONTROL = re.compile(r"input|igg|wce|mock", re.IGNORECASE)
PERHAPS_CONTROL = re.compile(r"control|ctrl", re.IGNORECASE)


@dataclass
class Found:
    """A row of the sheet to be. mates: files of first and second mates, a file a lane; kind: a key of ENDS. lacks: the
    mate that a name says there should be, and is not."""

    profile: str
    replicate: int
    kind: str
    mates: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    lacks: str = ""


def kind_of_file(name: str) -> tuple[str, str] | None:
    """(kind, name without its ends), None of what is no file of a profile."""
    bare = re.sub(r"\.(gz|bgz)$", "", name, flags=re.IGNORECASE)
    for kind, ends in ENDS.items():
        for end in ends:
            if bare.lower().endswith(end) and (kind != "bam" or bare == name):
                return kind, bare[: -len(end)]
    return None


def profile_of(stem: str) -> tuple[str, int]:
    """(profile_id, replicate) of a name without ends, mate and lane."""
    number = REPLICATE.search(stem)
    stem = REPLICATE.sub("", stem)
    before = ""
    while before != stem:
        before, stem = stem, ADDED.sub("", stem)
    name = re.sub(r"[^A-Za-z0-9._+-]+", "_", stem).strip("._-")
    return name or "profile", int(number[1]) if number and int(number[1]) else 1


def find_profiles(paths: Iterable[str]) -> tuple[list[Found], list[str]]:
    """(rows, files that are none and why), in the order of names. Mates are files that differ in `_R1` and `_R2`, or in
    `_1` and `_2`, alone, lanes such that differ in `_L001` alone; of a profile that is there as reads and as
    alignments or peaks, the reads are taken."""
    paths = sorted(paths)
    there = {Path(path).name for path in paths}
    rows: dict[tuple[str, int, str], Found] = {}
    left: list[str] = []
    for path in paths:
        name = Path(path).name
        told = kind_of_file(name)
        if told is None:
            left.append(f"{path}: is no file of reads, alignments or peaks by its name")
            continue
        kind, stem = told
        if kind == "fastq" and INDEX_READ.search(stem):
            left.append(f"{path}: holds index reads by its name")
            continue
        if kind == "peaks" and re.search(r"[._-]summits$", stem, re.IGNORECASE):
            left.append(f"{path}: holds summits by its name; give the peaks")
            continue
        mate, lane, lacks = 0, "", ""
        if kind == "fastq":
            lone = MATE.search(stem)
            mate, stem = mate_of(name, stem, there)
            lacks = f"R{3 - int(lone[2])}" if lone and lone[1] and not mate else ""
            found = LANE.search(stem)
            lane = found[1] or found[2] if found else ""
            stem = SAMPLE_NUMBER.sub("", LANE.sub("", stem))
        profile, replicate = profile_of(stem)
        row = rows.setdefault((profile, replicate, kind), Found(profile, replicate, kind))
        row.lacks = row.lacks or lacks
        files = row.mates[max(mate - 1, 0)]
        if files and not lane:
            left.append(
                f"{path}: would be a second file of {profile}, replicate {replicate}, beside {files[0]}"
            )
        elif mate == 0 and row.mates[1]:
            left.append(f"{path}: has no mate, where {profile} has pairs")
        else:
            files.append(path)
    return one_kind_each(list(rows.values()), left), left


def mate_of(name: str, stem: str, there: set[str]) -> tuple[int, str]:
    """(1 or 2, the name without it) of a file whose other mate is there; (0, the name) of reads without mates."""
    found = MATE.search(stem)
    if not found:
        return 0, stem
    at = found.start(2)
    other = name[:at] + ("2" if found[2] == "1" else "1") + name[at + 1 :]
    if other in there:
        return int(found[2]), stem[: found.start()]
    # a lone R1 is of single-end reads; a lone number may be a replicate's
    return 0, stem[: found.start()] if found[1] else stem


def one_kind_each(rows: list[Found], left: list[str]) -> list[Found]:
    """The rows of each profile's first kind in the order of ENDS; peaks once."""
    order = list(ENDS)
    first: dict[str, str] = {}
    for row in rows:
        known = first.get(row.profile, row.kind)
        first[row.profile] = min(known, row.kind, key=order.index)
    kept: list[Found] = []
    for row in rows:
        files = [*row.mates[0], *row.mates[1]]
        if row.kind != first[row.profile]:
            left += [f"{path}: {row.profile} is there as {first[row.profile]} too" for path in files]
        elif row.kind == "peaks" and any(one.profile == row.profile for one in kept):
            left += [f"{path}: {row.profile} has a peak file already; a profile has one" for path in files]
        else:
            kept.append(row)
    return kept


def what_was_measured(name: str, cells: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """(columns of the sheet that a name tells, the words that told them). cells: cell type -> cell group."""
    tokens = [token for token in re.split(r"[._\-\s]+", name) if token]
    upper = [token.upper() for token in tokens]
    found: dict[str, str] = {}
    why: list[str] = []
    mark = MARK.search(name)
    factor = next((token for token in upper if FACTORS.fullmatch(token)), None)
    cut = next(
        (token for token in tokens if re.fullmatch(r"cut(and|n|&)?(run|tag)|cnr", token, re.IGNORECASE)), ""
    )
    control = next((token for token in tokens if CONTROL.fullmatch(token)), None)
    if control is None and not mark and not factor:
        control = next((token for token in tokens if PERHAPS_CONTROL.fullmatch(token)), None)
    open_by = next((token for token in tokens if re.match(r"(atac|dnase|dhs)", token, re.IGNORECASE)), None)
    if control:
        found = {"assay": "input"}
        why.append(f"a control by '{control}'")
    elif open_by:
        assay = "ATAC" if open_by.lower().startswith("atac") else "DNase"
        found = {"assay": assay, "modality": "CA"}
        why.append(f"assay {assay}, modality CA by '{open_by}'")
    elif mark or factor:
        target = spelt(mark[0]) if mark else str(factor)
        assay, modality = "CUTRUN" if cut else "ChIP", "HM" if mark else "TFB"
        found = {"assay": assay, "modality": modality, "target": target}
        by = f"'{mark[0] if mark else factor}'" + (f" and '{cut}'" if cut else "")
        why.append(f"assay {assay}, modality {modality}, target {target} by {by}")
    cell = cell_of(tokens, cells)
    if cell:
        found["cell_type"] = cell
        why.append(f"cell type {cell}")
        if not control:
            found["cell_group"] = cells[cell]
            why.append(f"cell group {cells[cell]} by the table of groups")
    return found, why


def spelt(mark: str) -> str:
    """A histone mark as it is usually written: H3K27ac."""
    found = re.fullmatch(r"(H\d[AB]?\.?\d?)([KRST]\d+)(.*)", mark, re.IGNORECASE)
    return f"{found[1].upper()}{found[2].upper()}{found[3].lower()}" if found else mark.upper()


def cell_of(tokens: list[str], cells: Mapping[str, str]) -> str | None:
    """The longest cell type of the table that is one to four neighbouring words of a name."""

    def plain(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "", text.lower())

    runs = {plain("".join(tokens[i : i + n])) for n in range(1, 5) for i in range(len(tokens))}
    known = [cell for cell in cells if len(plain(cell)) > 2 and plain(cell) in runs]
    return max(known, key=len, default=None)


def guessed_rows(
    paths: Iterable[str], cells: Mapping[str, str], assembly: str
) -> tuple[list[dict[str, str]], list[str]]:
    """(rows of a sheet, what was guessed and what is to be completed, a line a row and a file that is left out).

    Nothing is read but names. A column that a name does not tell is left empty. The control of a ChIP or CUT&RUN
    profile is named where one control alone is of its cell type, or one alone is there.
    """
    found, left = find_profiles(paths)
    made, said = [], []
    for one in found:
        columns, why = what_was_measured(one.profile, cells)
        row = {"profile_id": one.profile, "replicate": str(one.replicate), "assembly": assembly} | columns
        first, second = ";".join(one.mates[0]), ";".join(one.mates[1])
        if one.kind == "fastq":
            row |= {"fastq_1": first, "fastq_2": second}
            why.append(f"{'pairs' if second else 'single-end reads'}")
            why += [f"{len(one.mates[0])} lanes"] if len(one.mates[0]) > 1 else []
            why += [f"{one.lacks} IS NOT THERE"] if one.lacks else []
            if second and len(one.mates[0]) != len(one.mates[1]):
                why.append(f"MATES DIFFER: {len(one.mates[0])} first and {len(one.mates[1])} second files")
        else:
            row[one.kind] = first
        made.append(row)
        said.append(why)
    for row, why in zip(made, said, strict=True):
        name_control(row, made, why)
    lines = []
    for number, (row, why) in enumerate(zip(made, said, strict=True), start=2):
        lacking = [column for column in needed_columns(row) if not row.get(column)]
        text = f"line {number}, {row['profile_id']}, replicate {row['replicate']}: "
        text += "; ".join(why) or "nothing is known"
        lines.append(text + (f". TO COMPLETE: {', '.join(lacking)}" if lacking else ""))
    return made, lines + [f"left out: {text}" for text in left]


def needed_columns(row: Mapping[str, str]) -> list[str]:
    """Columns that the row must have, and that its name may not have told."""
    if row.get("assay") == "input":
        return []
    needed = ["assay", "modality", "cell_type", "cell_group"]
    return needed if row.get("modality") == "CA" else [*needed, "target"]


def name_control(row: dict[str, str], rows: Iterable[Mapping[str, str]], why: list[str]) -> None:
    """Fill in `control` where there is one choice, of the same layout."""
    if row.get("assay") not in ("ChIP", "CUTRUN") or row.get("peaks"):
        return
    inputs = [
        one
        for one in rows
        if one.get("assay") == "input" and bool(one.get("fastq_1")) == bool(row.get("fastq_1"))
    ]
    inputs = [one for one in inputs if bool(one.get("fastq_2")) == bool(row.get("fastq_2"))]
    same = [one for one in inputs if one.get("cell_type") and one.get("cell_type") == row.get("cell_type")]
    names = sorted({one["profile_id"] for one in same or inputs})
    if len(names) == 1:
        row["control"] = names[0]
        why.append(f"control {names[0]}")
    elif names:
        why.append(f"no control is named, out of {', '.join(names)}")
