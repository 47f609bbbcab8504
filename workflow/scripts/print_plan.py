"""Print what the config means before anything runs."""

import sys

from epigroup.config.settings import complete_config
from epigroup.core.logs import log_to
from epigroup.plan.plan import make_plan
from epigroup.plan.text import describe
from epigroup.run.facts import Run, sheet_of

with log_to(snakemake.log[0]):
    config = complete_config(snakemake.params.cfg)
    sheet = sheet_of(config, exist=lambda _: True)  # the Snakefile has looked
    sys.stdout.write(describe(make_plan(Run(config, sheet))) + "\n")
