"""The IGV session and the track hub of a run."""

from epigroup.core.logs import log_to
from epigroup.tracks.browsers import Shown, write_hub, write_session

with log_to(snakemake.log[0]):
    cfg = snakemake.params.cfg
    profiles = [Shown(**one) for one in cfg["profiles"]]
    write_session(
        snakemake.output.session,
        profiles,
        assembly=cfg["assembly"],
        fasta=snakemake.input.fasta,
        chromosome=cfg["chromosome"],
    )
    outs = {key: snakemake.output[key] for key in ("hub", "genomes", "tracks")}
    write_hub(outs, profiles, name=cfg["name"], assembly=cfg["assembly"], email=cfg["email"])
