"""PCGrad (Yu et al. 2020, Algorithm 1): the gradient of each task goes, in random order, through all others;
where it conflicts with one, g_i . g_j < 0, its part along g_j is taken away,

    g_i <- g_i - (g_i . g_j) / |g_j|^2 g_j,

g_j being the other's gradient as it was. The shared weights descend the mean of what is left (the paper: the
sum), with the optimiser of the network.

Every projected gradient is a combination of the given ones, and inner products with it follow from those of
the given ones: so the work is on T x T numbers, and no second set of gradients is held.
"""

import numpy as np
import torch

from epigroup.training.balancing.gradients import CombinedGradients


class ProjectedGradients(CombinedGradients):
    def combine(self, products: torch.Tensor, step: int) -> torch.Tensor:
        rng = np.random.default_rng([self.key, step])
        return torch.from_numpy(projected(products.numpy(), rng).sum(0))


def projected(products: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """float64 (T, T): row i holds the coefficients, over the given gradients, of the projected gradient of
    task i. products: (T, T) inner products. Each row goes through the others in an order of its own.
    """
    n = len(products)
    found = np.eye(n)
    for i in range(n):
        for j in rng.permutation(n):
            along = found[i] @ products[:, j]
            if j != i and along < 0:
                found[i, j] -= along / products[j, j]
    return found
