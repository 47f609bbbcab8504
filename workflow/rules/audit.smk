# What could make the scores say more than they should: splits that share sequence, thresholds, technique, choices.
from epigroup.run import audit, training

# Which file is made from which; the rules that come later are in it too. Workflows that take this one as a module may
# give them other names.
ORIGINS = of_run(audit.origins, workflow.rules, MODULE.modify_rulename, name_in_run)


audit_settings = cache(partial(of_run, audit.run_settings, ORIGINS))


rule audit_dataset:
    input:
        **GENOME,
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        "<results>/audit/dataset.json",
    log:
        "<results>/logs/audit_dataset.log",
    benchmark:
        "<results>/benchmarks/audit_dataset.tsv"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(runtime=240),
        # 16 bytes a sampled k-mer, which are about one in thirty bases
        mem_mb=lambda wc, input, attempt: (2000 + 3 * input.size_mb) * attempt,
    params:
        cfg=settings("audit_dataset"),
        code=code_digest("audit_dataset", audit.audit_modules("DATASET")),
    script:
        "../scripts/audit_dataset.py"


rule audit_thresholds:
    input:
        validation="<results>/predictions/{strategy}/seed{seed}/validation.h5",
        test="<results>/predictions/{strategy}/seed{seed}/test.h5",
        metrics="<results>/evaluation/{strategy}/seed{seed}/metrics.tsv",
        dataset="<results>/dataset/dataset.json",
    output:
        "<results>/audit/thresholds/{strategy}/seed{seed}/thresholds.tsv",
    log:
        "<results>/logs/audit_thresholds/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/audit_thresholds/{strategy}.seed{seed}.tsv"
    group:
        "evaluation"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1500 + 3 * len(TASKS), runtime=60),
    params:
        cfg=lambda wc: {
            **settings("audit_thresholds", REGIONS[0]),
            "tasks": RUN.strategy_tasks(wc.strategy),
        },
        code=code_digest("audit_thresholds"),
    script:
        "../scripts/audit_thresholds.py"


# The second set of evaluation regions has thresholds of its own.
if REGIONS[1:]:

    use rule audit_thresholds as audit_all_mappable_thresholds with:
        input:
            validation="<results>/predictions/{strategy}/seed{seed}/validation.h5",
            test="<results>/predictions/{strategy}/seed{seed}/test.h5",
            metrics="<results>/all_mappable/evaluation/{strategy}/seed{seed}/metrics.tsv",
            dataset="<results>/dataset/dataset.json",
        output:
            "<results>/all_mappable/audit/thresholds/{strategy}/seed{seed}/thresholds.tsv",
        log:
            "<results>/logs/audit_all_mappable_thresholds/{strategy}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/audit_all_mappable_thresholds/{strategy}.seed{seed}.tsv"
        params:
            cfg=lambda wc: {
                **settings("audit_thresholds", REGIONS[1]),
                "tasks": RUN.strategy_tasks(wc.strategy),
            },
            code=code_digest("audit_thresholds"),


rule audit_run:
    input:
        **of_run(audit.inputs),
    output:
        table="<results>/audit/audit.tsv",
        details="<results>/audit/audit.json",
    log:
        "<results>/logs/audit_run.log",
    benchmark:
        "<results>/benchmarks/audit_run.tsv"
    group:
        "report"
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg=lambda wc: audit_settings(),
        code=code_digest("audit_run", audit.audit_modules("RUN")),
    script:
        "../scripts/audit_run.py"
