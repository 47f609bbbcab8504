# The checked config and sheet, and the names, settings and input functions that all stages share.
# What the rules ask for, mem_mb and runtime, stands beside what they used in docs/resources.md.
import base64
import hashlib
import json
import os
import re
import sys
from functools import lru_cache
from types import SimpleNamespace

from snakemake.logging import logger

if len(workflow.modifier_stack) > 1:
    logger.error(
        "epigroup cannot be a module of another workflow: it reads its config file, sheet and scripts from the place of "
        "its own Snakefile. Run it by itself: snakemake --snakefile PATH/Snakefile --directory PATH --configfile YOURS"
    )
    raise SystemExit(1)

SCRIPTS = os.path.join(workflow.basedir, "workflow", "scripts")
sys.path.insert(0, SCRIPTS)
# Snakemake puts the folder of a script last: jobs would import the epigroup of another checkout that the user's own
# PYTHONPATH names.
os.environ |= {"PYTHONPATH": os.pathsep.join([SCRIPTS, *filter(None, [os.getenv("PYTHONPATH")])])}

from epigroup import baselines as simple_baselines, grouping as grouping_methods
from epigroup.config import pools as compared
from epigroup.config import prerequisites
from epigroup.config import schema as config_schema
from epigroup.config import searches
from epigroup.config import settings as config_settings
from epigroup.config import strategies as plan_of
from epigroup.config.patience import count_profiles, full_length
from epigroup.config.sheet import read_sheet
from epigroup.core.errors import InputError
from epigroup.dataset.bin_sets import evaluation_sets
from epigroup.dataset.splits import resolve
from epigroup.digest import code as digests
from epigroup.genome.index_limits import LONGEST_INDEXED
from epigroup.quality.left_out import profiles_left_out
from epigroup.training import balancing

CONFIG_SOURCE = ", ".join(map(str, workflow.overwrite_configfiles)) or "config/config.yaml"


def refuse(message):
    """End the run with a message and nothing after it: a WorkflowError would add lines of the Snakefile."""
    logger.error(str(message))
    raise SystemExit(1) from None


def checked(function, *args, **kwargs):
    """The function's value; what is wrong in the user's files ends the run with its message and nothing around it."""
    try:
        return function(*args, **kwargs)
    except InputError as error:
        message = str(error).removeprefix("config: ")
        of_config = re.split("[.:]", message, maxsplit=1)[0] in config
        refuse(f"{CONFIG_SOURCE}: {message}" if of_config else message)


for one in workflow.overwrite_configfiles or ["config/config.yaml"]:
    checked(config_schema.check_config_text, one)
config = checked(config_settings.complete_config, dict(config), CONFIG_SOURCE)

RESULTS = config["results"]
SIMULATED = "simulation" in config


def in_results(path):
    return path.replace("<results>", RESULTS) if path else path


def exists(path):
    """Whether a file is there or will be made by the simulation."""
    return os.path.exists(path) or (SIMULATED and path.startswith(f"{RESULTS}/simulation/"))


SHEET = checked(
    read_sheet,
    config["samples"],
    results=RESULTS,
    assembly=config["genome"]["assembly"],
    exist=exists,
    peak_mode_default=config["peaks"]["mode"],
    signals=config["dataset"]["targets"] == "signal",
)
PROFILES = SHEET.profiles
DOWNLOADS = SHEET.downloads
ALL_TASKS = SHEET.tasks
# Profiles whose quality an earlier run found below qc.min_grade: their figures are made, but no labels. On a cluster each
# job reads this file anew. What depends on TASKS therefore waits for check_grades, which runs beside the scheduler and
# ends the run unless the grades are those that the run started with.
LEFT_OUT = checked(
    profiles_left_out, f"{RESULTS}/quality/quality.tsv", config["qc"]["min_grade"], SHEET.tasks
)
SHEET = checked(SHEET.without, LEFT_OUT)
TASKS = SHEET.tasks
CHROMOSOMES = config["genome"]["chromosomes"]
# Whether networks learn the mean of a signal, not whether there is a peak.
SIGNAL = config["dataset"]["targets"] == "signal"
STRATEGIES = list(config["strategies"])
CHOICES = list(config["choices"])
# Whether a strategy may train on a GPU: the environments then hold the CUDA build of PyTorch.
ON_GPU = any(config_settings.training_settings(config, name)["device"] != "cpu" for name in STRATEGIES)
EXTERNAL = list(config["external"])
# They predict labels.
BASELINES = [] if SIGNAL else config["baselines"]["names"]
SEARCHED = [name for name in STRATEGIES if searches.search_of(config, name) is not None]
GROUPINGS = list(config["groupings"])
SEEDS = config["seeds"]
# The sets of evaluation regions; the first one heads everything.
REGIONS = evaluation_sets(config["dataset"]["evaluation_regions"])
FASTA = in_results(config["genome"]["fasta"])
BLACKLIST = in_results(config["genome"]["blacklist"])
# The most bp that a chromosome may have: alignments are indexed, which peaks that are given need not be.
LONGEST = LONGEST_INDEXED if any(profile.kind != "peaks" for profile in PROFILES.values()) else None
GTF = in_results(config["genome"]["gtf"])

checked(resolve, config["splits"], dict.fromkeys(CHROMOSOMES))

for key, path in (
    ("genome.fasta", FASTA),
    ("genome.blacklist", BLACKLIST),
    ("genome.gtf", GTF),
    *((f"external.{name}.file", in_results(spec["file"])) for name, spec in config["external"].items()),
):
    if path and not exists(path):
        refuse(
            f"{CONFIG_SOURCE}: {key}: '{path}' is not there; check the path, relative to the working folder"
        )


def asked(mapping, section, keys):
    """A section of the config that a target needs."""
    if section not in mapping:
        refuse(f"{CONFIG_SOURCE}: {section}: this target needs the section {section}: {{{keys}}}")
    return mapping[section]


def one_of(names):
    """A wildcard constraint: exactly these names."""
    return "|".join(map(re.escape, names)) or "(?!)"


@lru_cache(maxsize=None)
def code_digest(script, modules=(), files=()):
    """Digest of a script and of all library code it reaches; `files` are relative to workflow/."""
    return digests.code_digest(script, modules, files, known=".snakemake/code_digests.json")


def untracked(value):
    """A value for params whose change reruns nothing: Snakemake keeps no record of it.

    For rules whose output others take as ancient(): of a job that depends on one that runs, Snakemake does not look
    at what else has changed, so that one change could hide another.
    """
    return SimpleNamespace(value=value)


def track_code(rules):
    """Let the text of a shell command rerun what it made.

    Snakemake's own code trigger is off (profiles/default): it compares scripts by date, so that a fresh checkout
    would rerun everything. Scripts carry `code_digest` in their params; this adds the like for shell commands.
    """
    for one in rules:
        if one.shellcmd:
            one.set_params(shell_digest=hashlib.sha256(one.shellcmd.encode()).hexdigest())
