"""Writes the .mat files that mat_test.go and data's tests read: python make.py, with SciPy."""

import os

import numpy as np
from scipy.io import savemat

here = os.path.dirname(os.path.abspath(__file__))
n = np.arange(6)
cell = np.empty(2, object)
cell[0], cell[1] = np.array([[1.5, 2.5]]), np.array([[1, 2], [3, 4]], "i2")
deep = np.empty((2, 2), object)
deep[0, 0], deep[0, 1], deep[1, 0], deep[1, 1] = 1.0, "text", cell, np.zeros((0, 3))
everything = {
    "matrix": n.reshape(2, 3) + 0.5,
    "cube": np.arange(24.0).reshape(2, 3, 4),
    "vector": np.array([np.nan, np.inf, -0.0]),
    "number": 17.0,
    "empty": np.zeros((0, 5)),
    "cell": cell,
    "deep": deep,
    "word": "hello",
    "words": np.array(["ab", "cde"]),
    "bool": np.array([True, False]),
    "struct": {"t": 1.0, "u": np.eye(2)},
    "complex": np.array([1 + 2j]),
}
for kind in "f4 i1 i2 i4 i8 u1 u2 u4 u8".split():
    everything[kind] = np.array([0, 1, 100 if kind[0] == "u" else -100], kind)
savemat(os.path.join(here, "plain.mat"), everything)
savemat(os.path.join(here, "compressed.mat"), everything, do_compression=True)

# Data sets: cells of arrays, and the same trajectories one after the other.
t = [np.array([0.0, 0.5, 1.0]), np.array([0.0, 2.0])]
u = [np.array([[1.0, 10.0], [2.0, np.nan], [3.0, 30.0]]), np.array([[4.0, 40.0], [5.0, 50.0]])]
ct, cu, names = np.empty(2, object), np.empty(2, object), np.empty(2, object)
for s in range(2):
    ct[s], cu[s] = t[s], u[s]
names[0], names[1] = "x", "velocity"
savemat(os.path.join(here, "cells.mat"), {"t": ct, "u": cu, "components": names}, do_compression=True)
savemat(os.path.join(here, "offsets.mat"),
        {"t": np.concatenate(t), "u": np.concatenate(u), "offsets": [0, 3, 5], "components": ["x", "velocity"], "p": [[300.0], [400.0]], "parameters": ["T"]})
savemat(os.path.join(here, "shared.mat"), {"t": np.arange(3), "u": np.arange(12).reshape(3, 2, 2)}, do_compression=True)
