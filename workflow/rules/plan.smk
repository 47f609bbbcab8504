# What a config means before anything runs: `snakemake --cores 1 -- plan`. It leaves no file, so that it says it each time.
from epigroup.config.settings import canonical


rule plan:
    log:
        "<results>/logs/plan.log",
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
