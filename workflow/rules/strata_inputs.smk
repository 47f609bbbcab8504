# Input functions and settings of strata.smk, which the report shares.


def strata_config():
    """What decides the strata: the config's section, and what the sheet says of the tasks."""
    columns = ("task_id", "modality", "target", "cell_type")
    return {**settings("strata"), "tasks": task_rows(columns=columns)}


def strata_files(pattern):
    """`pattern` for each of `trained_runs`, in their order."""
    return [
        os.path.join(RESULTS, "strata", pattern.format(strategy=strategy, seed=seed))
        for strategy, seed in trained_runs()
    ]


def modalities(strategy=None):
    """Task and modality of all tasks, or of those that a strategy learns."""
    grouping = config["strategies"][strategy]["grouping"] if strategy else None
    return task_rows(grouping, ("task_id", "modality"))
