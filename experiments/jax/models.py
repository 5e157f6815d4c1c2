"""The models of rows.json in JAX: du/dt = Au + g(u) behind an autoencoder, stepped by ETD1.

A worker for compare.py: a line with a row's name and dtype comes in, a line with the
milliseconds of an iteration (gradient and update) or a prediction goes out.
"""
import functools
import json
import os
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax

ROWS = json.load(open(os.path.join(os.path.dirname(__file__), "rows.json")))


def grid(row):
    """The times of a row; those of a prediction are 0.1 apart."""
    if "times" in row:
        return np.array(row["times"])
    if "decades" in row:
        first, last, n = row["decades"]
        return np.geomspace(first, last, n)
    return np.arange(row["steps"] + 1) * (0.1 if "predict" in row else 1.0)


def network(rng, sizes, last=1.0):
    gains = [1.0] * (len(sizes) - 2) + [last]
    return [(gain * rng.normal(size=(a, b)) / np.sqrt(a), np.zeros(b)) for a, b, gain in zip(sizes, sizes[1:], gains)]


def start(row, dtype):
    """Parameters, and the fixed pairs of a linear autoencoder."""
    rng = np.random.default_rng(0)
    dim, n = row["dim"], row.get("latent") or row["dim"]
    p = {
        "S": np.diag(np.sqrt(row.get("rates", np.ones(n)))) + 0.01 * np.tril(rng.normal(size=(n, n)), -1) * ("rates" not in row),
        "G": np.eye(n), "U": np.zeros((n, n)),
        "g": network(rng, [n, *row["field"], n], 0.0 if "rates" in row else 1.0),
    }
    if "hidden" in row:
        p["encoder"] = network(rng, [dim, *row["hidden"], n], 0.1)
        p["decoder"] = network(rng, [n, *row["hidden"], dim], 0.1)
    pairs = rng.normal(size=(dim, n)) / np.sqrt(dim) if "pairs" in row else None
    cast = functools.partial(jax.tree_util.tree_map, lambda x: jnp.asarray(x, dtype))
    return cast(p), cast(pairs)


def linear(p, shift):
    """A = (−GGᵀ + U − Uᵀ) SSᵀ + μ, whose eigenvalues have real parts below μ."""
    S, G, U = jnp.tril(p["S"]), jnp.tril(p["G"]), jnp.tril(p["U"], -1)
    return (-G @ G.T + U - U.T) @ (S @ S.T) + shift * jnp.eye(len(S), dtype=S.dtype)


def propagators(A, steps):
    """e^{hA} and hφ₁(hA) for each h. Steps over many decades in one stack: Taylor, then doublings."""
    n = len(A)
    if len(steps) < 10:
        M = jnp.zeros((2 * n, 2 * n), A.dtype).at[:n, :n].set(A).at[:n, n:].set(jnp.eye(n, dtype=A.dtype))
        E = jax.vmap(lambda h: jax.scipy.linalg.expm(h * M))(steps)
        return E[:, :n, :n], E[:, :n, n:]
    product = lambda a, b: (a[..., :, :, None] * b[..., None, :, :]).sum(-2)  # of small matrices, faster than @
    s = jnp.maximum(0, jnp.ceil(jnp.log2(steps * jax.lax.stop_gradient(jnp.abs(A).sum(0).max()))) + 1)
    h, I = (steps * 2.0**-s)[:, None, None], jnp.eye(n, dtype=A.dtype)
    X = h * A
    F = I + X / 13
    for k in range(12, 1, -1):
        F = I + product(X, F) / k
    E, F = I + product(X, F), h * F

    def double(EF, k):
        (E, F), more = EF, (k < s)[:, None, None]
        return (jnp.where(more, product(E, E), E), jnp.where(more, F + product(E, F), F)), None

    return jax.lax.scan(double, (E, F), jnp.arange(44))[0]


def lipschitz(layers, bound):
    """Weights of a field whose layers have norms of at most bound^(1/layers)."""
    each = bound ** (1 / len(layers))
    norm = lambda W: jnp.sqrt(jnp.abs(W).sum(0).max() * jnp.abs(W).sum(1).max() + 1e-30)
    return [(W / jnp.maximum(1.0, norm(W) / each), b) for W, b in layers]


def apply(layers, x, last=False):
    for i, (W, b) in enumerate(layers):
        x = x @ W + b
        if last or i < len(layers) - 1:
            x = jnp.tanh(x)
    return x


def encode(p, pairs, u):
    z = apply(p["encoder"], u) if "encoder" in p else 0.0
    return z + u @ pairs if pairs is not None else (z if "encoder" in p else u)


def decode(p, pairs, z):
    u = apply(p["decoder"], z) if "decoder" in p else 0.0
    return u + z @ pairs.T if pairs is not None else (u if "decoder" in p else z)


def predict(row, p, pairs, u0, times):
    A, g = linear(p, row.get("shift", 0.0)), lipschitz(p["g"], row["lipschitz"])
    scale = jnp.diag(jnp.tril(p["S"])) ** 2 if "rates" in row else 1.0
    field = lambda z: apply(g, z, row.get("field_tanh", False)) * scale
    z0 = encode(p, pairs, u0)
    if row.get("solver") == "kvaerno5":
        z = implicit(A, field, z0, times)
    else:
        steps = times[1:] - times[:-1]
        if "steps" in row:  # equal ones: their propagators once
            E, F = propagators(A, steps[:1])
            step = lambda z, _: ((y := z @ E[0].T + field(z) @ F[0].T), y)
            z = jax.lax.scan(step, z0, length=row["steps"], unroll=8 if row["steps"] == 8 else 1)[1]
        else:
            step = lambda z, EF: ((y := z @ EF[0].T + field(z) @ EF[1].T), y)
            z = jax.lax.scan(step, z0, propagators(A, steps))[1]
        z = jnp.concatenate([z0[None], z])
    return decode(p, pairs, z)


