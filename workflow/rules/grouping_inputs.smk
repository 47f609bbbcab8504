# Input functions and settings of grouping.smk.
from epigroup import grouping as grouping_methods

PLANTED = f"{RESULTS}/simulation/truth/groups.tsv"


def grouping_needs(wildcards):
    """The files that a grouping's method reads beside the sheet."""
    spec = config["groupings"][wildcards.grouping]
    needed = checked(grouping_methods.needs, spec["method"])
    sources = {
        "heads": ("heads_from", f"{RESULTS}/heads/{spec['heads_from']}/seed{wildcards.seed}/heads.h5"),
        "like": ("like", f"{RESULTS}/groupings/{spec['like']}/seed{wildcards.seed}/groups.tsv"),
        "table": ("file", spec["file"]),
    }
    if needed is None:
        return {}
    key, path = sources[needed]
    if spec[key] is None:
        refuse(
            f"{CONFIG_SOURCE}: groupings.{wildcards.grouping}.{key}: the method '{spec['method']}' needs it"
        )
    return {needed: path}


def grouping_config(wildcards):
    cfg = settings("grouping", wildcards.grouping)
    return {**cfg, "entry": checked(grouping_methods.entry, cfg["method"])}


def grouping_code(wildcards):
    """Digest of the script and of this grouping's method, so that an edit of one method reruns that method only."""
    entry = checked(grouping_methods.entry, config["groupings"][wildcards.grouping]["method"])
    return code_digest("group_tasks", (entry.split(":")[0].removeprefix("epigroup."),))


def sweep_tables(_=None):
    """The tables of the K sweep, one a seed of the network that gives the heads; none without a sweep."""
    if "sweep" not in config:
        return []
    return [
        f"{RESULTS}/groupings/sweep/seed{seed}/sweep.tsv"
        for seed in STRATEGY_SEEDS(config["sweep"]["heads_from"])
    ]
