# What a config means before anything runs: `snakemake plan`.
from epigroup.config.settings import canonical


rule plan:
    log:
        "<results>/logs/plan.log",
    benchmark:
        "<results>/benchmarks/plan.tsv"
    localrule: True
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=5),
    params:
        cfg=canonical(config),
        code=code_digest("print_plan"),
    script:
        "../scripts/print_plan.py"
