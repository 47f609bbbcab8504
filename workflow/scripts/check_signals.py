"""Check that the sheet's signals are bigWigs of this genome, and the files that the sheet says they are."""

from epigroup.core.checksums import verify_files
from epigroup.core.logs import log_to
from epigroup.dataset.signals import check_signals
from epigroup.genome.sizes import read_sizes

with log_to(snakemake.log[0]):
    verify_files(snakemake.params.checksums.value)
    check_signals(
        dict(zip(snakemake.params.cfg["task_ids"], snakemake.input.signals, strict=True)),
        read_sizes(snakemake.input.sizes),
        snakemake.params.cfg["chromosomes"],
        snakemake.output[0],
    )
