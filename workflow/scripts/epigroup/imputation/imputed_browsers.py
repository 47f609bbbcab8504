"""Measured and imputed tracks side by side in a genome browser: a UCSC track hub and an IGV session."""

import logging
import os
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

from epigroup.core.files import whole
from epigroup.tracks.browsers import HOSTED, track_name

log = logging.getLogger(__name__)

# Okabe & Ito 2008, for assays in their order, again from the first where there are more.
COLOURS = ("0,114,178", "213,94,0", "0,158,115", "204,121,167", "230,159,0", "86,180,233", "100,100,100")
Place = tuple[str, str]


def write_imputed_browsers(
    outs: Mapping[str, str | os.PathLike],
    measured: Mapping[Place, str],
    imputed: Mapping[Place, str],
    *,
    name: str,
    assembly: str,
    email: str,
    locus: str,
) -> None:
    """Write hub, genomes, trackdb and session (keys of `outs`, in one folder), cell type by cell type; of each place
    its measured bigWig, then what is imputed, which says so. Paths are relative where they can be."""
    if assembly not in HOSTED:
        log.warning("the hub needs an assembly that UCSC has, and %s may be none", assembly)
    folder = Path(outs["hub"]).parent
    shown = [
        (place, kind, _relative(files[place], folder))
        for place in sorted({*measured, *imputed})
        for kind, files in (("measured", measured), ("imputed", imputed))
        if place in files
    ]
    assays = sorted({assay for (_, assay), _, _ in shown})
    colour = {assay: COLOURS[i % len(COLOURS)] for i, assay in enumerate(assays)}
    hub = {
        "hub": track_name(name), "shortLabel": name[:17],
        "longLabel": f"{name}: {len(measured)} measured and {len(imputed)} imputed tracks"[:80],
        "genomesFile": Path(outs["genomes"]).name, "email": email,
    }  # fmt: skip
    stanzas = []
    for number, cell_type in enumerate(dict.fromkeys(cell_type for (cell_type, _), _, _ in shown)):
        parent = f"c{number}_{track_name(cell_type)}"
        stanzas.append(
            {
                "track": parent,
                "superTrack": "on show",
                "shortLabel": cell_type[:17],
                "longLabel": cell_type[:80],
            }
        )
        for (_, assay), kind, path in (one for one in shown if one[0][0] == cell_type):
            label = assay if kind == "measured" else f"{assay} imputed"
            stanzas.append(
                {
                    "track": f"t{len(stanzas)}_{track_name(assay)}_{kind}", "parent": f"{parent} on",
                    "bigDataUrl": path,
                    "shortLabel": label[:17], "longLabel": f"{assay} of {cell_type}, {kind}"[:80], "type": "bigWig",
                    "color": colour[assay], "visibility": "full", "autoScale": "on", "maxHeightPixels": "64:32:8",
                }
            )  # fmt: skip
    genomes = {"genome": assembly, "trackDb": Path(outs["trackdb"]).name}
    for key, parts in (("hub", [hub]), ("genomes", [genomes]), ("trackdb", stanzas)):
        text = "\n".join("".join(f"{word} {value}\n" for word, value in part.items()) for part in parts)
        with whole(outs[key]) as partial:
            partial.write_text(text, encoding="utf-8")
    session = ET.Element("Session", genome=assembly, locus=locus, version="8")
    resources = ET.SubElement(session, "Resources")
    panel = ET.SubElement(session, "Panel", name="DataPanel")
    for (cell_type, assay), kind, path in shown:
        ET.SubElement(resources, "Resource", path=path, type="bigwig")
        ET.SubElement(
            panel, "Track", id=path, name=f"{cell_type} {assay} {kind}", color=colour[assay], autoScale="true",
            renderer="BAR_CHART",
        )  # fmt: skip
    ET.indent(session)
    with whole(outs["session"]) as partial:
        ET.ElementTree(session).write(partial, encoding="UTF-8", xml_declaration=True)


def _relative(path: str, folder: Path) -> str:
    return path if "://" in path else os.path.relpath(path, folder)