def implicit(A, field, z0, times):
    """Each state by itself through an adaptive, implicit method, as a neural ODE usually is."""
    import diffrax

    term = diffrax.ODETerm(lambda t, z, _: A @ z + field(z))
    solve = lambda z: diffrax.diffeqsolve(
        term, diffrax.Kvaerno5(), times[0], times[-1], times[1] - times[0], z, max_steps=1000,
        saveat=diffrax.SaveAt(ts=times), stepsize_controller=diffrax.PIDController(rtol=1e-4, atol=1e-6)).ys
    return jnp.moveaxis(jax.vmap(solve)(z0), 0, 1)


def soap(rate, b1=0.9, b2=0.999, decay=0.95):
    """SOAP: Adam in the eigenbases of averages of GGᵀ and GᵀG, which renew() turns."""

    def init(p):
        zero = lambda: jax.tree_util.tree_map(jnp.zeros_like, p)
        eyes = jax.tree_util.tree_map(lambda w: tuple(jnp.eye(n, dtype=w.dtype) for n in w.shape) if w.ndim == 2 else (), p)
        return {"t": 0, "m": zero(), "v": zero(), "factors": jax.tree_util.tree_map(lambda x: 0 * x, eyes), "bases": eyes}

    def update(g, s, p):
        t, leaves = s["t"] + 1, jax.tree_util.tree_flatten(g)
        get = lambda tree: leaves[1].flatten_up_to(tree)
        out = []
        for g, m, v, f, q in zip(leaves[0], get(s["m"]), get(s["v"]), get(s["factors"]), get(s["bases"])):
            turn = (lambda x: q[0].T @ x @ q[1]) if q else (lambda x: x)
            back = (lambda x: q[0] @ x @ q[1].T) if q else (lambda x: x)
            if q:
                f = (decay * f[0] + (1 - decay) * g @ g.T, decay * f[1] + (1 - decay) * g.T @ g)
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * turn(g) ** 2
            d = back(turn(m) / (1 - b1**t) / (jnp.sqrt(v / (1 - b2**t)) + 1e-8))
            out.append((-rate * d, m, v, f, q))
        trees = [leaves[1].unflatten(x) for x in zip(*out)]
        return trees[0], dict(zip(("t", "m", "v", "factors", "bases"), [t, *trees[1:]]))

    return optax.GradientTransformation(init, update)


@jax.jit
def renew(s):
    """An iteration of the power method for each basis."""
    turned = jax.tree_util.tree_map(lambda f, q: jnp.linalg.qr(f @ q)[0], s["factors"], s["bases"])
    return {**s, "bases": turned}


PERIOD = 20  # updates from one renewal to the next, here and there


@functools.cache
def work(name, dtype):
    """What a row does again and again, compiled."""
    row, rng = ROWS[name], np.random.default_rng(1)
    p, pairs = start(row, dtype)
    times = grid(row)
    if "predict" in row:
        u0 = jnp.asarray(0.3 * rng.normal(size=(row["predict"], row["dim"])), dtype)
        times = jnp.asarray(times, dtype)
        run = jax.jit(functools.partial(predict, row))
        return lambda: run(p, pairs, u0, times)
    weights = np.zeros(len(times))  # eq. (20): the trapezoidal rule
    weights[:-1] += np.diff(times) / 2
    weights[1:] += np.diff(times) / 2
    weights, at = jnp.asarray(weights / (times[-1] - times[0]), dtype), jnp.asarray(times, dtype)
    samples = max(row["batch"], 200) if row["dim"] != 2 else row["batch"]
    data = jnp.asarray(0.3 * rng.normal(size=(len(times), samples, row["dim"])), dtype)
    loss = lambda p, u: weights @ ((predict(row, p, pairs, u[0], at) - u) ** 2).mean((1, 2))
    second = row.get("optimizer") == "soap"
    optimizer = soap(1e-6) if second else optax.adam(1e-6)

    @functools.partial(jax.jit, donate_argnums=(0, 1))
    def step(p, s, rows):
        _, g = jax.value_and_grad(loss)(p, data[:, rows])
        d, s = optimizer.update(g, s, p)
        return optax.apply_updates(p, d), s

    state = [p, optimizer.init(p), PERIOD - 1]  # the first renews, so that all is compiled by its end

    def iterate():
        rows = rng.permutation(samples)[: row["batch"]]
        state[0], state[1] = step(state[0], state[1], rows)
        state[2] += 1
        if second and state[2] % PERIOD == 0:
            state[1] = renew(state[1])
        return state[0]

    return iterate


def measure(name, dtype, seconds):
    """Milliseconds of one, the mean over as many as take about so long."""
    run = work(name, dtype)
    jax.block_until_ready(run())
    once = time.perf_counter()
    jax.block_until_ready(run())
    begin = time.perf_counter()
    n = max(2, int(seconds / (begin - once)))
    for _ in range(n):
        last = run()
    jax.block_until_ready(last)  # those before it are on their way while the next is called for
    return 1e3 * (time.perf_counter() - begin) / n


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    for line in sys.stdin:
        name, dtype, seconds = line.rstrip("\n").split("\t")
        print(measure(name, dtype, float(seconds)), flush=True)
