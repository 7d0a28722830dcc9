"""Sparse training against plain Keras: time, peak memory, and how both grow.

    python benchmarks/sparse.py [--data imdb.npz] [--rounds 3] [--only NAME ...]

Each run has a process of its own, so that imports count and its peak memory is its own.
The ways take turns within a round, so that what else the machine does hits all of them;
medians over the rounds are printed, and their ratios to the first way. ``cpu`` columns
are processor seconds, which depend less on what else is running. Without ``--data``,
random multi-hot rows of the same size stand for the official reviews.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any
from unittest import mock

BATCH = 512
HELD_OUT = 10_000
EPOCHS = 6
WORDS = 10_000

#: "plain": Keras alone. "declared": the input is declared sparse (`input_sparse=True`).
WAYS = ("plain dense", "plain csr", "ours csr", "plain csr declared", "ours declared")


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
    x_train, y_train, x_test, y_test = _load(ours, way == "plain dense", data)
    found: dict[str, Any] = {"load": clock.look()}
    import keras

    model = _network(WORDS, declared=way.endswith("declared"))
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
    fit, evaluate, predict = _verbs(ours)
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
    found["peak GB"] = (_peak(), _peak())
    return found


def growth(rows: int, words: int, per_row: int) -> dict[str, Any]:
    """Measure an epoch of a model that is declared sparse, on random rows."""
    import keras

    x, y = _random_rows(rows, words, per_row)
    laps, epochs = Clock(), []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: laps.look(),
        on_epoch_end=lambda epoch, logs: epochs.append(laps.look()),
    )
    fit, _, _ = _verbs(True)
    before = _peak()
    model = _network(words, declared=True)
    fit(model, x, y, epochs=4, batch_size=BATCH, verbose=0, callbacks=[watch])
    epoch = tuple(min(lap) for lap in zip(*epochs[1:], strict=True))
    return {"epoch": epoch, "added GB": (_peak() - before,) * 2}


def _load(ours: bool, dense: bool, data: str | None) -> tuple[Any, ...]:
    if data is None:
        x, y = _random_rows(50_000, WORDS, 132)
        parts = x[:25_000], y[:25_000], x[25_000:], y[25_000:]
        if not dense:
            return parts
        return parts[0].toarray(), parts[1], parts[2].toarray(), parts[3]
    if ours:
        import rkeras_port as rk

        (x_train, y_train), (x_test, y_test) = rk.dataset_imdb(data, num_words=WORDS)
        encode: Callable[[Any], Any] = rk.vectorize_sequences
    else:
        import keras

        # Keras would refuse a file that is not its own.
        with mock.patch("keras.src.datasets.imdb.get_file", return_value=data):
            (x_train, y_train), (x_test, y_test) = keras.datasets.imdb.load_data(
                num_words=WORDS
            )
        encode = _dense if dense else _csr
    labels = y_train.astype("float32"), y_test.astype("float32")
    return encode(x_train), labels[0], encode(x_test), labels[1]


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


def _random_rows(rows: int, words: int, per_row: int) -> tuple[Any, Any]:
    import numpy as np
    from scipy.sparse import csr_matrix

    rng = np.random.default_rng(0)
    # One word from each of as many stretches: in order, and none twice.
    width = words // per_row
    columns = rng.integers(0, width, (rows, per_row)) + np.arange(per_row) * width
    ends = np.arange(0, rows * per_row + 1, per_row)
    ones = np.ones(columns.size, "float32")
    matrix = csr_matrix((ones, columns.ravel(), ends), shape=(rows, words))
    return matrix, (rng.random(rows) < 0.5).astype("float32")


def _network(words: int, *, declared: bool) -> Any:
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


def _verbs(ours: bool) -> tuple[Any, Any, Any]:
    import keras

    import rkeras_port as rk

    if ours:
        return rk.fit, rk.evaluate, rk.predict
    return keras.Model.fit, keras.Model.evaluate, keras.Model.predict


def _peak() -> float:
    """Return the peak resident memory of this process in GB."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024) / 1e9


# What is measured ---------------------------------------------------------------------


def compare(data: str | None, rounds: int) -> None:
    """Print the medians of each way, and what part of the first way's they are."""
    runs: dict[str, list[Any]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way in WAYS:
            runs[way].append(in_process("job", way, data))
    for figure in runs[WAYS[0]][0]:
        unit = "GB" if figure.endswith("GB") else "s"
        first = None
        for way in WAYS:
            wall, cpu = (median(run[figure][i] for run in runs[way]) for i in (0, 1))
            first = first or (wall, cpu)
            line = (
                f"  {figure:<10}{way:<20}{wall:>8.3f} {unit:<3}x {wall / first[0]:.2f}"
            )
            if unit == "s":
                line += f"{cpu:>12.3f} cpu x {cpu / first[1]:.2f}"
            print(line, flush=True)


def grow(data: str | None, rounds: int) -> None:
    """Print how an epoch's time grows with rows and with the vocabulary."""
    sizes = {
        "5,000 rows": (5_000, 10_000, 100),
        "10x rows": (50_000, 10_000, 100),
        "10x words": (5_000, 100_000, 100),
    }
    runs: dict[str, list[Any]] = {name: [] for name in sizes}
    for _ in range(rounds):
        for name, size in sizes.items():
            runs[name].append(in_process("growth", *size))
    first = None
    for name, found in runs.items():
        wall, cpu = (median(run["epoch"][i] for run in found) for i in (0, 1))
        first = first or (wall, cpu)
        added = median(run["added GB"][0] for run in found)
        print(
            f"  {name:<12}{wall:>8.3f} s x {wall / first[0]:.2f}{cpu:>10.3f} cpu "
            f"x {cpu / first[1]:.2f}{added:>8.3f} GB added",
            flush=True,
        )


MEASUREMENTS = {"compare": compare, "grow": grow}
_IN_PROCESS = {f.__name__: f for f in (job, growth)}


def in_process(name: str, *arguments: Any) -> dict[str, Any]:
    """Call one of the functions above in a new process and return its result."""
    command = [sys.executable, __file__, "--in-process", json.dumps([name, *arguments])]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if "whole job" in result:
        # From outside, so that starting Python and leaving it count.
        result["whole job"][0] = time.perf_counter() - start
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="imdb.npz with the official split")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, default=[*MEASUREMENTS]
    )
    parser.add_argument("--in-process", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_process:
        name, *arguments = json.loads(options.in_process)
        print(json.dumps(_IN_PROCESS[name](*arguments)))
        return
    for name in options.only:
        print(name, flush=True)
        MEASUREMENTS[name](options.data, options.rounds)


if __name__ == "__main__":
    main()
