# What groupings are made from beside the heads; tables of tasks and groups, one rule for every method; and what
# methods say for other numbers of groups.
from epigroup.run import grouping, training


rule correlate_labels:
    input:
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        "<results>/dataset/label_correlation.h5",
    log:
        "<results>/logs/correlate_labels.log",
    benchmark:
        "<results>/benchmarks/correlate_labels.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        # A block of labels as numbers, and a few tables of tasks by tasks.
        **by_attempt(mem_mb=1500 + len(TASKS) + len(TASKS) ** 2 // 20_000, runtime=120),
    params:
        code=code_digest("correlate_labels"),
    script:
        "../scripts/correlate_labels.py"


rule measure_hidden:
    input:
        **GENOME,
        models=by_wildcards(training.models),
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        "<results>/heads/{strategy}/seed{seed}/covariance.h5",
    log:
        "<results>/logs/measure_hidden/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_hidden/{strategy}.seed{seed}.tsv"
    conda:
        TORCH_ENV
    threads: threads_of
    resources:
        **by_attempt(runtime=60),
        mem_mb=lambda wc, input, attempt: (3000 + data_mb(input)) * attempt,
        gpu=gpus_of,
        data_on_disk=int(config["running"]["data"] == "disk"),
    params:
        cfg=settings("covariance"),
        device=by_wildcards(training.device),
        code=code_digest("measure_hidden"),
    script:
        "../scripts/measure_hidden.py"


rule group_tasks:
    input:
        unpack(by_wildcards(grouping.inputs)),
    output:
        groups="<results>/groupings/{grouping}/seed{seed}/groups.tsv",
        measures="<results>/groupings/{grouping}/seed{seed}/measures.json",
    log:
        "<results>/logs/group_tasks/{grouping}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/group_tasks/{grouping}.seed{seed}.tsv"
    wildcard_constraints:
        grouping=one_of(name for name in RUN.groupings if name not in of_run(grouping.with_torch)),
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg=by_wildcards(grouping.method_settings),
        code=lambda wc: code_digest("group_tasks", of_run(grouping.method_modules, wc.grouping)),
    script:
        "../scripts/group_tasks.py"


# The same where the method trains a network of its own.
use rule group_tasks as group_tasks_with_torch with:
    wildcard_constraints:
        grouping=one_of(of_run(grouping.with_torch)),
    conda:
        TORCH_ENV


if "sweep" in config:

    rule sweep_k:
        input:
            unpack(by_wildcards(grouping.sweep_inputs)),
        output:
            "<results>/groupings/sweep/seed{seed}/sweep.tsv",
        log:
            "<results>/logs/sweep_k/seed{seed}.log",
        benchmark:
            "<results>/benchmarks/sweep_k/seed{seed}.tsv"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            **by_attempt(mem_mb=2000, runtime=60),
        params:
            cfg=of_run(grouping.sweep_settings),
            code=code_digest("sweep_k", grouping.modules_of(config["sweep"]["methods"])),
        script:
            "../scripts/sweep_k.py"


# Every grouping of the config, also those that no strategy trains on; with a simulation how they fit what it planted.
rule groupings:
    input:
        of_run(grouping.tables, of_run(grouping.made)),
        RUN.path("comparison/truth.tsv") if RUN.simulated else [],
    localrule: True
