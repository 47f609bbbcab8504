"""What MACS is asked for: the reads of a profile, its control and genome, and the thresholds of its peaks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from epigroup.core.settings import read_settings
from epigroup.core.text_files import read_json
from epigroup.genome.sizes import read_size, read_sizes


@dataclass(frozen=True)
class FragmentLength:
    """Fragment length of single-end reads (bp), and how it is known."""

    bases: int
    known_by: str


@dataclass(frozen=True)
class CallRequest:
    """A profile whose peaks are to be called, and how.

    treatment, control: filtered, indexed alignments, the control's where there is one. genome_size: bases that are
    not N. sizes: bp by chromosome. qvalue, broad_qvalue: false discovery rates of peaks and of the links of broad
    ones. fragment: used for single-end ChIP and CUT&RUN alone. options: MACS's, of the profile's own row, which
    replace the defaults. macs: the program.
    """

    profile_id: str
    assay: str
    peak_mode: str
    treatment: str
    genome_size: int
    sizes: Mapping[str, int]
    qvalue: float
    broad_qvalue: float
    fragment: FragmentLength
    options: str = ""
    control: str | None = None
    macs: str = "macs2"


def read_request(settings: Mapping[str, Any], inputs: Mapping[str, str]) -> CallRequest:
    """The request that a job is handed.

    settings: as `run.peaks.calling_settings` gives them. inputs: the paths of bam, bases and sizes, and of control
    and strands where the profile has them. Raises InputError for a file that is damaged.
    """
    handed = {key: value for key, value in settings.items() if key != "extsize"}
    found = {
        "treatment": inputs["bam"],
        "control": inputs.get("control"),
        "genome_size": read_size(inputs["bases"]),
        "sizes": read_sizes(inputs["sizes"]),
        "fragment": fragment_length(inputs.get("strands"), settings["extsize"]),
    }
    return read_settings(CallRequest, handed | found, "peaks")


def fragment_length(strands: str | None, extsize: int) -> FragmentLength:
    """The fragment length for peak calling, from the facts that rule correlate_strands left at `strands`.

    Pairs and cut sites need none, and have no such file. `extsize` (bp) stands in where the strands'
    cross-correlation has no peak. Raises InputError for a file that is damaged.
    """
    if strands is None:
        return FragmentLength(extsize, "peaks.extsize")
    found = read_json(strands)["fragment"]
    if found is None:
        return FragmentLength(extsize, "peaks.extsize: the strands' cross-correlation has no peak")
    return FragmentLength(int(found), "from the strands' cross-correlation")
