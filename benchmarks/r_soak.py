"""Build, fit, predict and drop models in one R session: memory must stay flat.

    python benchmarks/r_soak.py [--cycles 2000] [--plain-cycles 100]

Plain Keras keeps half a megabyte of every model that it has trained. A few of the same
cycles are run there too, in a process of their own, and both growths are printed. Two
figures are taken: what the process has resident, and what of it is in use, as the C
library says. They part for the first thousand cycles, while the heaps of TensorFlow's
threads become ragged. The exit status is 1 when what is in use grows by more than 20 kB
a cycle after the first tenth of the cycles. (On Linux with the GNU C library.)
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

IN_R = """
library(keras3)
x <- matrix(runif(3200), 32)
y <- array(runif(32))
# Defined out here: a loss made beside its model would hold it, and neither language
# sees a cycle that runs through both.
loss <- function(y_true, y_pred) op_mean((y_true - y_pred)^2)
cycle <- function() {
  clear_session()
  model <- keras_model_sequential(input_shape = 100) |>
    layer_dense(8) |>
    layer_dense(1)
  model |> compile(loss = loss, optimizer = "sgd", metrics = "mae")
  model |> fit(x, y, epochs = 1, verbose = 0)
  stopifnot(all(is.finite(model |> predict(x, verbose = 0))))
}
"""


def door() -> Callable[[int], None]:
    from rkeras_port import r

    r.run(IN_R)
    every = "for (i in 1:{}) cycle(); clear_session(); invisible(gc())"
    return lambda times: r.run(every.format(times))


def plain() -> Callable[[int], None]:
    import numpy as np

    from rkeras_port._keras import keras

    rng = np.random.default_rng(1)
    x, y = rng.random((32, 100)), rng.random(32)

    def cycles(times: int) -> None:
        for _ in range(times):
            keras.utils.clear_session()
            layers = keras.layers
            model = keras.Sequential(
                [keras.Input((100,)), layers.Dense(8), layers.Dense(1)]
            )
            model.compile(
                loss=lambda y, p: keras.ops.mean((y - p) ** 2),
                optimizer="sgd",
                metrics=["mae"],
            )
            model.fit(x, y, verbose=0)
            model.predict(x, verbose=0)
        keras.utils.clear_session()

    return cycles


def resident_kilobytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e3


class _Mallinfo(ctypes.Structure):
    """What `mallinfo2` of the GNU C library returns."""

    _fields_ = (
        *((name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks")),
        *((name, ctypes.c_size_t) for name in ("hblkhd", "usmblks", "fsmblks")),
        *((name, ctypes.c_size_t) for name in ("uordblks", "fordblks", "keepcost")),
    )


def kilobytes_in_use() -> float:
    mallinfo = ctypes.CDLL(None).mallinfo2
    mallinfo.restype = _Mallinfo
    found = mallinfo()
    return float(found.uordblks + found.hblkhd) / 1e3


def growth(cycles: Callable[[int], None], total: int, name: str) -> tuple[float, float]:
    """Return how many kilobytes are resident, and in use, more per cycle.

    What the first tenth adds is left out.
    """
    step = max(1, total // 10)
    memory = []
    for done in range(step, total + 1, step):
        cycles(step)
        gc.collect()
        memory.append((resident_kilobytes(), kilobytes_in_use()))
        resident, used = (kilobytes / 1e3 for kilobytes in memory[-1])
        print(
            f"{name} {done:6} cycles {resident:7.0f} MB, {used:6.1f} in use",
            flush=True,
        )
    grown = [last - first for first, last in zip(memory[0], memory[-1], strict=True)]
    resident, used = (kilobytes / (step * (len(memory) - 1)) for kilobytes in grown)
    return resident, used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cycles", type=int, default=2000)
    parser.add_argument("--plain-cycles", type=int, default=100)
    parser.add_argument("--plain-only", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.plain_only:
        print(*growth(plain(), options.plain_cycles, "plain"))
        return
    resident, used = growth(door(), options.cycles, "door ")
    own = [sys.executable, __file__, "--plain-only"]
    own += ["--plain-cycles", str(options.plain_cycles)]
    done = subprocess.run(own, stdout=subprocess.PIPE, text=True, check=True)
    print(f"through R: {resident:.0f} kB a cycle, {used:.0f} of them in use")
    resident, used_there = map(float, done.stdout.split()[-2:])
    print(f"plain Keras: {resident:.0f} kB a cycle, {used_there:.0f} of them in use")
    sys.exit(used > 20)


if __name__ == "__main__":
    main()
