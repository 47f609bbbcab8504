"""Tracks of a sheet: where they lie in the grid of cell types and assays, and what is wrong between them."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol


class Measured(Protocol):
    """What of a profile says where its track lies."""

    @property
    def profile_id(self) -> str: ...
    @property
    def assay(self) -> str: ...
    @property
    def target(self) -> str: ...
    @property
    def cell_type(self) -> str: ...


def assay_of(profile: Measured) -> str:
    """The track's assay as the grid has it: the mark or protein where the sheet names one, else how reads were made."""
    return profile.target or profile.assay


def faults_of_tracks(tracks: Iterable[Measured]) -> list[str]:
    """Two tracks of one place, and names that differ by case or blanks alone; each with the profiles."""
    faults = []
    places: dict[tuple[str, str], str] = {}
    for one in tracks:
        place = (one.cell_type, assay_of(one))
        earlier = places.setdefault(place, one.profile_id)
        if earlier != one.profile_id:
            faults.append(
                f"profile {one.profile_id!r}: {place[1]} of {place[0]} is the track of {earlier!r} "
                "already; leave one of "
                "them, join the bigWigs of replicates, or name cell types apart"
            )
    for what, names in (("cell_type", [c for c, _ in places]), ("target", [a for _, a in places])):
        alike: dict[str, str] = {}
        for name in dict.fromkeys(names):
            other = alike.setdefault("".join(name.split()).casefold(), name)
            if other != name:
                faults.append(
                    f"column {what}: {name!r} and {other!r} differ by case or blanks alone; write them the same"
                )
    return faults


def named_files(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(key, path) of each file that the section `imputation` of a completed config names; none without the section."""
    told = config.get("imputation")
    if not told:
        return []
    found = [(f"imputation.{key}", told[key]) for key in ("regions", "blacklist", "genes", "enhancers")]
    if told["folds"]["method"] == "table":
        found.append(("imputation.folds.file", told["folds"]["file"]))
    return [(key, path) for key, path in found if path]
