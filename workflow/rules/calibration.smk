# In which precision the networks of a run are trained: measured once, kept with the run.
from epigroup.run.calibration import calibration_settings


rule choose_precision:
    output:
        "<results>/calibration/{device}.json",
    log:
        "<results>/logs/choose_precision/{device}.log",
    benchmark:
        "<results>/benchmarks/choose_precision/{device}.tsv"
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
