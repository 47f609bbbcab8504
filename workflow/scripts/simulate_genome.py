"""Make the demo's genome, the peaks of the rows that give peaks, and the truth."""

from epigroup.core.logs import log_to
from epigroup.simulation.genome import simulate

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    profiles = cfg.pop("profiles")
    out = {name: path for name, path in snakemake.output.items() if name != "peaks"}
    simulate(profiles, cfg, out)
