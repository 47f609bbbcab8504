# `snakemake predict`: the scores of any regions by a trained strategy, as a table and a bigWig a task.
import types

PREDICT = config.get("predict")

if PREDICT is None:

    rule predict:
        input:
            lambda wc: asked(config, "predict", "strategy: ..., seed: ..., regions: BED"),

else:
    if PREDICT["strategy"] not in STRATEGIES:
        refuse(
            f"{CONFIG_SOURCE}: predict.strategy: '{PREDICT['strategy']}' is no strategy; there are {', '.join(STRATEGIES)}"
        )
    if PREDICT["seed"] not in STRATEGY_SEEDS(PREDICT["strategy"]):
        refuse(
            f"{CONFIG_SOURCE}: predict.seed: {PREDICT['seed']}: {PREDICT['strategy']} is trained with "
            f"{', '.join(map(str, STRATEGY_SEEDS(PREDICT['strategy'])))}"
        )
    for key in ("fasta", "regions"):
        if PREDICT[key] and not exists(in_results(PREDICT[key])):
            refuse(f"{CONFIG_SOURCE}: predict.{key}: '{PREDICT[key]}' is not there; check the path")

    PREDICTED_TASKS = [
        row["task_id"] for row in task_rows(config["strategies"][PREDICT["strategy"]]["grouping"])
    ]
    PREDICT_FROM = (
        {"fasta": in_results(PREDICT["fasta"])}
        if PREDICT["fasta"]
        else {"genome": f"{RESULTS}/genome/genome.h5"}
    )

    rule predict:
        input:
            "<results>/predict/scores.tsv.gz",
            expand(f"{RESULTS}/predict/bigwig/{{task}}.bw", task=PREDICTED_TASKS),

    rule predict_regions:
        input:
            **PREDICT_FROM,
            models=models_of(types.SimpleNamespace(strategy=PREDICT["strategy"], seed=PREDICT["seed"])),
            serving=serving_of(types.SimpleNamespace(strategy=PREDICT["strategy"], seed=PREDICT["seed"])),
            regions=in_results(PREDICT["regions"]),
        output:
            table="<results>/predict/scores.tsv.gz",
            tracks=expand(f"{RESULTS}/predict/bigwig/{{task}}.bw", task=PREDICTED_TASKS),
        log:
            "<results>/logs/predict_regions.log",
        benchmark:
            "<results>/benchmarks/predict_regions.tsv"
        conda:
            "../envs/torch.yaml" if ON_GPU else "../envs/torch_cpu.yaml"
        threads: training_threads(PREDICT["strategy"])
        resources:
            mem_mb=lambda wc, input, attempt: (3000 + 2 * input.size_mb) * attempt,
            runtime=lambda wc, attempt: 240 * attempt,
            gpu=gpus(PREDICT["strategy"]),
        params:
            cfg={
                "tasks": PREDICTED_TASKS,
                "batch_size": PREDICT["batch_size"],
                "both_strands": PREDICT["both_strands"],
                "device": training_device(PREDICT["strategy"]),
            },
            code=code_digest("predict_regions"),
        script:
            "../scripts/predict_regions.py"


localrules:
    predict,
