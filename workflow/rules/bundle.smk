# `snakemake bundle`: a trained strategy, or an average of several, as a folder that runs without this workflow.
from epigroup.run import bundle, training

BUNDLE = config.get("bundle")

if BUNDLE is None:

    rule bundle:
        input:
            lambda wc: asked(config, "bundle", "strategy: ..., seed: ..."),
        localrule: True

else:

    rule bundle:
        input:
            list(of_run(bundle.files).values()),
        localrule: True

    rule write_bundle:
        input:
            **GENOME,
            **of_run(bundle.inputs),
            dataset="<results>/dataset/dataset.json",
            shards=of_run(training.shards),
        output:
            **of_run(bundle.files),
        log:
            "<results>/logs/write_bundle.log",
        benchmark:
            "<results>/benchmarks/write_bundle.tsv"
        conda:
            "../envs/bundle.yaml"
        threads: 1
        resources:
            **by_attempt(runtime=60),
            mem_mb=lambda wc, input, attempt: (3000 + 3 * input.size_mb) * attempt,
        params:
            cfg=of_run(bundle.bundle_settings),
            code=code_digest("write_bundle"),
        script:
            "../scripts/write_bundle.py"
