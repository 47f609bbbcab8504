# Tracks imputed from each other: binned, held out by folds, fitted, judged against the average. `snakemake imputation`.
from epigroup.run import imputation


rule list_tracks:
    output:
        "<data>/imputation/tracks.tsv",
    log:
        "<data>/logs/list_tracks.log",
    benchmark:
        "<data>/benchmarks/list_tracks.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=5),
    params:
        tracks=of_run(imputation.track_rows),
        code=code_digest("list_tracks"),
    script:
        "../scripts/list_tracks.py"


rule make_tensor:
    input:
        unpack(by_wildcards(imputation.tensor_inputs)),
        tracks="<data>/imputation/tracks.tsv",
    output:
        "<data>/imputation/tensor/{chrom}.h5",
    log:
        "<data>/logs/make_tensor/{chrom}.log",
    benchmark:
        "<data>/benchmarks/make_tensor/{chrom}.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=4000, runtime=480),
    params:
        cfg=of_run(imputation.tensor_settings),
        code=code_digest("make_tensor"),
    script:
        "../scripts/make_tensor.py"


rule split_tracks:
    input:
        of_run(imputation.fold_file),
        tracks="<data>/imputation/tracks.tsv",
    output:
        "<data>/imputation/folds.tsv",
    log:
        "<data>/logs/split_tracks.log",
    benchmark:
        "<data>/benchmarks/split_tracks.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=5),
    params:
        cfg=of_run(imputation.fold_settings),
        code=code_digest("split_tracks"),
    script:
        "../scripts/split_tracks.py"


rule measure_moments:
    input:
        tensors=of_run(imputation.tensors),
        tracks="<data>/imputation/tracks.tsv",
        folds="<data>/imputation/folds.tsv",
    output:
        "<data>/imputation/moments.h5",
    log:
        "<data>/logs/measure_moments.log",
    benchmark:
        "<data>/benchmarks/measure_moments.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=240),
    params:
        code=code_digest("measure_moments"),
    script:
        "../scripts/measure_moments.py"


rule fit_track_models:
    input:
        moments="<data>/imputation/moments.h5",
        tracks="<data>/imputation/tracks.tsv",
        folds="<data>/imputation/folds.tsv",
    output:
        models="<data>/imputation/folds/{track_fold}/models.h5",
        choices="<data>/imputation/folds/{track_fold}/choices.tsv",
    log:
        "<data>/logs/fit_track_models/{track_fold}.log",
    benchmark:
        "<data>/benchmarks/fit_track_models/{track_fold}.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1500, runtime=240),
    params:
        models=of_run(imputation.models),
        code=of_run(imputation.code_modules, code_digest, "fit_track_models"),
    script:
        "../scripts/fit_track_models.py"


use rule fit_track_models as fit_all_tracks with:
    output:
        models="<data>/imputation/all/models.h5",
        choices="<data>/imputation/all/choices.tsv",
    log:
        "<data>/logs/fit_all_tracks.log",
    benchmark:
        "<data>/benchmarks/fit_all_tracks.tsv"


rule judge_tracks:
    input:
        unpack(by_wildcards(imputation.annotation)),
        tensors=of_run(imputation.tensors),
        tracks="<data>/imputation/tracks.tsv",
        folds="<data>/imputation/folds.tsv",
        models="<data>/imputation/folds/{track_fold}/models.h5",
    output:
        scores="<data>/imputation/folds/{track_fold}/scores.tsv",
        blocks="<data>/imputation/folds/{track_fold}/blocks.h5",
    log:
        "<data>/logs/judge_tracks/{track_fold}.log",
    benchmark:
        "<data>/benchmarks/judge_tracks/{track_fold}.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=of_run(imputation.judge_mb), runtime=480),
    params:
        cfg=of_run(imputation.judge_settings),
        code=code_digest("judge_tracks"),
    script:
        "../scripts/judge_tracks.py"


rule compare_track_models:
    input:
        scores=of_run(imputation.of_folds, "scores.tsv"),
        blocks=of_run(imputation.of_folds, "blocks.h5"),
        choices=of_run(imputation.of_folds, "choices.tsv"),
    output:
        tracks="<data>/imputation/by_track.tsv",
        models="<data>/imputation/by_model.tsv",
    log:
        "<data>/logs/compare_track_models.log",
    benchmark:
        "<data>/benchmarks/compare_track_models.tsv"
    conda:
        "../envs/imputation.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=2000, runtime=60),
    params:
        cfg=of_run(imputation.judge_settings),
        code=code_digest("compare_track_models"),
    script:
        "../scripts/compare_track_models.py"
