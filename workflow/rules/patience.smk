# The patience study: single profiles trained for their full course, and how long one would have had to wait.
from epigroup.run import calibration, patience, training

STUDY = config["patience_study"]


# Not from tasks.tsv: a name corrected in the sheet would train the study again.
rule choose_profiles:
    input:
        dataset="<results>/dataset/dataset.json",
    output:
        "<results>/patience/{strategy}/seed{seed}/groups.tsv",
    log:
        "<results>/logs/choose_profiles/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/choose_profiles/{strategy}.seed{seed}.tsv"
    wildcard_constraints:
        strategy=STUDY["strategy"],
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=5),
    params:
        cfg={
            "modalities": RUN.task_rows(columns=("task_id", "modality")),
            **{key: STUDY.get(key) for key in ("tasks", "per_modality")},
        },
        code=code_digest("choose_profiles"),
    script:
        "../scripts/choose_profiles.py"


# train_pack with the study's groups and settings; the weights are not kept.
rule train_full_length:
    input:
        **GENOME,
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
        groups="<results>/patience/{strategy}/seed{seed}/groups.tsv",
        rates=[],
        warm=by_wildcards(training.warm_model),
        precision=precision_of,
        device=device_check,
    output:
        model=temp("<results>/patience/{strategy}/seed{seed}/pack{pack}.safetensors"),
        curves="<results>/patience/{strategy}/seed{seed}/pack{pack}.curves.tsv",
    log:
        "<results>/logs/train_full_length/{strategy}.seed{seed}.pack{pack}.log",
    benchmark:
        "<results>/benchmarks/train_full_length/{strategy}.seed{seed}.pack{pack}.tsv"
    wildcard_constraints:
        strategy=STUDY["strategy"],
    conda:
        TORCH_ENV
    threads: threads_of
    resources:
        mem_mb=lambda wc, input, attempt: (
            (2000 + config["running"]["pack_memory_mb"] + data_mb(input)) * attempt
        ),
        runtime=1440,
        gpu=gpus_of,
        # As in train_pack: they change no result.
        resume=int(config["running"]["resume"]),
        checkpoint_seconds=config["running"]["checkpoint_seconds"],
        progress_seconds=config["running"]["progress_seconds"],
        pack_memory_mb=config["running"]["pack_memory_mb"],
        tensorboard=int(config["running"]["tensorboard"]),
        data_on_disk=int(config["running"]["data"] == "disk"),
    params:
        cfg=lambda wc: of_run(calibration.in_precision, settings("study")),
        n_packs=len(of_run(patience.packs)),
        checkpoints=f"{RESULTS}/checkpoints",
        choices=RUN.path("calibration/processors"),
        events=f"{RESULTS}/logs/tensorboard/patience",
        tasks=None,  # which profiles these are is in the table that choose_profiles made
        code=code_digest("train_pack"),
    script:
        "../scripts/train_pack.py"


rule study_patience:
    input:
        groups="<results>/patience/{strategy}/seed{seed}/groups.tsv",
        tasks="<results>/dataset/tasks.tsv",
        curves=by_wildcards(patience.curves),
    output:
        study="<results>/patience/{strategy}/seed{seed}/study.tsv",
        regret="<results>/patience/{strategy}/seed{seed}/regret.tsv",
    log:
        "<results>/logs/study_patience/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/study_patience/{strategy}.seed{seed}.tsv"
    wildcard_constraints:
        strategy=STUDY["strategy"],
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=5),
    params:
        cfg=lambda wc: {"patience": settings("training", wc.strategy)["patience"]},
        code=code_digest("study_patience"),
    script:
        "../scripts/study_patience.py"
