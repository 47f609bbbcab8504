"""What the stage is told: the section `imputation` of the config as records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FoldSettings:
    """Which tracks are held out together.

    method: "k_fold", "held_out" (one fold), "one_by_one" or "table". k: folds of k_fold. seed: of k_fold and of the
    choice of validation tracks. validation: share (0 to below 1) of a fold's other tracks by which models are chosen.
    held_out: task ids of the test tracks, for held_out. file: a table task_id, fold, role, for table.
    """

    method: str = "k_fold"
    k: int = 5
    seed: int = 1
    validation: float = 0.2
    held_out: tuple[str, ...] = ()
    file: str | None = None


@dataclass(frozen=True)
class TensorSettings:
    """What the bins of the tensor are and how their values are made.

    bin_size: bp. transform: a key of `transforms.TRANSFORMS`. values: "log10_p" (-log10 p) or "other". no_data:
    "missing" (a bin's value is the mean of its bases that have one) or "zero" (bases without a value count as 0).
    regions, blacklist: BED of the regions to keep and to leave out, or None; contig_names: how they may name
    chromosomes (see `contigs.accepted_names`).
    """

    bin_size: int = 25
    transform: str = "arcsinh"
    values: str = "log10_p"
    no_data: str = "missing"
    regions: str | None = None
    blacklist: str | None = None
    contig_names: str = "as_given"


@dataclass(frozen=True)
class JudgeSettings:
    """Intervals of scores: block (bp) is the stretch that is drawn, draws how often, seed of the drawing."""

    block: int = 100_000
    draws: int = 1000
    seed: int = 1


MODELS = (
    "constant", "average", "nearest_cell_type", "scaled_average", "cell_regression", "residual_regression",
    "linear_factorisation",
)  # fmt: skip


@dataclass(frozen=True)
class ImputationSettings:
    """The whole section; keys that are not named here are those of `TensorSettings` and `JudgeSettings`.

    assembly, chromosomes: where the config has no section genome. genes: GTF, enhancers: BED, of the measures that need
    them, or None. models: names of `models.MODELS`. imputed: "missing", "none", "all" or names of places
    (`places.place_name`). factorisation: the section of the deep factorisation as it stands, or None.
    """

    assembly: str | None = None
    chromosomes: tuple[str, ...] | None = None
    bin_size: int = 25
    transform: str = "arcsinh"
    values: str = "log10_p"
    no_data: str = "missing"
    regions: str | None = None
    blacklist: str | None = None
    contig_names: str = "as_given"
    genes: str | None = None
    enhancers: str | None = None
    folds: FoldSettings = field(default_factory=FoldSettings)
    models: tuple[str, ...] = MODELS
    block: int = 100_000
    draws: int = 1000
    seed: int = 1
    imputed: str | tuple[str, ...] = "missing"
    factorisation: Mapping[str, Any] | None = None

    @property
    def tensor(self) -> TensorSettings:
        return TensorSettings(
            self.bin_size, self.transform, self.values, self.no_data, self.regions, self.blacklist,
            self.contig_names,
        )  # fmt: skip

    @property
    def judge(self) -> JudgeSettings:
        return JudgeSettings(self.block, self.draws, self.seed)
