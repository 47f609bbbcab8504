# What is found out of the devices, once for all folds: whether there is a GPU, and in which precision networks are trained.
from epigroup.run.calibration import calibration_settings


rule check_device:
    output:
        "<data>/checks/device.json",
    log:
        "<data>/logs/check_device.log",
    benchmark:
        "<data>/benchmarks/check_device.tsv"
    priority: 100
    conda:
        TORCH_ENV
    threads: 1
    resources:
        **by_attempt(mem_mb=1000, runtime=5),
        gpu=1,
    params:
        cfg=untracked({"device": "cuda"}),
        code=untracked(code_digest("check_device")),
    script:
        "../scripts/check_device.py"


rule choose_precision:
    output:
        "<data>/calibration/{device}.json",
    log:
        "<data>/logs/choose_precision/{device}.log",
    benchmark:
        "<data>/benchmarks/choose_precision/{device}.tsv"
    wildcard_constraints:
        device="auto|cpu|cuda",
    priority: 100
    conda:
        TORCH_ENV
    threads: config["training"]["threads"]
    resources:
        **by_attempt(mem_mb=3000, runtime=10),
        gpu=lambda wc: 0 if wc.device == "cpu" or of_run(calibration_settings, wc.device)["named"] else 1,
    params:
        cfg=untracked(lambda wc: of_run(calibration_settings, wc.device)),
        code=untracked(code_digest("choose_precision")),
    script:
        "../scripts/choose_precision.py"
