# What a config means before anything runs: `snakemake plan`.


localrules:
    plan,


rule plan:
    log:
        "<results>/logs/plan.log",
    benchmark:
        "<results>/benchmarks/plan.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 500 * attempt,
        runtime=lambda wc, attempt: 5 * attempt,
    params:
        cfg=canonical(config),
        code=code_digest("print_plan"),
    script:
        "../scripts/print_plan.py"
