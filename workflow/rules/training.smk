# Training of groups in packs, the heads of the network of all tasks, and the scores of a split.
from epigroup.run import training

looks_mb, pack_modules = by_wildcards(training.looks_mb), by_wildcards(training.pack_modules)


rule train_pack:
    input:
        **GENOME,
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
        groups=by_wildcards(training.groups),
        rates=by_wildcards(training.rates),
        warm=by_wildcards(training.warm_model),
        teacher=by_wildcards(training.taught),
        precision=precision_of,
        device=device_check,
    output:
        model="<results>/models/{strategy}/seed{seed}/pack{pack}.safetensors",
        curves="<results>/models/{strategy}/seed{seed}/pack{pack}.curves.tsv",
    log:
        "<results>/logs/train_pack/{strategy}.seed{seed}.pack{pack}.log",
    benchmark:
        "<results>/benchmarks/train_pack/{strategy}.seed{seed}.pack{pack}.tsv"
    conda:
        TORCH_ENV
    threads: threads_of
    resources:
        # A teacher's scores, compressed on the disk, are held whole.
        mem_mb=lambda wc, input, attempt: (
            2000
            + config["running"]["pack_memory_mb"]
            + data_mb(input)
            + looks_mb(wc)
            + 3 * size_mb(input.get("teacher") or "")
        )
        * attempt,
        runtime=1440,
        gpu=gpus_of,
        # Resources, not params: Snakemake does not track them, and they change no result.
        resume=int(config["running"]["resume"]),
        checkpoint_seconds=config["running"]["checkpoint_seconds"],
        progress_seconds=config["running"]["progress_seconds"],
        pack_memory_mb=config["running"]["pack_memory_mb"],
        tensorboard=int(config["running"]["tensorboard"]),
        data_on_disk=int(config["running"]["data"] == "disk"),
    params:
        cfg=by_wildcards(training.pack_settings),
        n_packs=lambda wc: len(RUN.packs(wc.strategy)),
        tasks=lambda wc: RUN.strategy_tasks(wc.strategy),
        checkpoints=f"{RESULTS}/checkpoints",
        choices=RUN.path("calibration/processors"),
        events=f"{RESULTS}/logs/tensorboard",
        code=lambda wc: code_digest("train_pack", pack_modules(wc)),
    script:
        "../scripts/train_pack.py"


rule read_heads:
    input:
        models=by_wildcards(training.models),
    output:
        "<results>/heads/{strategy}/seed{seed}/heads.h5",
    log:
        "<results>/logs/read_heads/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/read_heads/{strategy}.seed{seed}.tsv"
    conda:
        TORCH_ENV
    threads: 1
    resources:
        **by_attempt(mem_mb=1500, runtime=10),
    params:
        code=code_digest("read_heads"),
    script:
        "../scripts/read_heads.py"


# Whose network serves a task that several groups learn.
rule choose_groups:
    input:
        **GENOME,
        models=by_wildcards(training.models),
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        "<results>/models/{strategy}/seed{seed}/serving.tsv",
    log:
        "<results>/logs/choose_groups/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/choose_groups/{strategy}.seed{seed}.tsv"
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
        code=code_digest("choose_groups"),
    script:
        "../scripts/choose_groups.py"


rule predict_splits:
    input:
        **GENOME,
        models=by_wildcards(training.models),
        serving=by_wildcards(training.serving),
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
    output:
        **{
            split: path if config["evaluation"]["keep_predictions"] else temp(path)
            for split, path in (
                ("validation", "<results>/predictions/{strategy}/seed{seed}/validation.h5"),
                ("test", "<results>/predictions/{strategy}/seed{seed}/test.h5"),
            )
        },
    log:
        "<results>/logs/predict_splits/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/predict_splits/{strategy}.seed{seed}.tsv"
    # A group on one node; what a GPU predicts is a job of its own, for its partition, which leaves the GPU when it ends.
    group:
        lambda wc: "predictions" if gpus_of(wc) else "evaluation"
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


rule export_model:
    input:
        by_wildcards(training.model_of_group),
    output:
        "<results>/export/{strategy}/seed{seed}/group{group}.safetensors",
    log:
        "<results>/logs/export_model/{strategy}.seed{seed}.group{group}.log",
    benchmark:
        "<results>/benchmarks/export_model/{strategy}.seed{seed}.group{group}.tsv"
    conda:
        TORCH_ENV
    threads: 1
    resources:
        **by_attempt(mem_mb=1500, runtime=10),
    params:
        code=code_digest("export_model"),
    script:
        "../scripts/export_model.py"
