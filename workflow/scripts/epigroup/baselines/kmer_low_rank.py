"""Ridge regression of low rank over the tasks on 6-mers near the bin and in the whole
window: tasks share what few directions tell."""

from epigroup.baselines.kmer import K, kmer_features
from epigroup.baselines.material import Material, Predictor
from epigroup.baselines.ridge import choose_rank, recalibrated, spectrum_of, summarise


def predictor(material: Material, k: int = K) -> Predictor:
    """One regression of all tasks, of the penalty and rank that explain most of the validation labels."""
    features = kmer_features(material, k)
    train, held_out = (summarise(features, bins) for bins in (material.train, material.validation))
    weights = choose_rank(spectrum_of(train), held_out, material.ridge, material.ranks)
    return recalibrated(features, train, weights, material)
