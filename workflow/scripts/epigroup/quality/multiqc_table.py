"""What MultiQC is told: how it shows a run, and the figures of quality as a table of its page (its custom content)."""

import json
import os

import pandas as pd

from epigroup.core.files import whole
from epigroup.quality.measures import MEASURES

# Its settings (https://docs.seqera.io/multiqc/getting_started/config).
SETTINGS = {
    "subtitle": "Quality of reads, alignments and peaks",
    "intro_text": "What fastp, Bowtie 2 and samtools say of every replicate, and the figures of every profile.",
    "report_section_order": {"epigroup": {"order": 1000}},
    # fastp names a sample by the file that it read: the same for several replicates.
    "use_filename_as_sample_name": ["fastp"],
    # MultiQC 1.35 looks for a line that begins with a caret.
    "sp": {"samtools/markdup_txt": {"contents": ["COMMAND:", "samtools markdup"], "num_lines": 2}},
    # The page is passed on: no paths of this machine, no buttons that send it to a service.
    "show_analysis_paths": False,
    "no_ai": True,
}

WORDS = {
    "grade": (
        "Grade",
        "Worst grade of the profile's figures, by the thresholds that ENCODE publishes for its assay.",
    ),
    "warned": ("Warned", "Figures with the grade warn."),
    "failed": ("Failed", "Figures with the grade fail."),
}


def write_multiqc(out: str | os.PathLike, summary: pd.DataFrame) -> None:
    """Write the summary (a row a profile, as `tables.gather_quality` makes it) below a head that says how it is shown.

    The head is YAML behind `# `: titles, meanings and number formats of the columns.
    """
    headers: dict[str, dict[str, str | bool]] = {
        name: {"title": title, "description": text} for name, (title, text) in WORDS.items()
    }
    headers |= {
        name: {"title": one.title, "description": one.meaning.replace("`", ""), "format": one.form}
        | ({} if one.shown else {"hidden": True})
        for name, one in MEASURES.items()
        if name in summary
    }
    head = {
        "id": "epigroup",
        "section_name": "Profiles",
        "description": "Figures and grades of every profile. Of several replicates the worst; FRiP, NSC, RSC, "
        "fragments and peaks of the pooled reads.",
        "plot_type": "table",
        "pconfig": {"id": "epigroup_profiles", "title": "Profiles", "col1_header": "Profile", "scale": False},
        "headers": headers,
    }
    with whole(out) as partial:
        lines = "".join(f"# {key}: {json.dumps(value)}\n" for key, value in head.items())
        partial.write_text(
            lines + summary.to_csv(sep="\t", index=False, float_format="%.6g", na_rep="NA"), encoding="utf-8"
        )
