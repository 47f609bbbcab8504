"""What values of a track become before anything is fitted to them, and the way back.

The paper imputes and scores arcsinh(mean -log10 p) (Avocado 2019, 4.1), which is a line near 0 and a logarithm beyond.
"""

from collections.abc import Callable

import numpy as np

Transform = Callable[[np.ndarray], np.ndarray]


def _unchanged(values: np.ndarray) -> np.ndarray:
    return values


# Name -> (forward, back); float arrays of any shape, NaN stays NaN. log1p is for values above -1.
TRANSFORMS: dict[str, tuple[Transform, Transform]] = {
    "arcsinh": (np.arcsinh, np.sinh),
    "log1p": (np.log1p, np.expm1),
    "none": (_unchanged, _unchanged),
}
