"""What the config says of strata and of predictions from elsewhere, held against itself."""

from collections.abc import Mapping
from typing import Any

from epigroup.core.errors import InputError


def check_strata(config: Mapping[str, Any], source: str) -> None:
    """InputError: edges that do not ascend, a preset beside edges, targets that are signals."""
    if config["dataset"]["targets"] == "signal":
        for key in ("strata", "external"):
            if config.get(key):
                raise InputError(
                    f"{source}: {key}: is for labels, and dataset.targets is signal; leave it out"
                )
    section = config.get("strata")
    if section is None:
        return
    if config["dataset"]["targets"] == "signal":
        raise InputError(
            f"{source}: strata: scores by stratum are those of labels, and dataset.targets is signal; leave the "
            "section out"
        )
    for key in ("edges", "tss_edges"):
        edges = section[key]
        if edges and sorted(edges) != edges:
            raise InputError(f"{source}: strata.{key}: {edges} do not ascend; list them from low to high")
    if section["preset"] and section["edges"]:
        raise InputError(
            f"{source}: strata.preset: '{section['preset']}' has edges of its own; give it or strata.edges"
        )
