# `snakemake predict`: the scores of any regions by a trained strategy, as a table and a bigWig a task.
from epigroup.run import prediction, training

PREDICT = config.get("predict")

if PREDICT is None:

    rule predict:
        input:
            lambda wc: asked(config, "predict", "strategy: ..., seed: ..., regions: BED"),
        localrule: True

else:

    rule predict:
        input:
            "<results>/predict/scores.tsv.gz",
            of_run(prediction.tracks),
        localrule: True

    rule predict_regions:
        input:
            **({} if PREDICT["fasta"] else GENOME),
            **of_run(prediction.inputs),
        output:
            table="<results>/predict/scores.tsv.gz",
            tracks=of_run(prediction.tracks),
        log:
            "<results>/logs/predict_regions.log",
        benchmark:
            "<results>/benchmarks/predict_regions.tsv"
        conda:
            TORCH_ENV
        threads: of_run(training.threads, PREDICT["strategy"])
        resources:
            **by_attempt(runtime=240),
            mem_mb=lambda wc, input, attempt: (3000 + 2 * input.size_mb) * attempt,
            gpu=of_run(training.gpus, PREDICT["strategy"]),
        params:
            cfg=of_run(prediction.predict_settings),
            code=code_digest("predict_regions"),
        script:
            "../scripts/predict_regions.py"
