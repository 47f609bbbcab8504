# The checked config and sheet, and the names, settings and input functions that all stages share.
# What the rules ask for, mem_mb and runtime, stands beside what they used in docs/reference/resources.md.
import hashlib
import os
import re
from functools import cache, partial
from inspect import signature

from snakemake.iocontainers import Namedlist
from snakemake.settings.types import DeploymentMethod

from epigroup.config.schema import check_config_text
from epigroup.core.errors import InputError
from epigroup.digest import code as digests
from epigroup.run import calibration, checks, imputation, training
from epigroup.run.facts import Run, open_config
from epigroup.run.settings import settings as settings_of

CONFIG_FILES = [] if IN_MODULE else workflow.overwrite_configfiles or ["config/config.yaml"]
# A fold beside the first is a module whose config is the run itself (folds.smk).
IN_FOLD = IN_MODULE and isinstance(config.get("run"), Run)
if IN_FOLD:
    CONFIG_SOURCE = config["source"]
else:
    CONFIG_SOURCE = ", ".join(map(str, CONFIG_FILES)) or f"config of the module {MODULE.namespace}"


def checked(function, *args, **kwargs):
    """The function's value; what is wrong in the user's files ends the run with its message and nothing around it."""
    try:
        return function(*args, **kwargs)
    except InputError as error:
        refuse("\n".join(map(of_source, str(error).removeprefix("config: ").split("\n"))))


def of_source(line):
    """A line of a message, with the config's name before it where it begins with one of its keys."""
    return f"{CONFIG_SOURCE}: {line}" if re.split("[.:]", line, maxsplit=1)[0] in config else line


for one in CONFIG_FILES:
    checked(check_config_text, one)
# What config and sheet mean; the library says which files a rule takes and what it is told (epigroup/run).
if IN_FOLD:
    RUN = config["run"]
    config = RUN.config
else:
    RUN = checked(open_config, config, CONFIG_SOURCE, made_elsewhere)
    config = RUN.config
# The folder of what the folds share, and that of what hangs on the splits: one and the same but in a fold beside the
# first.
DATA, RESULTS = RUN.data, RUN.results
TASKS = RUN.tasks
REGIONS = RUN.regions
ON_GPU = RUN.on_gpu
# Where a network is run: with the build of PyTorch for the devices that train.
TORCH_ENV = "../envs/torch.yaml" if ON_GPU else "../envs/torch_cpu.yaml"


# Of the genome's large files the content counts, by its checksums, and not the date: a genome that is built again and
# comes out the same reruns nothing else, once it is there (`snakemake genome`).
CHECKSUMS = RUN.path("genome/checksums.json")
GENOME = {"genome": ancient(RUN.path("genome/genome.h5")), "checksums": CHECKSUMS}
ALIGNER_FASTA = {"fasta": ancient(RUN.path("genome/genome.fa")), "checksums": CHECKSUMS}


# The captions of figures, as Snakemake's own report takes them.
CAPTIONS = ".snakemake/captions"


def of_run(function, *args, **kwargs):
    """What a function of epigroup.run says of this run."""
    return checked(function, RUN, *args, **kwargs)


def by_wildcards(function, **known):
    """The same for each job, as input or params: the function's further arguments are the wildcards of their names."""
    names = [name for name in list(signature(function).parameters)[1:] if name not in known]

    def of_job(wildcards):
        found = {name: value for name, value in wildcards.items() if name in names}
        if "seed" in found:
            found["seed"] = int(found["seed"])
        return of_run(function, **found, **known)

    return of_job


def settings(section, name=None):
    """The one dict of settings that a job gets: resolved, keys sorted, nothing that does not concern it."""
    return of_run(settings_of, section, name)


def asked(mapping, section, keys):
    """A section of the config that a target needs."""
    if section not in mapping:
        refuse(f"{CONFIG_SOURCE}: {section}: this target needs the section {section}: {{{keys}}}")
    return mapping[section]


def one_of(names):
    """A wildcard constraint: exactly these names."""
    return "|".join(map(re.escape, names)) or "(?!)"


@cache
def code_digest(script, modules=(), files=()):
    """Digest of a script and of all library code it reaches; `files` are relative to workflow/."""
    return digests.code_digest(script, modules, files, known=".snakemake/code_digests.json")


def untracked(value):
    """A param whose change reruns nothing, as `.value` in the script; `value` may be a function of the wildcards.

    For rules whose output others take as ancient(): of a job that depends on one that runs, Snakemake does not look
    at what else has changed, so that one change could hide another. Snakemake keeps no record of params that depend on
    resources; a list, for its cache between workflows writes params as JSON.
    """
    value_of = value if callable(value) else lambda wildcards: value
    return lambda wildcards, resources: Namedlist(fromdict={"value": value_of(wildcards)})


def track_code():
    """Let the text of a shell command rerun what it made.

    Snakemake's own code trigger is off (profiles/default): it compares scripts by date, so that a fresh checkout
    would rerun everything. Scripts carry `code_digest` in their params; this adds the like for shell commands.
    """
    for one in MODULE.rules:
        if one.shellcmd:
            one.set_params(shell_digest=hashlib.sha256(one.shellcmd.encode()).hexdigest())


def cache_without_benchmarks():
    """With --cache, results that several workflows share have no benchmark: Snakemake refuses both for one rule."""
    for one in MODULE.rules:
        if one.cache.output:
            one._benchmark = None


def precision_of(wildcards):
    """Where the precision of a strategy's trainings stands. Its content counts, by the settings it leads to, not its
    date: a second measurement of the same choice reruns nothing."""
    return ancient(of_run(calibration.precision_file, of_run(training.device, wildcards.strategy)))


def device_check(wildcards):
    """The check that there is a GPU, where a strategy is trained on one."""
    on_cuda = of_run(training.device, wildcards.strategy) == "cuda"
    return [ancient(RUN.path("checks/device.json"))] if on_cuda else []


def threads_of(wildcards):
    return of_run(training.threads, wildcards.strategy)


def gpus_of(wildcards):
    return of_run(training.gpus, wildcards.strategy)


def captioned(figure):
    """A figure with its place in Snakemake's own report."""
    return report(
        RUN.path("figures", f"{figure.name}.svg"),
        caption=os.path.abspath(f"{CAPTIONS}/{figure.name}.rst"),
        category=figure.category,
        labels={"figure": figure.title},
    )


def by_attempt(**amounts):
    """Resources of a rule, mem_mb and runtime (minutes): as many times these amounts as the job was tried."""
    return {name: lambda wc, attempt, amount=amount: amount * attempt for name, amount in amounts.items()}


def data_mb(input):
    """Memory for genome and labels, MB; for pages that files hold none is asked."""
    return 2 * input.size_mb if config["running"]["data"] == "memory" else 0


def size_mb(path):
    """Size of a file in MB; 0 while it is not there."""
    return os.path.getsize(path) / 1e6 if os.path.exists(path) else 0


# Results that several workflows may share, with `snakemake --cache`.
CACHED = workflow.workflow_settings.cache is not None
IMAGE = config["running"]["container"]


# What a config asks that cannot be is said before any job; of its folds once.
if not IN_FOLD:
    of_run(checks.check_asked)
# Jobs on other machines read this file too.
if workflow.is_main_process and not IN_FOLD:
    for note in RUN.sheet.notes:
        logger.info(note)
    of_run(checks.check_files, CONFIG_SOURCE, ".snakemake/contigs.json")
    if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method:
        of_run(checks.check_container)
