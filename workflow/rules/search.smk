# Searches of learning rates: trials of each phase in parts, and the rate that won. Nothing here sees the test split.
from epigroup.run import search, training


rule run_trials:
    input:
        **GENOME,
        dataset="<results>/dataset/dataset.json",
        shards=of_run(training.shards),
        groups=by_wildcards(training.groups),
        coarse=by_wildcards(search.coarse_trials),
        warm=by_wildcards(training.warm_model),
        precision=precision_of,
        device=device_check,
    output:
        "<results>/search/{strategy}/seed{seed}/{phase}{part}.tsv",
    log:
        "<results>/logs/run_trials/{strategy}.seed{seed}.{phase}{part}.log",
    benchmark:
        "<results>/benchmarks/run_trials/{strategy}.seed{seed}.{phase}{part}.tsv"
    wildcard_constraints:
        strategy=one_of(RUN.searched),
        phase="coarse|fine|halving",
        part=r"\d+",
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
        data_on_disk=int(config["running"]["data"] == "disk"),
    params:
        cfg=by_wildcards(search.trial_settings),
        part=by_wildcards(search.part_settings),
        checkpoints=f"{RESULTS}/checkpoints",
        choices=RUN.path("calibration/processors"),
        code=lambda wc: code_digest("run_trials", of_run(training.balancing_modules, wc.strategy)),
    script:
        "../scripts/run_trials.py"


rule choose_rates:
    input:
        trials=by_wildcards(search.trials),
        groups=by_wildcards(training.groups),
    output:
        rates="<results>/search/{strategy}/seed{seed}/rates.tsv",
        trials="<results>/search/{strategy}/seed{seed}/trials.tsv",
    log:
        "<results>/logs/choose_rates/{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/choose_rates/{strategy}.seed{seed}.tsv"
    wildcard_constraints:
        strategy=one_of(RUN.searched),
    conda:
        "../envs/stats.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=5),
    params:
        cfg=lambda wc: {"sampled": of_run(search.is_sampled, wc.strategy)},
        code=code_digest("choose_rates"),
    script:
        "../scripts/choose_rates.py"
