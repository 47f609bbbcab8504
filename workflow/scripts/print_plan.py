"""Print what the config means before anything runs."""

import sys

from epigroup.config.settings import complete_config
from epigroup.config.sheet import read_sheet
from epigroup.core.logs import log_to
from epigroup.plan.plan import make_plan
from epigroup.plan.text import describe

with log_to(snakemake.log[0]):
    config = complete_config(snakemake.params.cfg)
    sheet = read_sheet(
        config["samples"],
        results=config["results"],
        assembly=config["genome"]["assembly"],
        exist=lambda _: True,  # the Snakefile has looked
        peak_mode_default=config["peaks"]["mode"],
    )
    sys.stdout.write(describe(make_plan(config, sheet)) + "\n")
