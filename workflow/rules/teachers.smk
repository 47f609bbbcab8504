# What teachers say of the training examples: strategies, and choices that average them.
from epigroup.run import evaluation, training


rule predict_training:
    input:
        **GENOME,
        models=by_wildcards(training.models),
        serving=by_wildcards(training.serving),
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        train=temp("<results>/predictions/{strategy}/seed{seed}/train.h5"),
    log:
        "<results>/logs/predict_training/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/predict_training/{strategy}.seed{seed}.tsv"
    conda:
        TORCH_ENV
    threads: threads_of
    resources:
        **by_attempt(runtime=480),
        # scores take 16 times the labels' bits, which the shards hold compressed
        mem_mb=lambda wc, input, attempt: (
            (3000 + data_mb(input) + 100 * sum(map(size_mb, input.shards))) * attempt
        ),
        gpu=gpus_of,
        data_on_disk=int(config["running"]["data"] == "disk"),
    params:
        cfg=settings("prediction"),
        device=by_wildcards(training.device),
        code=code_digest("predict_splits"),
    script:
        "../scripts/predict_splits.py"


if RUN.averages:

    rule average_training:
        input:
            train=by_wildcards(evaluation.member_predictions, split="train"),
            weights="<results>/evaluation/{average}/seed{seed}/weights.tsv",
        output:
            temp("<results>/predictions/{average}/seed{seed}/train.h5"),
        log:
            "<results>/logs/average_training/{average}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/average_training/{average}.seed{seed}.tsv"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            **by_attempt(runtime=120),
            mem_mb=lambda wc, input, attempt: (2500 + 2 * input.size_mb) * attempt,
        params:
            cfg=by_wildcards(evaluation.average_settings),
            code=code_digest("average_training"),
        script:
            "../scripts/average_training.py"
