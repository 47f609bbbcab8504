"""NRF, PBC1 and PBC2 of one replicate, before its duplicates are removed."""

from epigroup.core.logs import log_to
from epigroup.quality.complexity import complexity_figures, measure_complexity
from epigroup.quality.tables import write_figures

with log_to(snakemake.log[0]) as log:
    cfg = dict(snakemake.params.cfg)
    given = cfg.pop("given")
    found = measure_complexity(snakemake.input.bam, **cfg)
    log.info("%s", found)
    figures, note = complexity_figures(found, given=given)
    if note:
        log.warning("%s, replicate %s: %s", snakemake.wildcards.profile, snakemake.wildcards.replicate, note)
    write_figures(snakemake.output.complexity, figures)
