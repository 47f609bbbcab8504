"""A run that is an imputation alone: its config has no genome, no splits and no strategies."""

from collections.abc import Callable, Mapping
from typing import Any

from epigroup.core.errors import InputError

# Stands where a FASTA would: no file, and the mark of a config that was completed so.
NO_FASTA = "no_genome.fa"
# What such a config may hold.
KEYS = ("name", "results", "samples", "imputation", "running")


def imputes_alone(config: Mapping[str, Any]) -> bool:
    """Whether a config, as its file has it or completed, is of such a run."""
    return "imputation" in config and not config.get("strategies")


def complete_alone(
    config: Mapping[str, Any], source: str, fill: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """The completed config of such a run, its strategies and groupings empty; one that is completed already as it is.

    fill: completes a whole config. Raises InputError for keys that say nothing here, an assembly or chromosomes that
    are not named, and what `fill` refuses.
    """
    if _is_completed(config):
        return dict(config)
    strange = [key for key in config if key not in KEYS]
    if strange:
        raise InputError(
            f"{source}: {', '.join(strange)}: a config without strategies is an imputation alone, which takes the keys "
            f"{', '.join(KEYS)}; leave out the others, or add strategies"
        )
    section = config["imputation"]
    if not isinstance(section, Mapping):
        raise InputError(f"{source}: imputation: value {section!r}: must be keys with values")
    lacking = [key for key in ("assembly", "chromosomes") if not section.get(key)]
    if lacking:
        raise InputError(
            "\n".join(
                f"{source}: imputation.{key}: is missing; without a section genome it must be named"
                for key in lacking
            )
        )
    whole = {
        **config,
        "genome": {"fasta": NO_FASTA, "assembly": section["assembly"], "chromosomes": ["none"]},
        "splits": {"validation": [{"chrom": "none", "end": 1}], "test": [{"chrom": "none", "start": 1}]},
        "groupings": {"all": {"method": "all"}},
        "strategies": {"ALL": {"grouping": "all"}},
    }
    full = fill(whole)
    genome = full["genome"] | {"chromosomes": full["imputation"]["chromosomes"]}
    return full | {"genome": genome, "strategies": {}, "groupings": {}}


def _is_completed(config: Mapping[str, Any]) -> bool:
    genome = config.get("genome")
    return isinstance(genome, Mapping) and genome.get("fasta") == NO_FASTA
