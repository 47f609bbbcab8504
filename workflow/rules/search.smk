# Searches of learning rates: trials of each phase in parts, and the rate that won. Nothing here sees the test split.


include: "search_inputs.smk"


rule run_trials:
    input:
        genome="<results>/genome/genome.h5",
        dataset="<results>/dataset/dataset.json",
        shards=shard_paths(),
        groups=groups_of,
        coarse=coarse_trials,
        warm=warm_start_of,
        precision=lambda wc: precision_of(wc.strategy),
        device=lambda wc: device_check(wc.strategy),
    output:
        "<results>/search/{strategy}/seed{seed}/{phase}{part}.tsv",
    log:
        "<results>/logs/run_trials/{strategy}.seed{seed}.{phase}{part}.log",
    benchmark:
        "<results>/benchmarks/run_trials/{strategy}.seed{seed}.{phase}{part}.tsv"
    wildcard_constraints:
        strategy=one_of(SEARCHED),
        phase="coarse|fine|halving",
        part=r"\d+",
    conda:
        "../envs/torch.yaml" if ON_GPU else "../envs/torch_cpu.yaml"
    threads: lambda wc: training_threads(wc.strategy)
    resources:
        mem_mb=lambda wc, input, attempt: (
            (2000 + config["running"]["pack_memory_mb"] + data_mb(input)) * attempt
        ),
        runtime=1440,
        gpu=lambda wc: gpus(wc.strategy),
        # As in train_pack: they change no result.
        resume=int(config["running"]["resume"]),
        checkpoint_seconds=config["running"]["checkpoint_seconds"],
        progress_seconds=config["running"]["progress_seconds"],
        pack_memory_mb=config["running"]["pack_memory_mb"],
        data_on_disk=int(config["running"]["data"] == "disk"),
    params:
        cfg=trial_settings_of,
        part=search_part,
        checkpoints=f"{RESULTS}/checkpoints",
        choices=f"{RESULTS}/calibration/processors",
        code=lambda wc: code_digest("run_trials", balancing_modules(wc.strategy)),
    script:
        "../scripts/run_trials.py"


rule choose_rates:
    input:
        trials=trials_of,
        groups=groups_of,
    output:
        rates="<results>/search/{strategy}/seed{seed}/rates.tsv",
        trials="<results>/search/{strategy}/seed{seed}/trials.tsv",
    log:
        "<results>/logs/choose_rates/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/choose_rates/{strategy}.seed{seed}.tsv"
    wildcard_constraints:
        strategy=one_of(SEARCHED),
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 500 * attempt,
        runtime=lambda wc, attempt: 5 * attempt,
    params:
        cfg=lambda wc: {"sampled": "tasks" in searches.search_of(config, wc.strategy)},
        code=code_digest("choose_rates"),
    script:
        "../scripts/choose_rates.py"
