# A run beside the paper whose protocol it follows.
from epigroup.paper.tables import outputs_of
from epigroup.run import paper

if config["paper"] is not None:

    rule compare_with_paper:
        input:
            **of_run(paper.paper_inputs),
        output:
            **outputs_of("<results>/paper"),
        log:
            "<results>/logs/compare_with_paper.log",
        benchmark:
            "<results>/benchmarks/compare_with_paper.tsv"
        group:
            "report"
        conda:
            "../envs/stats.yaml"
        threads: 1
        resources:
            **by_attempt(mem_mb=1000, runtime=10),
        params:
            cfg=of_run(paper.paper_settings, [figure.name for figure in (*FIGURES, *DATA_FIGURES)]),
            code=code_digest("compare_with_paper"),
        script:
            "../scripts/compare_with_paper.py"
