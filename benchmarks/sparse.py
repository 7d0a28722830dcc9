"""The slide job against plain Keras, step by step: time, peak memory, what is needed.

    python benchmarks/sparse.py [--data imdb.npz] [--rounds 3] [--ways NAME ...]

Load, vectorize, train 6 epochs with validation, evaluate, predict: in plain Keras, in
Python here, in R here and, where Rscript finds it, in R's own keras3. Each run has a
process of its own, so that imports count and its peak memory is its own. The ways take
turns within a round, so that what else the machine does hits all of them; printed are
medians over the rounds, their ratio to the first way, and the range. ``cpu`` columns
are processor seconds, which depend less on what else is running. Without ``--data``,
the job has the bundled reviews (20,000 and 5,000) instead of the official ones.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any
from unittest import mock

BATCH = 512
HELD_OUT = 10_000
EPOCHS = 6
WORDS = 10_000

#: "plain": Keras alone. "declared": the input is declared sparse (`input_sparse=True`).
#: "R": the workflow's R code with its own loop over rows; "R sparse": the same with the
#: door's `vectorize_sequences`.
WAYS = (
    "plain dense",
    "plain csr",
    "ours csr",
    "plain csr declared",
    "ours declared",
    "R",
    "R sparse",
    "R keras3",
)
FIGURES = ("load", "vectorize", "epoch", "evaluate", "predict", "whole job", "peak GB")


class Clock:
    """Seconds since the last look, by the clock and of the processors."""

    def __init__(self) -> None:
        self.look()

    def look(self) -> tuple[float, float]:
        """Return both and start anew."""
        now = (time.perf_counter(), time.process_time())
        before, self._last = getattr(self, "_last", now), now
        return now[0] - before[0], now[1] - before[1]


def job(way: str, data: str | None) -> dict[str, Any]:
    """Load, vectorize, train 6 epochs with validation, evaluate and predict."""
    whole, clock = Clock(), Clock()
    ours = way.startswith("ours")
    (x_train, y_train), (x_test, y_test) = _load(ours, data)
    found: dict[str, Any] = {"load": clock.look()}
    import rkeras_port as rk

    encode: Callable[[Any], Any] = _dense if way == "plain dense" else _csr
    if ours:
        encode = rk.vectorize_sequences
    x_train, x_test = encode(x_train), encode(x_test)
    y_train, y_test = y_train.astype("float32"), y_test.astype("float32")
    found["vectorize"] = clock.look()
    found["rows"] = x_train.shape[0]
    found["non-zeros"] = [int(part.sum()) for part in (x_train[HELD_OUT:], x_train)]
    import keras

    model = network(WORDS, declared=way.endswith("declared"))
    epochs: list[tuple[float, float]] = []
    laps = Clock()
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: laps.look(),
        on_epoch_end=lambda epoch, logs: epochs.append(laps.look()),
    )
    arguments = {
        "epochs": EPOCHS,
        "batch_size": BATCH,
        "verbose": 0,
        "callbacks": [watch],
        "validation_data": (x_train[:HELD_OUT], y_train[:HELD_OUT]),
    }
    fit, evaluate, predict = verbs(ours)
    clock.look()
    fit(model, x_train[HELD_OUT:], y_train[HELD_OUT:], **arguments)
    found["fit"] = clock.look()
    evaluate(model, x_test, y_test, batch_size=BATCH, verbose=0)
    clock.look()
    evaluate(model, x_test, y_test, batch_size=BATCH, verbose=0)
    found["evaluate"] = clock.look()
    predict(model, x_test, batch_size=BATCH, verbose=0)
    clock.look()
    predict(model, x_test, batch_size=BATCH, verbose=0)
    found["predict"] = clock.look()
    # The first epoch compiles.
    found["epoch"] = tuple(median(lap) for lap in zip(*epochs[1:], strict=True))
    found["whole job"] = whole.look()
    return found


def _load(ours: bool, data: str | None) -> Any:
    if ours or data is None:
        import rkeras_port as rk

        source = {"source": "bundled"} if data is None else {"path": data}
        return rk.dataset_imdb(num_words=WORDS, **source)
    import keras

    # Keras would refuse a file that is not its own.
    with mock.patch("keras.src.datasets.imdb.get_file", return_value=data):
        return keras.datasets.imdb.load_data(num_words=WORDS)


def _dense(sequences: Any) -> Any:
    """Fill a float32 matrix row by row, as notebooks do."""
    import numpy as np

    results = np.zeros((len(sequences), WORDS), "float32")
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results


def _csr(sequences: Any) -> Any:
    """Collect the words of each row, as someone who knows SciPy would."""
    import numpy as np
    from scipy.sparse import csr_matrix

    rows = [np.unique(sequence) for sequence in sequences]
    ends = np.cumsum([0, *map(len, rows)])
    words = np.concatenate(rows)
    ones = np.ones(len(words), "float32")
    return csr_matrix((ones, words, ends), shape=(len(rows), WORDS))


def network(words: int, *, declared: bool) -> Any:
    import keras

    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((words,), sparse=declared),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def verbs(ours: bool) -> tuple[Any, Any, Any]:
    import keras

    import rkeras_port as rk

    if ours:
        return rk.fit, rk.evaluate, rk.predict
    return keras.Model.fit, keras.Model.evaluate, keras.Model.predict


#: What R users write. `clock()` notes what has passed since it was called last.
IN_R = """
start <- last <- proc.time()[1:3]
found <- list()
clock <- function(name) {
  now <- proc.time()[1:3]
  found[[name]] <<- c(found[[name]], list(c((now - last)[[3]], sum((now - last)[1:2]))))
  last <<- proc.time()[1:3]
}
library(keras3)
imdb <- dataset_imdb(%(arguments)snum_words = 10000)
clock("load")
%(vectorize)s
x_train <- vectorize_sequences(imdb$train$x)
x_test <- vectorize_sequences(imdb$test$x)
y_train <- as.numeric(imdb$train$y)
y_test <- as.numeric(imdb$test$y)
clock("vectorize")
set_random_seed(1)
model <- keras_model_sequential(input_shape = 10000) |>
  layer_dense(units = 16, activation = "relu") |>
  layer_dense(units = 16, activation = "relu") |>
  layer_dense(units = 1, activation = "sigmoid")
