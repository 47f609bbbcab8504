"""What an imputation means before anything runs: tracks, folds, hours and bytes."""

from collections.abc import Sequence
from dataclasses import dataclass

from epigroup.imputation.weights import ENSEMBLE
from epigroup.run import imputation
from epigroup.run.facts import Run

# Measured on 20 tracks of 1,126,469 bins, one core of an AMD EPYC: bytes of a value, and seconds a million of values.
VALUE_BYTES, BIGWIG_BYTES = 1.3, 5.3
SECONDS_BINNED, SECONDS_READ, SECONDS_JUDGED, SECONDS_WRITTEN = 0.12, 0.02, 0.4, 0.04
# A bin of one track with what all models impute, and orders and ranks of one, as a fold is judged.
BYTES_JUDGED = 150


@dataclass(frozen=True)
class ImputationPlan:
    """bins: of all chromosomes, without regard to regions and blacklist; None where no bigWig is there yet."""

    tracks: int
    cell_types: int
    assays: int
    folds: int
    models: Sequence[str]
    written: int
    bins: int | None

    @property
    def hours(self) -> float:
        """Of one core."""
        millions = (self.bins or 0) / 1e6
        judged = self.tracks * (self.tracks * SECONDS_READ + (len(self.models) + 1) * SECONDS_JUDGED)
        written = self.written * self.tracks * SECONDS_WRITTEN
        return (self.tracks * SECONDS_BINNED + judged + written) * millions / 3600

    @property
    def tensor_bytes(self) -> float:
        return (self.bins or 0) * self.tracks * VALUE_BYTES

    @property
    def bigwig_bytes(self) -> float:
        return (self.bins or 0) * self.written * BIGWIG_BYTES

    @property
    def memory(self) -> float:
        """Bytes of the largest job, which judges a fold."""
        return 3e8 + (self.bins or 0) * BYTES_JUDGED


def plan_imputation(run: Run) -> ImputationPlan | None:
    """None without the section."""
    if not imputation.imputes(run):
        return None
    places = imputation.places(run)
    return ImputationPlan(
        len(places), len(places.cell_types), len(places.assays), len(imputation.fold_names(run)),
        imputation.models(run), len(imputation.imputed_places(run)), imputation.count_all_bins(run),
    )  # fmt: skip


def describe_imputation(plan: ImputationPlan | None) -> list[str]:
    """The lines of a plan on it; none without."""
    if plan is None:
        return []
    lines = [
        "",
        "Imputation",
        f"  {plan.tracks} tracks of {plan.cell_types} cell types and {plan.assays} assays, {plan.folds} folds, "
        f"{len(plan.models)} models and their {ENSEMBLE}; {plan.written} bigWigs to write",
    ]
    if plan.bins is None:
        return [*lines, "  hours, disk and memory: not known until a bigWig is there"]
    return [
        *lines,
        f"  at most {plan.bins:,} bins: about {plan.hours:.2g} core-hours, of which folds run side by side",
        f"  disk about {(plan.tensor_bytes + plan.bigwig_bytes) / 1e9:.2g} GB (bins of tracks "
        f"{plan.tensor_bytes / 1e9:.2g} GB, imputed bigWigs {plan.bigwig_bytes / 1e9:.2g} GB); memory "
        "of the largest job "
        f"{plan.memory / 1e9:.2g} GB",
    ]
