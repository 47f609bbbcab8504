"""A good sample sheet, and rows with other cells."""

from sheet_examples import COLUMNS

ROWS = [
    ["K562_ATAC", "CA", "ATAC", "", "K562", "blood", "1", "r/a_1.fq.gz", "r/a_2.fq.gz", "", "", "", "narrow", "toy1"],
    ["K562_ATAC", "CA", "ATAC", "", "K562", "blood", "2", "r/b_1.fq.gz", "r/b_2.fq.gz", "", "", "", "narrow", "toy1"],
    ["GM_H3K27me3", "HM", "ChIP", "H3K27me3", "GM 12878", "blood", "1", "", "", "al/h.bam", "", "GM_input", "", "toy1"],
    ["GM_input", "", "input", "", "GM 12878", "blood", "1", "", "", "al/in.bam", "", "", "", "toy1"],
    ["SK_CTCF", "TFB", "ChIP", "CTCF", "SK-N-SH", "brain", "1", "", "", "", "p/ctcf.bed.gz", "", "", "toy1"],
    ["SK_REST", "TFB", "CUTRUN", "REST", "SK-N-SH", "brain", "1", "r/s.fq", "", "", "", "", "", "toy1"],
]  # fmt: skip


def sheet_row(**cells):
    return [cells.get(column, value) for column, value in zip(COLUMNS, ROWS[4], strict=True)]