model |> compile("rmsprop", loss = "binary_crossentropy", metrics = "accuracy")
val_indices <- 1:%(held_out)d
x_val <- x_train[val_indices, ]
partial_x_train <- x_train[-val_indices, ]
model |> fit(
  partial_x_train, y_train[-val_indices],
  epochs = %(epochs)d, batch_size = 512, verbose = 0,
  validation_data = list(x_val, y_train[val_indices]),
  callbacks = list(callback_lambda(
    on_epoch_begin = function(epoch, logs) clock("between"),
    on_epoch_end = function(epoch, logs) clock("epoch"))))
for (turn in 1:2) {
  clock("between")
  model |> evaluate(x_test, y_test, batch_size = 512, verbose = 0)
  clock("evaluate")
  model |> predict(x_test, batch_size = 512, verbose = 0)
  clock("predict")
}
epochs <- do.call(rbind, found$epoch[-1])
parts <- list(load = found$load[[1]], vectorize = found$vectorize[[1]],
              epoch = apply(epochs, 2, median), evaluate = found$evaluate[[2]],
              predict = found$predict[[2]],
              `whole job` = c((last - start)[[3]], sum((last - start)[1:2])))
cat(sprintf("{%%s}\n", paste(sprintf('"%%s": [%%.4f, %%.4f]', names(parts),
    sapply(parts, `[`, 1), sapply(parts, `[`, 2)), collapse = ", ")))
