"""What decides a data set's examples, but for the files: the section `dataset` of the config as a record."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LabelSettings:
    """Bins, their labels, and which of them are examples; lengths in bp.

    bin_size, window, min_overlap: of a bin, of the sequence that a network reads around it, and of its overlap with one
    peak that makes it positive. training_regions, negatives_share, seed: see `bin_sets.training_bins`;
    evaluation_regions: see `bin_sets.evaluation_sets`. max_n_fraction: bins whose window has a larger share of other
    letters than A, C, G, T are no examples. blacklist: BED of regions whose bins are none either, its contigs named
    as `contig_names` says (see `contigs.accepted_names`). signal_transform: a key of `signals.TRANSFORMS`.
    """

    bin_size: int
    window: int
    min_overlap: int
    training_regions: str
    negatives_share: float
    evaluation_regions: str
    max_n_fraction: float
    seed: int
    blacklist: str | None = None
    contig_names: str = "as_given"
    signal_transform: str = "none"
