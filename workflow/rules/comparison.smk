# Beside the scores: choices among strategies, what each strategy cost, how far groups follow technique.


include: "comparison_inputs.smk"


if CHOICES:

    rule choose_strategies:
        input:
            metrics=lambda wc: candidate_files(wc, "evaluation/{strategy}/seed{seed}/metrics.tsv"),
            blocks=lambda wc: candidate_files(wc, "evaluation/{strategy}/seed{seed}/blocks.h5"),
        output:
            choice="<results>/evaluation/{choice}/seed{seed}/choice.tsv",
            metrics="<results>/evaluation/{choice}/seed{seed}/metrics.tsv",
            blocks="<results>/evaluation/{choice}/seed{seed}/blocks.h5",
        log:
            "<results>/logs/choose_strategies/{choice}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/choose_strategies/{choice}.seed{seed}.tsv"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            mem_mb=lambda wc, attempt: (1500 + 3 * len(TASKS)) * attempt,
            runtime=lambda wc, attempt: 30 * attempt,
        params:
            cfg=choice_config,
            code=code_digest("choose_strategies"),
        script:
            "../scripts/choose_strategies.py"

    # The second set of evaluation regions has its own thresholds and validation figures, and so its own choice.
    if REGIONS[1:]:

        use rule choose_strategies as choose_all_mappable with:
            input:
                metrics=lambda wc: candidate_files(
                    wc, "all_mappable/evaluation/{strategy}/seed{seed}/metrics.tsv"
                ),
                blocks=lambda wc: candidate_files(
                    wc, "all_mappable/evaluation/{strategy}/seed{seed}/blocks.h5"
                ),
            output:
                choice="<results>/all_mappable/evaluation/{choice}/seed{seed}/choice.tsv",
                metrics="<results>/all_mappable/evaluation/{choice}/seed{seed}/metrics.tsv",
                blocks="<results>/all_mappable/evaluation/{choice}/seed{seed}/blocks.h5",
            log:
                "<results>/logs/choose_all_mappable/{choice}.seed{seed}.log",
            benchmark:
                "<results>/benchmarks/choose_all_mappable/{choice}.seed{seed}.tsv"


rule count_costs:
    input:
        curves=curve_tables(),
        groups=group_tables_of_runs(),
        trials=trial_tables_of_runs(),
        affinities=affinity_figures_of_runs(),
    output:
        "<results>/comparison/costs.tsv",
    log:
        "<results>/logs/count_costs.log",
    benchmark:
        "<results>/benchmarks/count_costs.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1500 * attempt,
        runtime=lambda wc, attempt: 30 * attempt,
    params:
        cfg=costs_config(),
        code=code_digest("count_costs"),
    script:
        "../scripts/count_costs.py"


rule find_confounders:
    input:
        groups=group_tables(),
        tasks="<results>/dataset/tasks.tsv",
        fastp=trimmed_counts(),
        flagstat=aligned_counts(),
    output:
        "<results>/comparison/confounders.tsv",
    log:
        "<results>/logs/find_confounders.log",
    benchmark:
        "<results>/benchmarks/find_confounders.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 1500 * attempt,
        runtime=lambda wc, attempt: 30 * attempt,
    params:
        cfg={"groupings": trained_groupings()},
        code=code_digest("find_confounders"),
    script:
        "../scripts/find_confounders.py"


if K_FAMILIES:

    rule choose_k:
        input:
            sweep=sweep_tables(),
            measures=k_files("groupings/{name}/seed{seed}/measures.json", k_groupings()),
            metrics=k_files("evaluation/{name}/seed{seed}/metrics.tsv", k_runs()),
        output:
            "<results>/comparison/k.tsv",
        log:
            "<results>/logs/choose_k.log",
        benchmark:
            "<results>/benchmarks/choose_k.tsv"
        group:
            "report"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            mem_mb=lambda wc, attempt: 1000 * attempt,
            runtime=lambda wc, attempt: 30 * attempt,
        params:
            cfg=k_config(),
            code=code_digest("choose_k"),
        script:
            "../scripts/choose_k.py"


if "known_sets" in config:

    rule find_known_sets:
        input:
            groups=group_tables(),
            tasks="<results>/dataset/tasks.tsv",
            known=in_results(config["known_sets"]["file"]),
        output:
            "<results>/comparison/known_sets.tsv",
        log:
            "<results>/logs/find_known_sets.log",
        benchmark:
            "<results>/benchmarks/find_known_sets.tsv"
        group:
            "report"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            mem_mb=lambda wc, attempt: 1500 * attempt,
            runtime=lambda wc, attempt: 30 * attempt,
        params:
            cfg={
                "groupings": trained_groupings(),
                **{key: config["known_sets"][key] for key in ("bins", "permutations", "seed")},
            },
            code=code_digest("find_known_sets"),
        script:
            "../scripts/find_known_sets.py"
