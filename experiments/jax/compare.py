"""Alternates this project's benchmark with the JAX programs and prints the medians as a table.

    python -m venv V && V/bin/pip install -r experiments/jax/requirements.txt
    V/bin/python experiments/jax/compare.py --log rows.log | tee rows.md

One core each (the last one of this machine), then two. JAX runs with and without threads of
its own on two cores, and the better counts. Compilation is left out on both sides.
"""
import argparse
import importlib.util
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
options.add_argument("--rows", default=".", help="a regular expression of the rows' names")
options.add_argument("--cores", default="1,2", help="how many cores, a column each")
options.add_argument("--pairs", type=int, default=5)
options.add_argument("--seconds", type=float, default=0.3, help="of a measurement")
options.add_argument("--log", help="a file that gets every measurement")
options = options.parse_args()
FLAGS = ["", "--xla_cpu_multi_thread_eigen=false"]


def log(**entry):
    print(json.dumps(entry), file=sys.stderr, flush=True)
    if options.log:
        with open(options.log, "a") as f:
            f.write(json.dumps(entry) + "\n")


class Peer:
    """models.py on some cores."""

    def __init__(self, cores, flags, cache):
        env = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu", "JAX_COMPILATION_CACHE_DIR": cache, "OMP_NUM_THREADS": str(len(cores)),
               "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
        self.name = "jax" + (" without threads" if flags else "")
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, "models.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        text=True, env=env, preexec_fn=lambda: os.sched_setaffinity(0, cores))

    def measure(self, name, dtype, seconds):
        self.process.stdin.write(f"{name}\t{dtype}\t{seconds}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: {name}, {dtype} failed; see echo '{name}\\t{dtype}\\t1' | {sys.executable} {HERE}/models.py")
        return float(line)


class Ours:
    """The benchmark in bench_test.go on some cores, by a path of the kernels or the best."""

    def __init__(self, binary, cores, path):
        self.name, self.binary, self.cores = "here" + (", " + path if path else ""), binary, cores
        self.env = {**os.environ, "GOMAXPROCS": str(len(cores)), **({"SPNODE_KERNEL": path} if path else {})}

    def measure(self, name, dtype, seconds):
        row = re.sub(r"([.*+?()|\[\]\\^$])", r"\\\1", name.replace(" ", "_"))
        run = subprocess.run([self.binary, "-test.run=-", f"-test.bench=^BenchmarkRow$/^{row}$/^{dtype}$", f"-test.benchtime={seconds}s"],
                             cwd=HERE, env=self.env, preexec_fn=lambda: os.sched_setaffinity(0, self.cores), capture_output=True, text=True)
        found = re.search(r"([\d.]+) ns/op", run.stdout)
        if not found:
            raise RuntimeError(f"{self.name}: {name}, {dtype}: {run.stdout}{run.stderr}")
        return float(found[1]) / 1e6


def column(rows, cores, binary, cache):
    """The table's rows for so many cores."""
    here = [Ours(binary, cores, ""), Ours(binary, cores, "avx2")]
    peers = [Peer(cores, flags, cache) for flags in (FLAGS[1:] if len(cores) == 1 else FLAGS)]
    for name, dtype in rows:
        for p in peers:
            begin = time.time()
            p.measure(name, dtype, 0)
            log(cores=len(cores), row=name, dtype=dtype, who=p.name, compiled_s=round(time.time() - begin, 1))
        all = {w.name: [] for w in here + peers}
        for pair in range(options.pairs):
            for w in (here + peers)[:: 1 if pair % 2 else -1]:
                all[w.name].append(w.measure(name, dtype, options.seconds))
        log(cores=len(cores), row=name, dtype=dtype, ms=all)
        best = min((all[p.name] for p in peers), key=statistics.median)
        line = [name, dtype, "%.3g" % statistics.median(best)]
        for w in here:
            ratios = sorted(theirs / ours for theirs, ours in zip(best, all[w.name]))
            line += ["%.3g" % statistics.median(all[w.name]), f"{statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f})"]
        print("| " + " | ".join(line) + " |", flush=True)
    for p in peers:
        p.process.stdin.close()
        p.process.wait()


def main():
    all = json.load(open(os.path.join(HERE, "rows.json")))
    rows = [(name, dtype) for name, row in all.items() for dtype in row["dtypes"]
            if re.search(options.rows, name) and ("solver" not in row or importlib.util.find_spec("diffrax"))]
    processor = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    with tempfile.TemporaryDirectory() as folder:
        binary = os.path.join(folder, "rows.test")
        subprocess.run(["go", "test", "-c", "-o", binary, "."], cwd=HERE, check=True)
        cache = os.path.join(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "spnode-jax")
        usable = sorted(os.sched_getaffinity(0))
        begin = time.time()
        for n in map(int, options.cores.split(",")):
            cores = set(usable[-n:])
            if len(cores) == n:
                print(f"\n{processor}, {n} core{'s' if n > 1 else ''}: milliseconds, medians of {options.pairs}; ratios of the pairs, JAX over here\n")
                print("| row | dtype | JAX | here, best path | ratio | here, AVX2 | ratio |\n|---|---|--:|--:|---|--:|---|", flush=True)
                column(rows, cores, binary, cache)
        log(minutes=round((time.time() - begin) / 60, 1))


main()
