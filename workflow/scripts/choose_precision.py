"""Choose the precision of the trainings on one device."""

from epigroup.core.logs import log_to
from epigroup.training.precision import write_precision

cfg = snakemake.params.cfg.value

with log_to(snakemake.log[0]) as log:
    precision = cfg["named"]
    if precision is None:
        from epigroup.training.calibration import choose_precision  # loads PyTorch

        precision = choose_precision(cfg["networks"], cfg["device"], snakemake.threads)
    else:
        log.info("precision %s, as the config says", precision)
    write_precision(snakemake.output[0], cfg["device"], precision)
