"""Array types that all rooms share."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SmallFloats = NDArray[np.float32]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
