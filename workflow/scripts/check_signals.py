"""Check that the sheet's signals are bigWigs of this genome."""

from epigroup.genome_size import read_sizes
from epigroup.logs import log_to
from epigroup.signals import check_signals

with log_to(snakemake.log[0]):
    check_signals(
        dict(zip(snakemake.params.cfg["task_ids"], snakemake.input.signals, strict=True)),
        read_sizes(snakemake.input.sizes),
        snakemake.params.cfg["chromosomes"],
        snakemake.output[0],
    )
