"""Good rows of a sample sheet, one of each kind, and a sheet written from such rows."""

COLUMNS = [
    "profile_id",
    "modality",
    "assay",
    "target",
    "cell_type",
    "cell_group",
    "replicate",
    "fastq_1",
    "fastq_2",
    "bam",
    "peaks",
    "control",
    "peak_mode",
    "assembly",
]
ATAC = {
    "profile_id": "atac",
    "modality": "CA",
    "assay": "ATAC",
    "fastq_1": "a_1.fq.gz",
    "fastq_2": "a_2.fq.gz",
}
MARK = {"profile_id": "mark", "modality": "HM", "assay": "ChIP", "target": "H3K27me3", "bam": "m.bam"}
FACTOR = {
    "profile_id": "ctcf",
    "modality": "TFB",
    "assay": "ChIP",
    "target": "CTCF",
    "fastq_1": "c.fq.gz",
    "control": "bg",
}
INPUT = {"profile_id": "bg", "assay": "input", "fastq_1": "i.fq.gz"}
GIVEN = {"profile_id": "given", "modality": "TFB", "assay": "ChIP", "target": "MAX", "peaks": "g.narrowPeak"}


def write_sheet(path, rows, columns=COLUMNS):
    lines = ["\t".join(columns)]
    for row in rows:
        full = {"cell_type": "liver", "cell_group": "organ", "assembly": "hg38"} | row
        lines.append("\t".join(full.get(column, "") for column in columns))
    path.write_text("\n".join(lines) + "\n")
    return path
