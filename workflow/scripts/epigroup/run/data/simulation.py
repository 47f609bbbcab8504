"""What the simulation is told."""

from typing import Any

from epigroup.run.facts import Run
from epigroup.run.settings import settings

# The section's keys that concern reads; the others make genome and sites.
READ_KEYS = ("read_length", "fragments_per_site", "background_per_kb")


def simulated_peaks(run: Run) -> list[str]:
    """Peak files of the sheet that the simulation makes."""
    paths = [run.profiles[task].replicates[0].peaks for task in run.all_tasks]
    return [path for path in paths if path and path.startswith(run.path("simulation", ""))]


def genome_settings(run: Run) -> dict[str, Any]:
    made = simulated_peaks(run)
    rows = []
    for task in run.all_tasks:
        profile = run.profiles[task]
        path = profile.replicates[0].peaks
        facts = {key: getattr(profile, key) for key in ("profile_id", "modality", "cell_group", "peak_mode")}
        rows.append(facts | {"peaks": path if path in made else None})
    return {
        **{key: value for key, value in settings(run, "simulation").items() if key not in READ_KEYS},
        "chromosomes": run.chromosomes,
        "bin_size": run.config["dataset"]["bin_size"],
        "min_overlap": run.config["dataset"]["min_overlap"],
        "profiles": rows,
    }


def read_settings(run: Run, profile: str, replicate: str = "1") -> dict[str, Any]:
    one = run.profiles[profile]
    return {
        **{key: run.config["simulation"][key] for key in ("seed", *READ_KEYS)},
        "profile": {key: getattr(one, key) for key in ("profile_id", "assay", "modality", "peak_mode")},
        "replicate": int(replicate),
    }
