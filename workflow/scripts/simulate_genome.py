"""Make the demo's genome, the peaks of the rows that give peaks, and the truth."""

from epigroup.core.logs import log_to
from epigroup.core.settings import read_settings
from epigroup.simulation.genome import TruthFiles, simulate
from epigroup.simulation.settings import GenomeSettings

with log_to(snakemake.log[0]):
    cfg = dict(snakemake.params.cfg)
    profiles = cfg.pop("profiles")
    out = {name: path for name, path in snakemake.output.items() if name != "peaks"}
    simulate(profiles, read_settings(GenomeSettings, cfg, "simulation"), TruthFiles(**out))
