# Files that the sheet names by accession or address, or the config by address, fetched once.
from epigroup.run.data import reads


rule fetch_file:
    output:
        file="<data>/downloads/{file}",
    log:
        "<data>/logs/fetch_file/{file}.log",
    benchmark:
        "<data>/benchmarks/fetch_file/{file}.tsv"
    wildcard_constraints:
        file=one_of(RUN.sheet.downloads),
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500),
        runtime=1440,
        # `--resources downloads=2` fetches two files at a time.
        downloads=1,
        # Neither another mirror nor another row, nor a change of the code, makes other bytes of what is there: none of
        # them is in the params, lest all be fetched again.
        address=by_wildcards(reads.address),
        row=by_wildcards(reads.row),
        sum_key=by_wildcards(reads.sum_key),
        tries=config["downloads"]["tries"],
        pause=config["downloads"]["pause"],
        timeout=config["downloads"]["timeout"],
    params:
        checksum=by_wildcards(reads.checksum),
    script:
        "../scripts/fetch_file.py"
