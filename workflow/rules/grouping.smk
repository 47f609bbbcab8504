# Tables of tasks and groups, one rule for every method, and what the heads say for other numbers of groups.


include: "grouping_inputs.smk"


rule group_tasks:
    input:
        unpack(grouping_needs),
    output:
        groups="<results>/groupings/{grouping}/seed{seed}/groups.tsv",
        measures="<results>/groupings/{grouping}/seed{seed}/measures.json",
    log:
        "<results>/logs/group_tasks/{grouping}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/group_tasks/{grouping}.seed{seed}.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 2000 * attempt,
        runtime=30,
    params:
        cfg=grouping_config,
        code=grouping_code,
    script:
        "../scripts/group_tasks.py"


if "sweep" in config:

    rule sweep_k:
        input:
            heads=f"<results>/heads/{config['sweep']['heads_from']}/seed{{seed}}/heads.h5",
            truth=PLANTED if SIMULATED else [],
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
            mem_mb=lambda wc, attempt: 2000 * attempt,
            runtime=60,
        params:
            cfg={**settings("sweep"), "tasks": task_rows(columns=AGREEMENT_COLUMNS)},
            code=code_digest("sweep_k"),
        script:
            "../scripts/sweep_k.py"
