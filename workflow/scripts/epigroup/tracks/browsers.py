"""What genome browsers open: an IGV session and a UCSC track hub, both of peaks and signals.

All paths in them are relative, so that the results folder can be moved, or put on a web server, as a whole.
"""

import logging
import os
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from epigroup.core.files import whole

log = logging.getLogger(__name__)

# Genomes that both browsers have under this name, with their genes.
HOSTED = frozenset(
    [
        "hg38",
        "hg19",
        "mm39",
        "mm10",
        "mm9",
        "rn7",
        "rn6",
        "dm6",
        "dm3",
        "ce11",
        "ce10",
        "sacCer3",
        "danRer11",
        "danRer10",
        "galGal6",
    ]
)
MODALITIES = {"CA": "Chromatin accessibility", "HM": "Histone marks", "TFB": "Factor binding"}
COLOURS = {"CA": "0,114,178", "HM": "213,94,0", "TFB": "0,158,115"}  # Okabe & Ito 2008
SIGNALS = {"enrichment": "fold enrichment", "pvalue": "-log10 p", "signal": "given signal"}


@dataclass(frozen=True)
class Shown:
    """A profile in a browser: its peaks (narrowPeak, indexed), the same as bigBed, and bigWigs by what they hold
    (SIGNALS)."""

    profile_id: str
    modality: str
    label: str
    peaks: str
    bigbed: str
    signals: dict[str, str] = field(default_factory=dict)


def write_session(
    out: str | os.PathLike, profiles: Sequence[Shown], *, assembly: str, fasta: str, chromosome: str
) -> None:
    """Write an IGV session (XML) that opens at `chromosome`: of each profile its signals, then its peaks.

    The genome is IGV's own of that name (HOSTED), else the FASTA file.
    """
    folder = Path(out).parent
    genome = assembly if assembly in HOSTED else os.path.relpath(fasta, folder)
    session = ET.Element("Session", genome=genome, locus=chromosome, version="8")
    resources = ET.SubElement(session, "Resources")
    panel = ET.SubElement(session, "Panel", name="DataPanel")
    for profile in profiles:
        shared = {"color": COLOURS[profile.modality]}
        for kind, path in profile.signals.items():
            place = os.path.relpath(path, folder)
            ET.SubElement(resources, "Resource", path=place, type="bigwig")
            name = f"{profile.profile_id} {SIGNALS[kind]}"
            ET.SubElement(panel, "Track", shared, id=place, name=name, autoScale="true", renderer="BAR_CHART")
        place = os.path.relpath(profile.peaks, folder)
        ET.SubElement(resources, "Resource", path=place, index=f"{place}.tbi", type="narrowpeak")
        ET.SubElement(panel, "Track", shared, id=place, name=f"{profile.profile_id} peaks")
    ET.indent(session)
    with whole(out) as partial:
        ET.ElementTree(session).write(partial, encoding="UTF-8", xml_declaration=True)


def write_hub(
    outs: Mapping[str, str | os.PathLike], profiles: Sequence[Shown], *, name: str, assembly: str, email: str
) -> None:
    """Write a track hub. outs: "hub", "genomes" and "tracks", in one folder.

    An assembly that UCSC may not have is named in the log.
    """
    if assembly not in HOSTED:
        log.warning("the hub needs an assembly that UCSC has, and %s may be none", assembly)
    hub = {
        "hub": track_name(name),
        "shortLabel": name[:17],
        "longLabel": f"{name}: {len(profiles)} profiles"[:80],
        "genomesFile": Path(outs["genomes"]).name,
        "email": email,
    }
    genomes = {"genome": assembly, "trackDb": Path(outs["tracks"]).name}
    stanzas = []
    for modality, words in MODALITIES.items():
        here = [one for one in profiles if one.modality == modality]
        if here:
            stanzas.append(
                {"track": modality, "superTrack": "on show", "shortLabel": words[:17], "longLabel": words}
            )
        for one in here:
            stanzas += _stanzas(one, Path(outs["tracks"]).parent, f"t{len(stanzas)}")
    for key, parts in (("hub", [hub]), ("genomes", [genomes]), ("tracks", stanzas)):
        text = "\n".join("".join(f"{k} {v}\n" for k, v in part.items()) for part in parts)
        with whole(outs[key]) as partial:
            partial.write_text(text, encoding="utf-8")


def _stanzas(profile: Shown, folder: Path, number: str) -> list[dict[str, str]]:
    def stanza(kind: str, words: str, path: str, **form: str) -> dict[str, str]:
        return {
            # Names of profiles may differ in letters alone that a track's name must not have.
            "track": f"{number}_{track_name(profile.profile_id)}_{kind}",
            "parent": f"{profile.modality} on",
            "bigDataUrl": os.path.relpath(path, folder),
            "shortLabel": profile.profile_id[:17],
            "longLabel": f"{profile.profile_id}, {profile.label}: {words}"[:80],
            "color": COLOURS[profile.modality],
        } | form

    signals = [
        stanza(kind, SIGNALS[kind], path, type="bigWig", visibility="hide" if kind == "pvalue" else "full",
               autoScale="on", maxHeightPixels="64:32:8")
        for kind, path in profile.signals.items()
    ]  # fmt: skip
    return [*signals, stanza("peaks", "peaks", profile.bigbed, type="bigNarrowPeak", visibility="dense")]


def track_name(text: str) -> str:
    """A text as UCSC takes it for a name: letters, digits and _."""
    return re.sub(r"\W+", "_", text, flags=re.ASCII)
