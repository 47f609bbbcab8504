"""Nash-MTL (Navon et al. 2022, section 3): the tasks bargain over the direction of the step. The Nash solution is
sum_t a_t g_t with a > 0 and

    G'G a = 1 / a,

G'G the inner products of the tasks' gradients. The paper approaches a by convex programs one after another.
Here it is found outright: G'G a - 1/a is the slope of the strictly convex a' G'G a / 2 - sum log a, whose
minimum Newton's method reaches. As in the paper's code G'G is divided by its Frobenius norm first, so that a
does not depend on the scale of the gradients.

Where gradients all but cancel (a Pareto stationary point) no a solves this; so 1e-6 is added to the diagonal. The
shared weights descend sum_t a_t g_t / T, which is never longer than the root mean square of the g_t. With
`balancing_every` n, a is worked out in every n-th step and kept between, as the paper does to save time.
"""

import numpy as np
import torch

from epigroup.networks.networks import Network
from epigroup.training.balancing.balancer import option
from epigroup.training.balancing.gradients import CombinedGradients, descend_heads, shared_parameters
from epigroup.training.settings import TrainingSettings

RIDGE = 1e-6
TOLERANCE, ITERATIONS = 1e-9, 500


class NashBargain(CombinedGradients):
    def __init__(self, settings: TrainingSettings, network: Network, n_tasks: int, key: int) -> None:
        super().__init__(settings, network, n_tasks, key)
        self.every = option(settings.balancing_every, "balancing_every")

    def backward(self, losses: torch.Tensor, logits: torch.Tensor, step: int) -> None:
        if step % self.every == 0:
            super().backward(losses, logits, step)
            return
        shared = shared_parameters(self.network)
        found = torch.autograd.grad((self.weights * losses).mean(), shared, retain_graph=True)
        for parameter, gradient in zip(shared, found, strict=True):
            parameter.grad = gradient
        descend_heads(losses, self.network)

    def combine(self, products: torch.Tensor, step: int) -> torch.Tensor:
        return torch.from_numpy(bargain(products.numpy()))


def bargain(products: np.ndarray) -> np.ndarray:
    """float64 (T,): a, positive, of the products (T, T) over their Frobenius norm. All 1 where every gradient
    is 0 or one is not finite (the loss will say so).
    """
    norm = np.linalg.norm(products)
    if not np.isfinite(norm) or norm == 0:
        return np.ones(len(products))
    return solve(products / norm + RIDGE * np.eye(len(products)))


def solve(matrix: np.ndarray) -> np.ndarray:
    """float64 (T,): the a > 0 with matrix a = 1 / a, of a symmetric positive definite matrix (T, T).

    Newton's method with a line search, on relative changes of a.
    """

    def height(a: np.ndarray) -> float:
        return a @ matrix @ a / 2 - np.log(a).sum()

    a = 1 / np.sqrt(np.diag(matrix))
    for _ in range(ITERATIONS):
        slope = a * (matrix @ a) - 1
        if np.abs(slope).max() < TOLERANCE:
            break
        relative = np.linalg.solve(a[:, None] * matrix * a + np.eye(len(a)), -slope)
        length, here, fall = min(1.0, 0.9 / max(-relative.min(), 1e-300)), height(a), relative @ slope
        while height(a * (1 + length * relative)) > here + 0.25 * length * fall and length > 1e-10:
            length /= 2
        a = a * (1 + length * relative)
    return a
