"""Running the checks, and the tables of what they found."""

import json
import logging
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pandas as pd

from epigroup import audit
from epigroup.audit.finding import Finding, worst
from epigroup.core.files import whole
from epigroup.core.text_files import as_read, read_json, sealed

log = logging.getLogger(__name__)

SOURCE = "Whalen et al. 2022, as listed in Nehal 2024, chapter 8"
COLUMNS = ["check", "title", "verdict", "figure", "advice", "pitfall"]


def run_checks(checks: Mapping[str, tuple[str, str, str]], inputs: Mapping, cfg: Mapping) -> list[dict]:
    """What each check of a registry finds: COLUMNS and details."""
    found = []
    for name, (entry, title, pitfall) in checks.items():
        module, function = entry.split(":")
        finding: Finding = getattr(import_module(module), function)(inputs, cfg)
        log.info("%s: %s. %s", title, finding.verdict, finding.figure)
        found.append(
            {"check": name, "title": title, "verdict": finding.verdict, "figure": finding.figure,
             "advice": finding.advice, "pitfall": pitfall, "details": finding.details}
        )  # fmt: skip
    return found


def audit_dataset(inputs: Mapping, out: str | Path, cfg: Mapping) -> None:
    """Write what the checks of the data set find, as JSON. inputs and cfg: as the checks of `audit.DATASET`."""
    findings = as_read(_plain(run_checks(audit.DATASET, inputs, cfg)))
    with whole(out) as path:
        path.write_text(json.dumps(sealed({"findings": findings}), indent=1) + "\n", encoding="utf-8")


def audit_run(inputs: Mapping, table_out: str | Path, json_out: str | Path, cfg: Mapping) -> None:
    """Write audit.tsv (COLUMNS) and audit.json (verdict, source, findings with details) of a whole run.

    inputs: found (what `audit_dataset` wrote) and those of the checks of `audit.RUN`.
    """
    findings = [*read_json(inputs["found"])["findings"], *_plain(run_checks(audit.RUN, inputs, cfg))]
    table = pd.DataFrame([{key: one[key] for key in COLUMNS} for one in findings], columns=COLUMNS)
    with whole(table_out) as path:
        table.to_csv(path, sep="\t", index=False)
    about = {"verdict": worst([one["verdict"] for one in findings]), "source": SOURCE, "findings": findings}
    with whole(json_out) as path:
        path.write_text(json.dumps(sealed(as_read(about)), indent=1) + "\n", encoding="utf-8")


def _plain(value):
    """The value in JSON's own types; NaN becomes null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and value != value else value
