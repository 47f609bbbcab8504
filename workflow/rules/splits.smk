# The bins by split: what the data set holds. The first that hangs on the splits, and so a fold's own.
from epigroup.run import training
from epigroup.run.data import dataset


rule summarise_dataset:
    input:
        shards=of_run(training.shards),
    output:
        dataset="<results>/dataset/dataset.json",
    log:
        "<results>/logs/summarise_dataset/dataset.log",
    benchmark:
        "<results>/benchmarks/summarise_dataset/dataset.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=60),
    params:
        cfg={"splits": settings("splits"), "task_ids": TASKS},
        code=code_digest("summarise_dataset"),
    script:
        "../scripts/summarise_dataset.py"


# A job of its own, so that a name corrected in the sheet does not touch what networks are trained on.
rule describe_tasks:
    input:
        dataset="<results>/dataset/dataset.json",
    output:
        tasks="<results>/dataset/tasks.tsv",
        profiles="<results>/dataset/profiles.tsv",
    log:
        "<results>/logs/describe_tasks.log",
    benchmark:
        "<results>/benchmarks/describe_tasks.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=10),
    params:
        cfg={"tasks": of_run(dataset.described_tasks)},
        code=code_digest("describe_tasks"),
    script:
        "../scripts/describe_tasks.py"
