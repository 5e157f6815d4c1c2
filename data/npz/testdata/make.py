"""Writes numpy.npz and texts.npz, which npz_test.go reads: python make.py, with NumPy 2."""

import os

import numpy as np

n = np.arange(6)
arrays = {
    "g/0/W": np.reshape([1, 2, 3, 4, 5, -0.1], (2, 3)),
    "g/0/b": np.array([np.inf, -0.0, 5e-324]),
    "C": np.arange(8.0).reshape(2, 2, 2),
    "step": np.array(17.0),
    "history": np.zeros((0, 5)),
    "fortran": np.asfortranarray(n.reshape(2, 3) + 0.5),
    "fortran 3-D": np.asfortranarray(n.reshape(1, 3, 2)),
}
for kind in "f4 i1 i2 i4 i8 u1 u2 u4 u8".split():
    for order in "<>":
        arrays[order + kind] = np.array([0, 1, 100 if kind[0] == "u" else -100], order + kind)
# 1, the largest, the least, -2, and one that is not a sum of few powers of two
arrays["<f2"] = np.array([1, 65504, 6e-8, -2, 1 / 3], "<f2")
arrays[">f2"] = arrays["<f2"].astype(">f2")
arrays["b1"] = np.array([True, False])
np.savez_compressed(os.path.join(os.path.dirname(__file__), "numpy.npz"), **arrays)
np.savez(os.path.join(os.path.dirname(__file__), "texts.npz"), names=np.array(["x", "größe", ""]), bytes=np.array([[b"ab"], [b"c"]]), number=np.array(1.0))
