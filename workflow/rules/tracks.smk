# Peaks and signals for genome browsers, a target of its own: `snakemake tracks`.


include: "tracks_inputs.smk"


rule write_tracks:
    input:
        peaks=expand("<results>/peaks/standard/{profile}.narrowPeak.gz", profile=TASKS),
        indices=expand("<results>/peaks/standard/{profile}.narrowPeak.gz.tbi", profile=TASKS),
        signals=[path for name in TASKS for path in signals_of(name).values()],
        fasta="<results>/genome/genome.fa",
        index="<results>/genome/genome.fa.fai",
    output:
        session="<results>/tracks/igv_session.xml",
        hub="<results>/tracks/hub.txt",
        genomes="<results>/tracks/genomes.txt",
        tracks="<results>/tracks/trackDb.txt",
    log:
        "<results>/logs/write_tracks.log",
    benchmark:
        "<results>/benchmarks/write_tracks.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        mem_mb=lambda wc, attempt: 500 * attempt,
        runtime=lambda wc, attempt: 10 * attempt,
    params:
        cfg=track_settings(),
        code=code_digest("write_tracks"),
    script:
        "../scripts/write_tracks.py"
