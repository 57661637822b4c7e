"""The types of arrays and of points that every room shares."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
HalfFloats = NDArray[np.float16]
SmallFloats = NDArray[np.float32]
Ints = NDArray[np.intp]
LongInts = NDArray[np.int64]
Bools = NDArray[np.bool_]
