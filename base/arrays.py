"""The types of arrays that every room shares."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SmallFloats = NDArray[np.float32]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