"""

BY_ROW = """
vectorize_sequences <- function(sequences, dimension = 10000) {
  results <- matrix(0, nrow = length(sequences), ncol = dimension)
  for (i in seq_along(sequences)) results[i, sequences[[i]]] <- 1
  results
}
"""


def in_r(way: str, data: str | None) -> dict[str, Any]:
    """Run the job as an R script: through the door, or in R with its own keras3."""
    script = IN_R % {
        "arguments": f"path = {json.dumps(data)}, " if data else "",
        "vectorize": "" if way == "R sparse" else BY_ROW,
        "held_out": HELD_OUT,
        "epochs": EPOCHS,
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "job.R")
        file.write_text(script)
        code = f"from rkeras_port.cli import app; app(['run', {str(file)!r}])"
        through_the_door = [sys.executable, "-c", code]
        command = ["Rscript", str(file)] if way == "R keras3" else through_the_door
        return measured(command, way, {"RKERAS_IMDB": "auto" if data else "bundled"})


def in_process(name: str, *arguments: Any) -> dict[str, Any]:
    """Call one of the functions above in a new process and return its result."""
    request = json.dumps([name, *arguments])
    return measured([sys.executable, __file__, "--in-process", request], name)


def measured(
    command: list[str], name: str, environment: dict[str, str] | None = None
) -> dict[str, Any]:
    """Run a command that ends by printing its figures; add its peak memory.

    Times of the whole job are taken from outside, so that starting and leaving count.
    """
    start = time.perf_counter()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            command, stdout=out, stderr=errors, env=os.environ | (environment or {})
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        out.seek(0)
        errors.seek(0)
        if process.returncode:
            raise SystemExit(f"{name} failed:\n{errors.read()[-3000:]}")
        result: dict[str, Any] = json.loads(out.read().splitlines()[-1])
    result["whole job"] = [seconds, used.ru_utime + used.ru_stime]
    result["peak GB"] = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    return result


# What is measured ---------------------------------------------------------------------


def compare(data: str | None, rounds: int, ways: list[str]) -> dict[str, list[Any]]:
    """Print the medians of each way, and what part of the first way's they are."""
    runs: dict[str, list[Any]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            run = in_r if way.startswith("R") else lambda *a: in_process("job", *a)
            runs[way].append(run(way, data))
    for name in FIGURES:
        first = None
        print(f"  {name}")
        for way in ways:
            taken = [run[name] for run in runs[way]]
            if name == "peak GB":
                peak = median(taken)
                first = first or peak
                print(f"    {way:<20}{peak:>8.3f} GB x {peak / first:.2f}")
                continue
            walls, cpus = zip(*taken, strict=True)
            wall, cpu = median(walls), median(cpus)
            first = first or (wall, cpu)
            print(
                f"    {way:<20}{wall:>8.3f} s  x {wall / first[0]:.2f}"
                f"{cpu:>10.3f} cpu x {cpu / first[1]:.2f}"
                f"   ({min(walls):.3f} to {max(walls):.3f} s)",
                flush=True,
            )
    return runs


def roofline(runs: dict[str, list[Any]]) -> None:
    """Print what an epoch needs at least, and what of it was reached.

    Of the first layer, which does nearly all of the work: a multiply-add for each cell
    (dense) or each non-zero (sparse) and unit, forward, and once more backward where
    there is training; of the bytes each cell's 4, or each non-zero's 4 and column's 8,
    read once for each of these.
    """
    speed, bandwidth = in_process("machine")["reached"]
    print(
        f"  this machine: {speed / 1e9:.0f} G multiply-adds/s, "
        f"{bandwidth / 1e9:.0f} GB/s"
    )
    trained, whole = next(
        run[0]["non-zeros"] for run in runs.values() if "non-zeros" in run[0]
    )
    rows = runs["plain dense"][0]["rows"]
    sizes = {
        "plain dense": ((2 * (rows - HELD_OUT) + HELD_OUT) * WORDS, 4),
        "ours declared": (2 * trained + (whole - trained), 12),
    }
    for way, (cells, size) in sizes.items():
        if way not in runs:
            continue
        seconds = median(run["epoch"][0] for run in runs[way])
        sums, data = cells * 16, cells * size
        least = max(sums / speed, data / bandwidth)
        print(
            f"  {way:<16}{sums / 1e6:>9,.0f} M multiply-adds{data / 1e6:>9,.0f} MB, at "
            f"least {least * 1e3:.1f} ms; took {seconds * 1e3:.0f} ms: "
            f"{sums / seconds / 1e9:.2f} G/s, {data / seconds / 1e9:.2f} GB/s"
        )


def machine() -> dict[str, Any]:
    """Measure multiply-adds and bytes a second, of a large product and a large copy."""
    import numpy as np

    def best(function: Callable[[], Any]) -> float:
        taken = []
        for _ in range(7):
            start = time.perf_counter()
            function()
            taken.append(time.perf_counter() - start)
        return min(taken)

    a = np.ones((1500, 1500), "float32")
    big, target = np.ones(50_000_000, "float32"), np.empty(50_000_000, "float32")
    copied = best(lambda: np.copyto(target, big))
    return {"reached": [1500**3 / best(lambda: a @ a), 2 * big.nbytes / copied]}


_IN_PROCESS = {f.__name__: f for f in (job, machine)}


def available(ways: list[str]) -> list[str]:
    """Leave out, and say so, what this machine does not have."""
    found = []
    for way in ways:
        if way.startswith("R") and not shutil.which("Rscript"):
            print(f"  left out: {way}: R is not here")
        elif way == "R keras3" and not _has_keras3():
            print(f"  left out: {way}: Rscript finds no working keras3")
        else:
            found.append(way)
    return found


def _has_keras3() -> bool:
    code = "library(keras3); stopifnot(reticulate::py_module_available('keras'))"
    try:
        done = subprocess.run(
            ["Rscript", "-e", code], capture_output=True, timeout=120, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="imdb.npz with the official split")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=[*WAYS])
    parser.add_argument("--in-process", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_process:
        name, *arguments = json.loads(options.in_process)
        print(json.dumps(_IN_PROCESS[name](*arguments)))
        return
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, {options.rounds} rounds", flush=True)
    runs = compare(options.data, options.rounds, available(options.ways))
    if "plain dense" in runs:
        roofline(runs)


if __name__ == "__main__":
    main()
