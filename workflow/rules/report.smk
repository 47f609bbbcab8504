# Figures (SVG, PNG and their numbers) and the report, from the tables of all earlier stages.


include: "report_inputs.smk"


rule draw_figures:
    input:
        unpack(findings),
    output:
        [captioned(name, facts) for name, facts in FIGURES.items()],
        figure_files(FIGURES, ("png", "tsv")),
    log:
        "<results>/logs/draw_figures.log",
    benchmark:
        "<results>/benchmarks/draw_figures.tsv"
    group:
        "report"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 2000 * attempt,
        runtime=lambda wc, attempt: 30 * attempt,
    params:
        cfg={
            **drawing_settings(),
            "grouping": shown_grouping(),
            "methods": method_words(),
            "joint": joint(),
            "families": K_FAMILIES,
        },
        code=code_digest("draw_figures"),
    script:
        "../scripts/draw_figures.py"


# Those of the data set alone need no training: `snakemake dataset` makes them.
use rule draw_figures as draw_data_figures with:
    input:
        dataset="<results>/dataset/dataset.json",
        tasks="<results>/dataset/tasks.tsv",
    output:
        [captioned(name, facts) for name, facts in DATA_FIGURES.items()],
        figure_files(DATA_FIGURES, ("png", "tsv")),
    log:
        "<results>/logs/draw_data_figures.log",
    benchmark:
        "<results>/benchmarks/draw_data_figures.tsv"
    params:
        cfg=drawing_settings(),
        code=code_digest("draw_figures"),


rule make_report:
    input:
        unpack(findings),
        # When and with what they were trained
        models=decision_files()["networks"],
        # The page names the folder of figures, so it comes with it.
        figures=figure_files({**FIGURES, **DATA_FIGURES}),
    output:
        report(
            "<results>/report/report.html",
            caption="../report/captions/report.rst",
            category="Report",
            labels={"figure": "The whole report"},
        ),
    log:
        "<results>/logs/make_report.log",
    benchmark:
        "<results>/benchmarks/make_report.tsv"
    group:
        "report"
    conda:
        "../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 2000 * attempt,
        runtime=lambda wc, attempt: 30 * attempt,
    params:
        cfg={
            "report": {**settings("report"), "code": code_digest("train_pack")},
            "figures": figure_settings(),
            "grouping": shown_grouping(),
            "training": {strategy: settings("training", strategy) for strategy in STRATEGIES},
        },
        code=code_digest("make_report", (), page_files()),
    script:
        "../scripts/make_report.py"
