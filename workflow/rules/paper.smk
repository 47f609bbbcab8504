# A run beside the paper whose protocol it follows.


include: "paper_inputs.smk"


if config["paper"] is not None:

    rule compare_with_paper:
        input:
            unpack(beside_paper),
        output:
            **paper_tables.outputs_of("<results>/paper"),
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
            mem_mb=lambda wc, attempt: 1000 * attempt,
            runtime=lambda wc, attempt: 10 * attempt,
        params:
            cfg=paper_config(),
            code=code_digest("compare_with_paper"),
        script:
            "../scripts/compare_with_paper.py"
