"""Which files of each profile a genome browser shows."""

from typing import Any

from epigroup.run.data.peaks import pileups
from epigroup.run.facts import Run


def signals_of(run: Run, profile: str) -> dict[str, str]:
    """bigWigs of a profile by what they hold: made of its reads, or given."""
    one = run.profiles[profile]
    found = pileups(run, profile) if one.kind != "peaks" else {}
    return found | ({"signal": one.signal} if one.signal else {})


def all_signals(run: Run) -> list[str]:
    return [path for name in run.tasks for path in signals_of(run, name).values()]


def shown_profiles(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "profile_id": name,
            "modality": run.profiles[name].modality,
            "label": ", ".join(filter(None, (run.profiles[name].target, run.profiles[name].cell_type))),
            "peaks": run.path("peaks/standard", f"{name}.narrowPeak.gz"),
            "bigbed": run.path("tracks/peaks", f"{name}.bb"),
            "signals": signals_of(run, name),
        }
        for name in run.tasks
    ]


def track_settings(run: Run) -> dict[str, Any]:
    return {
        "name": run.config["name"],
        "assembly": run.config["genome"]["assembly"],
        "chromosome": run.chromosomes[0],
        "email": run.config["tracks"]["email"],
        "profiles": shown_profiles(run),
    }
