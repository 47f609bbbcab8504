# Whether this workflow runs by itself or as a module of another one, and where its library is.
import os
import sys

from snakemake.logging import logger
from snakemake.sourcecache import LocalSourceFile


def refuse(message):
    """End the run with a message and nothing after it: a WorkflowError would add lines of the Snakefile."""
    logger.error(str(message))
    raise SystemExit(1) from None


# Whether another workflow takes this one as a module: its config is then what that workflow gives, and no file is read.
MODULE = workflow.modifier
IN_MODULE = not MODULE.is_main_snakefile()
HERE = workflow.current_basedir
if not isinstance(HERE, LocalSourceFile):
    refuse(
        f"{HERE.get_path_or_uri(secret_free=True)}: the rules of epigroup need its library beside them, which does not come "
        "along from there. Clone the repository and give the module the path of its Snakefile: PATH/workflow/Snakefile"
    )
if IN_MODULE and not config:
    refuse(
        f"module {MODULE.namespace}: epigroup needs a config of its own, a dict: config: config['epigroup']"
    )
moved = MODULE.path_modifier
while moved is not None:
    if moved.prefix is not None or moved.modifies_prefixes:
        refuse(
            f"module {MODULE.namespace}: prefix and replace_prefix move names that epigroup also gives to its jobs as "
            "settings. Leave them out, and name the folder of the results in the module's config: results: PATH"
        )
    moved = moved.inner_modifier

SCRIPTS = os.path.abspath(os.path.join(HERE.get_path_or_uri(secret_free=True), "..", "scripts"))
if "epigroup" in sys.modules and os.path.dirname(sys.modules["epigroup"].__path__[0]) != SCRIPTS:
    refuse(
        f"module {MODULE.namespace}: another checkout of epigroup is in use, {sys.modules['epigroup'].__path__[0]}: two "
        "modules of one workflow must name one and the same workflow/Snakefile"
    )
sys.path.insert(0, SCRIPTS)
# Snakemake puts the folder of a script last: jobs would import the epigroup of another checkout that the user's own
# PYTHONPATH names.
os.environ |= {"PYTHONPATH": os.pathsep.join([SCRIPTS, *filter(None, [os.getenv("PYTHONPATH")])])}


def check_config_is_here(path):
    """Snakemake's own message names the file and no remedy."""
    if not os.path.exists(path):
        refuse(f"{path} is not there, and no other config was named: snakemake ... --configfile YOURS")


def made_elsewhere(path):
    """Whether a file comes from a rule of the workflow that takes this one as a module, which stands above it there."""
    return IN_MODULE and any(one.is_producer(path) for one in workflow.rules if one not in MODULE.rules)


def name_in_run(rule):
    """The name of a rule as the run has it that makes this fold by itself."""
    own = MODULE.modify_rulename("")
    if not IN_FOLD or not rule.startswith(own):
        return rule
    return MODULE.parent_modifier.modify_rulename(rule.removeprefix(own))


def check_results():
    """The folder of the results has one name, in the config: jobs are told it there."""
    for name, folder in (("results", RESULTS), ("data", DATA)):
        if workflow.pathvars.get(name) != folder:
            refuse(
                f"pathvars: {name} is '{workflow.pathvars.get(name)}', and the config says '{folder}': name the folder "
                "in the config alone (results: PATH)"
            )


if workflow.workflow_settings.cache is not None:
    cache_folder = os.getenv("SNAKEMAKE_OUTPUT_CACHE")
    if not cache_folder or not os.path.isdir(cache_folder):
        refuse(
            f"--cache: the variable SNAKEMAKE_OUTPUT_CACHE is {cache_folder or 'not set'}: it must name a folder that is there, in "
            "which results are shared"
        )
