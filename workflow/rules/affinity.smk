# How well tasks learn together, task against task: what groupings by affinity are made from, and how stable it is.
from epigroup.run import affinity, training

runs_networks = by_wildcards(affinity.runs_networks)
measure_modules = by_wildcards(affinity.measure_modules)
MEASURED = of_run(affinity.measured)


rule measure_affinity:
    input:
        unpack(lambda wc: GENOME if runs_networks(wc) else {}),
        unpack(by_wildcards(affinity.inputs)),
        precision=lambda wc: precision_of(wc) if runs_networks(wc) else [],
    output:
        affinity="<results>/affinity/{affinity}/{strategy}/seed{seed}.h5",
        measures="<results>/affinity/{affinity}/{strategy}/seed{seed}.json",
    log:
        "<results>/logs/measure_affinity/{affinity}.{strategy}.seed{seed}.log",
    benchmark:
        "<results>/benchmarks/measure_affinity/{affinity}.{strategy}.seed{seed}.tsv"
    conda:
        TORCH_ENV
    threads: lambda wc: threads_of(wc) if runs_networks(wc) else 1
    resources:
        **by_attempt(runtime=1440),
        # Genome and labels, a batch's tables of tasks by tasks, and for looks along training the means of each.
        mem_mb=lambda wc, input, attempt: (3000 + 2 * input.size_mb + 2 * len(TASKS) ** 2 // 1000) * attempt,
        gpu=lambda wc: gpus_of(wc) if runs_networks(wc) else 0,
        # As in train_pack: they change no result.
        resume=int(config["running"]["resume"]),
        checkpoint_seconds=config["running"]["checkpoint_seconds"],
        progress_seconds=config["running"]["progress_seconds"],
    params:
        cfg=by_wildcards(affinity.measure_settings),
        checkpoints=f"{RESULTS}/checkpoints",
        code=lambda wc: code_digest("measure_affinity", measure_modules(wc)),
    script:
        "../scripts/measure_affinity.py"


rule study_affinities:
    input:
        of_run(affinity.files, "h5"),
    output:
        table="<results>/affinity/stability.tsv",
        figure=report(
            "<results>/affinity/stability.svg",
            caption="../report/captions/affinity.rst",
            category="Groups",
            labels={"figure": "Stability of affinities"},
        ),
        picture="<results>/affinity/stability.png",
    log:
        "<results>/logs/study_affinities.log",
    benchmark:
        "<results>/benchmarks/study_affinities.tsv"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg={"runs": MEASURED, "dpi": config["figures"]["dpi"]},
        code=code_digest("study_affinities"),
    script:
        "../scripts/study_affinities.py"
