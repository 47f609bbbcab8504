"""NRF, PBC1 and PBC2 of one replicate, before its duplicates are removed."""

from dataclasses import asdict

from epigroup.complexity import measure_complexity
from epigroup.logs import log_to
from epigroup.quality_tables import write_figures

with log_to(snakemake.log[0]) as log:
    found = measure_complexity(snakemake.input.bam, **snakemake.params.cfg)
    log.info("%s", found)
    figures = asdict(found) | {"nrf": found.nrf, "pbc1": found.pbc1, "pbc2": found.pbc2}
    write_figures(snakemake.output.complexity, figures)
