"""The mean label of the other tasks in the same bin: it looks at the test set, and shows how far that alone goes.

Schreiber, Singh, Bilmes & Noble 2020 (Genome Biology 21:282): models that predict across cell types and loci must be
held against the average activity, which is often hard to beat. Here it is no rival of a network that sees DNA only.
"""

import numpy as np

from epigroup.baselines.material import Bins, Material, Predictor
from epigroup.baselines.mean_prediction import others_mean


def predictor(material: Material) -> Predictor:
    """Learns nothing: reads the labels of the bins that are scored."""

    def predict(bins: Bins) -> np.ndarray:
        return others_mean(bins.labels.astype(np.float32))

    return predict
