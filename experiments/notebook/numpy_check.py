"""Rebuilds a model of example 5.1 from its checkpoint with NumPy alone, takes the
ETD1 steps of a prediction of the Go program, and compares.

    go run ./experiments/transient -predict CHECKPOINT -integrator etd1 \
        -initial initial.csv -times 0:1:0.1 -out prediction.npz
    python experiments/notebook/numpy_check.py CHECKPOINT prediction.npz
"""

import json
import pathlib
import sys

import numpy as np


def triangle(packed, n, diagonal=0):
    """The lower triangular matrix whose rows are packed one after the other."""
    m = np.zeros((n, n))
    m[np.tril_indices(n, diagonal)] = packed
    return m


def linear(w, c):
    """A_L = (-L^G L^G^T + L_s - L_s^T) L^S L^S^T + mu I, eqs. (3)-(5)."""
    n = c["dim"]
    G, S, s = triangle(w["linear/LG"], n), triangle(w["linear/LS"], n), triangle(w["linear/Ls"], n, -1)
    return (s - s.T - G @ G.T) @ S @ S.T + c["linear"]["shift"] * np.eye(n)


def bilinear(w, c):
    """g(u) = sum_r (C^(r) u) * (D^(r) u) + b, eq. (6)."""
    return lambda u: ((w["g/C"] @ u) * (w["g/D"] @ u)).sum(0) + w["g/b"]


def lipschitz(w, c):
    """The network of Definition 1 with linear output, and without its linear part
    at 0 where the configuration separates that: g(u) - g(0) - Dg(0) u."""
    c = c["nonlinear"]
    layers, b = len(c["hidden"]) + 1, []
    for i in range(layers):  # B = V / max(1, sqrt(|V|_inf |V|_1) / L^(1/p)), eq. (8)
        v = w[f"g/{i}/W"]
        nu = np.sqrt(np.linalg.norm(v, np.inf) * np.linalg.norm(v, 1))
        b.append(v / max(1, nu / c["lipschitz"] ** (1 / layers)))
    bias = [w[f"g/{i}/b"] if f"g/{i}/b" in w else 0 for i in range(layers)]

    def net(u):
        for i in range(layers - 1):
            u = np.tanh(u @ b[i] + bias[i])
        return u @ b[-1] + bias[-1]

    if not c.get("separate_linear"):
        return net
    y, derivative = np.zeros(len(b[0])), np.eye(len(b[0]))
    for i in range(layers - 1):
        y = np.tanh(y @ b[i] + bias[i])
        derivative = derivative @ b[i] * (1 - y**2)
    derivative, y = derivative @ b[-1], y @ b[-1] + bias[-1]
    return lambda u: net(u) - y - u @ derivative


def exponential(m):
    """e^m by its Taylor series, halved and squared; scipy.linalg.expm does it too."""
    halvings = max(0, int(np.ceil(np.log2(np.linalg.norm(m, 1) + 1e-300))))
    term = power = np.eye(len(m))
    for k in range(1, 20):
        term = term @ m / (k * 2**halvings)
        power = power + term
    return np.linalg.matrix_power(power, 2**halvings)


def etd1(a, g, u, h):
    """u+ = e^(hA) u + h phi_1(hA) g(u), eq. (17), by one augmented exponential."""
    m = np.block([[a, g(u)[:, None]], [np.zeros((1, len(u) + 1))]])
    return (exponential(h * m) @ np.append(u, 1))[:-1]


def main(checkpoint, prediction):
    c = json.loads((pathlib.Path(checkpoint) / "config.json").read_text())["model"]
    if c["autoencoder"] or c.get("offset") or c.get("factor") or c["linear"].get("rates"):
        sys.exit(f"{checkpoint}: want a model without an autoencoder, scaling or rates, as those of example 5.1")
    w = np.load(pathlib.Path(checkpoint) / "weights.npz")
    p = np.load(prediction)
    a, g = linear(w, c), {"bilinear": bilinear, "lipschitz": lipschitz}[c["nonlinear"]["kind"]](w, c)

    worst = 0.0
    for s in range(p["u"].shape[1]):
        u = p["u"][0, s]
        for k in range(1, len(p["t"])):
            u = etd1(a, g, u, p["t"][k] - p["t"][k - 1])
            worst = max(worst, abs(u - p["u"][k, s]).max())
    size = abs(p["u"]).max()
    print(f"{checkpoint}: A =\n{a}\n{len(p['t']) - 1} steps of ETD1 in NumPy and in Go differ by {worst:.1e}, states by up to {size:.2g}")
    # Some tens of operations a step, each with a rounding of 1e-16 of the states.
    if not worst <= 1e-13 * size:
        sys.exit("that is more than rounding")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
