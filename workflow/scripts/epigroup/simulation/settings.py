"""The section `simulation` of the config as records: what makes the genome, and what makes reads of it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GenomeSettings:
    """A simulated genome; lengths in bp.

    conflict: latent groups use the same motifs with opposite signs. chromosome_length: of each of `chromosomes`.
    spacing: mean distance of elements, moved by up to a sixth of it; flank: motifs lie this close to an element's
    centre. conservation: chance of the commonest base at each of the motif_width positions. motif_chance: of each motif
    in an element, which holds so many copies of it. effect: log-odds that a motif adds or takes. open_share: of a
    context's elements, those open to a task; shared_chance: of all elements, those open to all tasks of their context.
    bin_size, min_overlap: of the data set, whose labels' chances the truth tells.
    """

    seed: int
    conflict: bool
    chromosome_length: int
    spacing: int
    flank: int
    motif_width: int
    conservation: float
    motif_chance: float
    copies: int
    effect: float
    open_share: float
    shared_chance: float
    chromosomes: tuple[str, ...]
    bin_size: int
    min_overlap: int


@dataclass(frozen=True)
class ReadSettings:
    """Reads of `read_length` bp: how many fragments a site has on average in a replicate, and 1000 bp of the
    background."""

    seed: int
    read_length: int
    fragments_per_site: float
    background_per_kb: float
