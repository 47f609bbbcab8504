# What was imputed, as bigWigs and for genome browsers, and the page of the imputation.
from epigroup.run import imputation

if of_run(imputation.imputed_places):

    rule write_imputed:
        input:
            tensors=of_run(imputation.tensors),
            tracks="<data>/imputation/tracks.tsv",
            models="<data>/imputation/all/models.h5",
            choices="<data>/imputation/all/choices.tsv",
        output:
            bigwigs=of_run(imputation.bigwigs),
            readme="<data>/imputation/imputed/README.txt",
            hub="<data>/imputation/imputed/hub.txt",
            genomes="<data>/imputation/imputed/genomes.txt",
            trackdb="<data>/imputation/imputed/trackDb.txt",
            session="<data>/imputation/imputed/igv_session.xml",
        log:
            "<data>/logs/write_imputed.log",
        benchmark:
            "<data>/benchmarks/write_imputed.tsv"
        conda:
            "../envs/imputation.yaml"
        threads: 1
        resources:
            **by_attempt(mem_mb=2000, runtime=720),
        params:
            cfg=of_run(imputation.written_settings),
            code=code_digest("write_imputed"),
        script:
            "../scripts/write_imputed.py"


rule make_imputation_page:
    input:
        tracks="<data>/imputation/tracks.tsv",
        folds="<data>/imputation/folds.tsv",
        by_track="<data>/imputation/by_track.tsv",
        by_model="<data>/imputation/by_model.tsv",
        choices=of_run(imputation.of_folds, "choices.tsv"),
    output:
        "<data>/imputation/imputation.html",
    log:
        "<data>/logs/make_imputation_page.log",
    benchmark:
        "<data>/benchmarks/make_imputation_page.tsv"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1000, runtime=15),
    params:
        cfg=of_run(imputation.page_settings),
        code=code_digest("make_imputation_page", files=imputation.PAGE_FILES),
    script:
        "../scripts/make_imputation_page.py"


rule imputation:
    input:
        of_run(imputation.made),
    localrule: True
