# Peaks and signals for genome browsers, a target of its own: `snakemake tracks`.
from epigroup.run.data import tracks


rule write_peak_tracks:
    input:
        contigs="<data>/genome/contigs.tsv",
        peaks=expand("<data>/peaks/standard/{profile}.narrowPeak.gz", profile=TASKS),
    output:
        expand("<data>/tracks/peaks/{profile}.bb", profile=TASKS),
    log:
        "<data>/logs/write_peak_tracks.log",
    benchmark:
        "<data>/benchmarks/write_peak_tracks.tsv"
    conda:
        "../envs/tracks.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=1500, runtime=120),
    params:
        code=code_digest("write_peak_tracks"),
    script:
        "../scripts/write_peak_tracks.py"


rule write_tracks:
    input:
        **ALIGNER_FASTA,
        peaks=expand("<data>/peaks/standard/{profile}.narrowPeak.gz", profile=TASKS),
        indices=expand("<data>/peaks/standard/{profile}.narrowPeak.gz.tbi", profile=TASKS),
        bigbeds=rules.write_peak_tracks.output,
        signals=of_run(tracks.all_signals),
        index="<data>/genome/genome.fa.fai",
    output:
        session="<data>/tracks/igv_session.xml",
        hub="<data>/tracks/hub.txt",
        genomes="<data>/tracks/genomes.txt",
        tracks="<data>/tracks/trackDb.txt",
    log:
        "<data>/logs/write_tracks.log",
    benchmark:
        "<data>/benchmarks/write_tracks.tsv"
    conda:
        "../envs/dataset.yaml"
    threads: 1
    resources:
        **by_attempt(mem_mb=500, runtime=10),
    params:
        cfg=of_run(tracks.track_settings),
        code=code_digest("write_tracks"),
    script:
        "../scripts/write_tracks.py"
