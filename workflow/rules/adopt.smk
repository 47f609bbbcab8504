# `snakemake adopt`: new profiles beside a finished run, whose networks are read and not trained again.
from epigroup.run import adopt, training

ADOPT = config.get("adopt")

if ADOPT is None:

    rule adopt:
        input:
            lambda wc: asked(config, "adopt", "samples: TSV"),
        localrule: True

else:
    NEW = of_run(adopt.profiles)
    EXTENDED = {
        "dataset": "<results>/adopt/dataset.json",
        "shards": of_run(adopt.shards),
        "run_dataset": "<results>/dataset/dataset.json",
    }

    include: "new_profiles.smk"

    rule adopt:
        input:
            "<results>/adopt/adopt.tsv",
            "<results>/adopt/few_shot.tsv",
            "<results>/adopt/profiles.tsv",
        localrule: True

    rule adopt_profiles:
        input:
            **GENOME,
            **EXTENDED,
            models=by_wildcards(training.models),
            described="<results>/adopt/profiles.tsv",
            device=device_check,
        output:
            model="<results>/adopt/models/{strategy}/seed{seed}/pack0.safetensors",
            groups="<results>/adopt/models/{strategy}/seed{seed}/groups.tsv",
            starts="<results>/adopt/models/{strategy}/seed{seed}/starts.tsv",
        log:
            "<results>/logs/adopt_profiles/{strategy}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/adopt_profiles/{strategy}.seed{seed}.tsv"
        conda:
            TORCH_ENV
        threads: threads_of
        resources:
            **by_attempt(runtime=720),
            mem_mb=lambda wc, input, attempt: (
                (3000 + data_mb(input) + of_run(adopt.features_mb, wc.strategy)) * attempt
            ),
            gpu=gpus_of,
            data_on_disk=int(config["running"]["data"] == "disk"),
        params:
            cfg=by_wildcards(adopt.fit_settings),
            device=by_wildcards(training.device),
            code=code_digest("adopt_profiles"),
        script:
            "../scripts/adopt_profiles.py"

    rule predict_new_profiles:
        input:
            **GENOME,
            models=["<results>/adopt/models/{strategy}/seed{seed}/pack0.safetensors"],
            dataset="<results>/adopt/dataset.json",
            shards=of_run(adopt.shards),
        output:
            validation=temp("<results>/adopt/predictions/{strategy}/seed{seed}/validation.h5"),
            test=temp("<results>/adopt/predictions/{strategy}/seed{seed}/test.h5"),
        log:
            "<results>/logs/predict_new_profiles/{strategy}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/predict_new_profiles/{strategy}.seed{seed}.tsv"
        conda:
            TORCH_ENV
        threads: threads_of
        resources:
            **by_attempt(runtime=240),
            mem_mb=lambda wc, input, attempt: (3000 + data_mb(input)) * attempt,
            gpu=gpus_of,
            data_on_disk=int(config["running"]["data"] == "disk"),
        params:
            cfg=settings("prediction"),
            device=by_wildcards(training.device),
            code=code_digest("predict_splits"),
        script:
            "../scripts/predict_splits.py"

    use rule evaluate_strategy as evaluate_new_profiles with:
        input:
            validation="<results>/adopt/predictions/{strategy}/seed{seed}/validation.h5",
            test="<results>/adopt/predictions/{strategy}/seed{seed}/test.h5",
            groups="<results>/adopt/models/{strategy}/seed{seed}/groups.tsv",
            dataset="<results>/adopt/dataset.json",
        output:
            metrics="<results>/adopt/evaluation/{strategy}/seed{seed}/metrics.tsv",
            blocks="<results>/adopt/evaluation/{strategy}/seed{seed}/blocks.h5",
            points="<results>/adopt/evaluation/{strategy}/seed{seed}/points.tsv",
        log:
            "<results>/logs/evaluate_new_profiles/{strategy}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/evaluate_new_profiles/{strategy}.seed{seed}.tsv"
        params:
            cfg=of_run(adopt.scoring_settings),
            code=code_digest("evaluate_strategy"),

    rule measure_few_shot:
        input:
            **GENOME,
            **EXTENDED,
            models=lambda wc: sum(of_run(adopt.models_of_seed, int(wc.seed)).values(), []),
            described="<results>/adopt/profiles.tsv",
        output:
            "<results>/adopt/few_shot/{profile}.seed{seed}.tsv",
        log:
            "<results>/logs/measure_few_shot/{profile}.seed{seed}.log",
        benchmark:
            "<results>/benchmarks/measure_few_shot/{profile}.seed{seed}.tsv"
        conda:
            TORCH_ENV
        threads: of_run(adopt.threads)
        resources:
            **by_attempt(runtime=1440),
            mem_mb=lambda wc, input, attempt: ((3000 + data_mb(input) + of_run(adopt.features_mb)) * attempt),
            gpu=of_run(adopt.gpus),
            data_on_disk=int(config["running"]["data"] == "disk"),
        params:
            cfg=of_run(adopt.few_shot_settings),
            models=by_wildcards(adopt.models_of_seed),
            device=of_run(adopt.device),
            code=code_digest("measure_few_shot"),
        script:
            "../scripts/measure_few_shot.py"

    rule compare_adoptions:
        input:
            starts=of_run(adopt.of_starts, "models/{strategy}/seed{seed}/starts.tsv"),
            metrics=of_run(adopt.of_starts, "evaluation/{strategy}/seed{seed}/metrics.tsv"),
            baselines=of_run(adopt.baseline_metrics),
            curves=of_run(adopt.curves),
        output:
            profiles="<results>/adopt/adopt.tsv",
            curve="<results>/adopt/few_shot.tsv",
        log:
            "<results>/logs/compare_adoptions.log",
        benchmark:
            "<results>/benchmarks/compare_adoptions.tsv"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            **by_attempt(mem_mb=1500, runtime=10),
        params:
            runs=of_run(adopt.started_runs),
            baselines=of_run(adopt.baselines),
            first=of_run(adopt.shown_first),
            code=code_digest("compare_adoptions"),
        script:
            "../scripts/compare_adoptions.py"

    if of_run(adopt.baselines):

        use rule judge_baseline as judge_new_profiles with:
            input:
                **GENOME,
                dataset="<results>/adopt/dataset.json",
                shards=of_run(adopt.shards),
            output:
                metrics="<results>/adopt/baselines/{baseline}/metrics.tsv",
                blocks="<results>/adopt/baselines/{baseline}/blocks.h5",
                validation=temp("<results>/adopt/baselines/{baseline}/validation.h5"),
                test=temp("<results>/adopt/baselines/{baseline}/test.h5"),
            log:
                "<results>/logs/judge_new_profiles/{baseline}.log",
            benchmark:
                "<results>/benchmarks/judge_new_profiles/{baseline}.tsv"
            params:
                cfg=of_run(adopt.baseline_settings),
                code=lambda wc: code_digest("judge_baseline", (f"baselines.{wc.baseline}",)),
