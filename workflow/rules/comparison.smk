# Beside the scores: choices among strategies, what each strategy cost, how far groups follow technique.
from epigroup.run import comparison, evaluation, grouping

if RUN.choices:

    rule choose_strategies:
        input:
            metrics=by_wildcards(evaluation.of_candidates, name="metrics.tsv", folder="evaluation"),
            blocks=by_wildcards(evaluation.of_candidates, name="blocks.h5", folder="evaluation"),
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
            **by_attempt(mem_mb=1500 + 3 * len(TASKS), runtime=30),
        params:
            cfg=by_wildcards(evaluation.choice_settings),
            code=code_digest("choose_strategies"),
        script:
            "../scripts/choose_strategies.py"

    # The second set of evaluation regions has its own thresholds and validation figures, and so its own choice.
    if REGIONS[1:]:

        use rule choose_strategies as choose_all_mappable with:
            input:
                metrics=by_wildcards(
                    evaluation.of_candidates, name="metrics.tsv", folder="all_mappable/evaluation"
                ),
                blocks=by_wildcards(
                    evaluation.of_candidates, name="blocks.h5", folder="all_mappable/evaluation"
                ),
            output:
                choice="<results>/all_mappable/evaluation/{choice}/seed{seed}/choice.tsv",
                metrics="<results>/all_mappable/evaluation/{choice}/seed{seed}/metrics.tsv",
                blocks="<results>/all_mappable/evaluation/{choice}/seed{seed}/blocks.h5",
            log:
                "<results>/logs/choose_all_mappable/{choice}.seed{seed}.log",
            benchmark:
                "<results>/benchmarks/choose_all_mappable/{choice}.seed{seed}.tsv"


# Gains that count folds, seeds and random groupings as what varies, in every score that gains are named in.
rule compare_units:
    input:
        **of_run(comparison.unit_inputs),
    output:
        units="<results>/comparison/units.tsv",
        gains="<results>/comparison/unit_gains.tsv",
    log:
        "<results>/logs/compare_units.log",
    benchmark:
        "<results>/benchmarks/compare_units.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=3000, runtime=60),
    params:
        cfg=of_run(comparison.unit_settings),
        code=code_digest("compare_units"),
    script:
        "../scripts/compare_units.py"


rule count_costs:
    input:
        **of_run(comparison.cost_inputs),
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
        **by_attempt(mem_mb=1500, runtime=30),
    params:
        cfg=of_run(comparison.cost_settings),
        code=code_digest("count_costs"),
    script:
        "../scripts/count_costs.py"


rule find_confounders:
    input:
        **of_run(comparison.confounder_inputs),
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
        **by_attempt(mem_mb=1500, runtime=30),
    params:
        cfg={"groupings": of_run(grouping.trained)},
        code=code_digest("find_confounders"),
    script:
        "../scripts/find_confounders.py"


if of_run(comparison.k_families):

    rule choose_k:
        input:
            **of_run(comparison.k_inputs),
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
            **by_attempt(mem_mb=1000, runtime=30),
        params:
            cfg=of_run(comparison.k_settings),
            code=code_digest("choose_k"),
        script:
            "../scripts/choose_k.py"


if "known_sets" in config:

    rule find_known_sets:
        input:
            groups=of_run(grouping.tables, of_run(grouping.trained)),
            tasks="<results>/dataset/tasks.tsv",
            known=RUN.in_results(config["known_sets"]["file"]),
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
            **by_attempt(mem_mb=1500, runtime=30),
        params:
            cfg={
                "groupings": of_run(grouping.trained),
                **{key: config["known_sets"][key] for key in ("bins", "permutations", "seed")},
            },
            code=code_digest("find_known_sets"),
        script:
            "../scripts/find_known_sets.py"
