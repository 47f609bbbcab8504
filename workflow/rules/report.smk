# Figures (SVG, PNG and their numbers) and the report, from the tables of all earlier stages.
from epigroup.run import audit, report as report_page

FIGURES, DATA_FIGURES = of_run(report_page.figures), of_run(report_page.data_figures)
FINDINGS = of_run(report_page.findings)
DRAWING = of_run(report_page.drawing_settings)
# Snakemake reads captions when it makes its own report.
if workflow.is_main_process:
    report_page.write_captions(CAPTIONS)


rule draw_figures:
    input:
        **FINDINGS,
    output:
        [captioned(figure) for figure in FIGURES],
        of_run(report_page.figure_files, FIGURES, ("png", "tsv")),
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
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg={**DRAWING, "shown": of_run(report_page.shown_settings)},
        code=code_digest("draw_figures", report_page.drawing_modules(FIGURES)),
    script:
        "../scripts/draw_figures.py"


# Those of the data set alone need no training: `snakemake dataset` makes them.
use rule draw_figures as draw_data_figures with:
    input:
        dataset="<results>/dataset/dataset.json",
        tasks="<results>/dataset/tasks.tsv",
    output:
        [captioned(figure) for figure in DATA_FIGURES],
        of_run(report_page.figure_files, DATA_FIGURES, ("png", "tsv")),
    log:
        "<results>/logs/draw_data_figures.log",
    benchmark:
        "<results>/benchmarks/draw_data_figures.tsv"
    params:
        cfg=DRAWING,
        code=code_digest("draw_figures", report_page.drawing_modules(DATA_FIGURES)),


rule make_report:
    input:
        **FINDINGS,
        # When and with what they were trained
        models=of_run(audit.networks),
        # The page names the folder of figures, so it comes with it.
        figures=of_run(report_page.figure_files, [*FIGURES, *DATA_FIGURES]),
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
        **by_attempt(mem_mb=2000, runtime=30),
    params:
        cfg={
            "report": {
                **settings("report"),
                "code": code_digest("train_pack"),
                "used": of_run(report_page.software),
                "multiqc": of_run(report_page.multiqc_links),
            },
            "figures": of_run(report_page.figure_settings),
            "grouping": of_run(report_page.shown_grouping),
            "training": {strategy: settings("training", strategy) for strategy in RUN.strategies},
        },
        code=code_digest("make_report", report_page.section_modules(), report_page.page_files()),
    script:
        "../scripts/make_report.py"
