"""What the config says of strata, held against itself."""

from epigroup.errors import InputError


def check_strata(config: dict, source: str) -> None:
    """InputError: edges that do not ascend, a preset beside edges."""
    section = config.get("strata")
    if section is None:
        return
    for key in ("edges", "tss_edges"):
        edges = section[key]
        if edges and sorted(edges) != edges:
            raise InputError(f"{source}: strata.{key}: {edges} do not ascend; list them from low to high")
    if section["preset"] and section["edges"]:
        raise InputError(
            f"{source}: strata.preset: '{section['preset']}' has edges of its own; give it or strata.edges"
        )
