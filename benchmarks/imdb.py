"""The figures of the IMDB workflow: time, memory, accuracy, and plain Keras beside it.

    python benchmarks/imdb.py [--data imdb.npz] [--only NAME ...]

Each measurement runs in a process of its own, so that its peak memory is its own, and
ends with lines that set its figures against their targets (``x``: ratio to, or of,
plain Keras). The bundled reviews need the
extra ``data``; without ``--data``, what needs the official reviews is left out.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

SEEDS = (1, 2, 3)
HELD_OUT = 10_000


# What runs in the processes -----------------------------------------------------------


def demo(seed: int) -> dict[str, Any]:
    """Run the whole demo on the bundled reviews, after Keras is imported."""
    from rkeras_port.demo import run

    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(seed=seed, out=Path(folder, "out"), console=_silent())
    return {
        "seconds": time.perf_counter() - start,
        "training": outcome.seconds,
        "accuracy": outcome.test["accuracy"],
        "peak": _peak(),
    }


def plain_dense() -> dict[str, Any]:
    """Train twice in plain Keras, on the dense matrix of a notebook."""
    import numpy as np

    x_train, y_train, x_test, y_test = _bundled()

    def dense(sequences: Any) -> Any:
        results = np.zeros((len(sequences), 10_000))
        for i, sequence in enumerate(sequences):
            results[i, sequence] = 1.0
        return results

    x_train, x_test = dense(x_train), dense(x_test)
    start = time.perf_counter()
    validation = (x_train[:HELD_OUT], y_train[:HELD_OUT])
    _fit_plain(
        _plain_keras(1),
        x_train[HELD_OUT:],
        y_train[HELD_OUT:],
        epochs=20,
        validation_data=validation,
    )
    model = _plain_keras(1)
    _fit_plain(model, x_train, y_train, epochs=4)
    model.evaluate(x_test, y_test, verbose=0)
    return {"training": time.perf_counter() - start, "peak": _peak()}


def official(data: str, seed: int) -> dict[str, Any]:
    """Train twice on the official reviews, and validate and test."""
    from rkeras_port.demo import steps

    reviews = steps.prepare(data)

    def quiet(epoch: int, metrics: Any) -> None:
        pass

    history = steps.train_with_validation(
        steps.network, reviews, epochs=20, seed=seed, watch=quiet
    )
    model = steps.train_on_all(reviews, epochs=4, seed=seed, watch=quiet)
    best = history.best_epoch()
    return {
        "validation": history.metrics["val_accuracy"][best - 1],
        "test": steps.evaluate_on_test(model, reviews)["accuracy"],
        "peak": _peak(),
    }


def equality() -> dict[str, Any]:
    """Find the largest differences from plain Keras, in weights and histories."""
    import numpy as np

    import rkeras_port as rk

    x_train, y_train, _, _ = _bundled()
    sparse = rk.vectorize_sequences(x_train)
    dense = sparse.toarray()

    def train(fit: Callable[..., Any], model: Any, x: Any, epochs: int) -> Any:
        history = fit(
            model,
            x[HELD_OUT:],
            y_train[HELD_OUT:],
            epochs=epochs,
            validation_data=(x[:HELD_OUT], y_train[:HELD_OUT]),
        )
        values = [np.asarray(v) for _, v in sorted(history.history.items())]
        return [*model.get_weights(), *values]

    def difference(a: Any, b: Any) -> float:
        return max(float(np.abs(p - q).max()) for p, q in zip(a, b, strict=True))

    found = {}
    for epochs in (4, 20):
        plain = train(_fit_plain, _plain_keras(1), dense, epochs)
        for name, x, options in (
            ("dense", dense, {}),
            ("sparse", sparse, {}),
            ("sparse kernels", sparse, {"input_sparse": True}),
        ):
            piped = train(_fit_piped, _piped(1, **options), x, epochs)
            found[f"{name}, {epochs} epochs"] = difference(plain, piped)
    return found


def overhead() -> dict[str, Any]:
    """Measure what the pipe adds to building and fitting, as ratios to plain Keras.

    Two trainings differ by several percent from one run to the next. So what is added
    to a fit is measured inside one: its time less the time that Keras has in it.
    """
    import keras

    import rkeras_port as rk

    x_train, y_train, _, _ = _bundled()
    x = rk.vectorize_sequences(x_train[:HELD_OUT]).toarray()
    y = y_train[:HELD_OUT]
    in_keras = 0.0
    keras_fit = keras.Model.fit

    def timed_fit(*args: Any, **kwargs: Any) -> Any:
        nonlocal in_keras
        start = time.perf_counter()
        history = keras_fit(*args, **kwargs)
        in_keras = time.perf_counter() - start
        return history

    def seconds(function: Callable[..., Any], *args: Any, **kwargs: Any) -> float:
        start = time.perf_counter()
        function(*args, **kwargs)
        return time.perf_counter() - start

    builds: dict[Any, list[float]] = {_plain_keras: [], _piped: []}
    for i in range(30):
        # In turns, so that what else the machine does hits both.
        for build in sorted(builds, key=lambda b: (b is _piped) == bool(i % 2)):
            builds[build].append(seconds(build, 1))
    plain_build, piped_build = (min(times) for times in builds.values())

    keras.Model.fit = timed_fit
    added, fits = [], []
    for _ in range(5):
        whole = seconds(_fit_piped, _piped(1), x, y, epochs=5)
        added.append(whole - in_keras)
        fits.append(in_keras)
    plain = plain_build + median(fits)
    return {
        "build and fit": 1 + (piped_build - plain_build + median(added)) / plain,
        "build": piped_build / plain_build,
        "fit": 1 + median(added) / median(fits),
    }


def _bundled() -> tuple[Any, ...]:
    import rkeras_port as rk

    (x_train, y_train), (x_test, y_test) = rk.dataset_imdb(
        num_words=10_000, source="bundled"
    )
    return x_train, y_train.astype("float32"), x_test, y_test.astype("float32")


def _plain_keras(seed: int) -> Any:
    import keras

    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((10_000,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def _fit_plain(model: Any, x: Any, y: Any, **options: Any) -> Any:
    return model.fit(x, y, batch_size=512, verbose=0, **options)


def _piped(seed: int, **options: Any) -> Any:
    import rkeras_port as rk

    rk.clear_session()
    rk.set_random_seed(seed)
    return (
        rk.keras_model_sequential(input_shape=10_000, **options)
        >> rk.layer_dense(units=16, activation="relu")
        >> rk.layer_dense(units=16, activation="relu")
        >> rk.layer_dense(units=1, activation="sigmoid")
        >> rk.compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
    )


def _fit_piped(model: Any, x: Any, y: Any, **options: Any) -> Any:
    import rkeras_port as rk

    return model >> rk.fit(x, y, batch_size=512, verbose=0, **options)


def _silent() -> Any:
    from rich.console import Console

    return Console(file=io.StringIO())


def _peak() -> float:
    """Return the peak resident memory of this process in GB."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * (1 if sys.platform == "darwin" else 1024) / 1e9


# What is measured and what it should be -----------------------------------------------


def figure(
    name: str,
    value: float,
    unit: str = "",
    *,
    least: float = -math.inf,
    most: float = math.inf,
) -> bool:
    """Print a figure beside its target, and say whether it is met."""
    met = least <= value <= most
    bounds = [f">= {least:g}"] * (least > -math.inf) + [f"<= {most:g}"] * (
        most < math.inf
    )
    print(
        f"  {name:<48}{value:>9.4g} {unit:<4}{', '.join(bounds):<20}"
        + ("" if met else "MISSED"),
        flush=True,
    )
    return met


def measure_demo(data: str | None) -> Iterator[bool]:
    runs = [in_process("demo", seed) for seed in SEEDS]
    plain = in_process("plain_dense")
    training = median(run["training"] for run in runs)
    peak = max(run["peak"] for run in runs)
    yield figure("20 epochs and retraining", training, "s", most=90)
    yield figure(
        "all seven steps", median(run["seconds"] for run in runs), "s", most=90
    )
    yield figure("peak memory", peak, "GB", most=1.6)
    accuracy = median(run["accuracy"] for run in runs)
    yield figure("test accuracy, bundled reviews", accuracy, least=0.865)
    yield figure("time of plain Keras, dense matrix", plain["training"] / training, "x")
    yield figure("memory of plain Keras, dense matrix", plain["peak"] / peak, "x")


def measure_official(data: str | None) -> Iterator[bool]:
    if data is None:
        print("  left out: give --data imdb.npz")
        return
    runs = [in_process("official", data, seed) for seed in SEEDS]
    test = median(run["test"] for run in runs)
    yield figure("test accuracy after 4 epochs", test, least=0.875, most=0.89)
    validation = median(run["validation"] for run in runs)
    yield figure("validation accuracy, best epoch", validation, least=0.885)
    yield figure("peak memory", max(run["peak"] for run in runs), "GB")


def measure_equality(data: str | None) -> Iterator[bool]:
    allowed = {
        "dense, 4 epochs": 0.0,
        "dense, 20 epochs": 0.0,
        "sparse, 4 epochs": 1e-5,
        "sparse, 20 epochs": 1e-5,
        "sparse kernels, 4 epochs": 1e-5,
    }
    for name, difference in in_process("equality").items():
        yield figure(
            f"difference, {name}", difference, most=allowed.get(name, math.inf)
        )


def measure_overhead(data: str | None) -> Iterator[bool]:
    ratios = in_process("overhead")
    yield figure("build and fit", ratios["build and fit"], "x", most=1.02)
    yield figure("build alone", ratios["build"], "x")
    yield figure("fit alone", ratios["fit"], "x")


MEASUREMENTS = {
    "demo": measure_demo,
    "official": measure_official,
    "equality": measure_equality,
    "overhead": measure_overhead,
}

_IN_PROCESS = {f.__name__: f for f in (demo, plain_dense, official, equality, overhead)}


def in_process(name: str, *arguments: Any) -> dict[str, Any]:
    """Call one of the functions above in a new process and return its result."""
    command = [sys.executable, __file__, "--in-process", json.dumps([name, *arguments])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} failed:\n{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="imdb.npz with the official split")
    parser.add_argument(
        "--only", nargs="+", choices=MEASUREMENTS, default=[*MEASUREMENTS]
    )
    parser.add_argument("--in-process", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_process:
        name, *arguments = json.loads(options.in_process)
        print(json.dumps(_IN_PROCESS[name](*arguments)))
        return
    met = []
    for name in options.only:
        print(name, flush=True)
        met += MEASUREMENTS[name](options.data)
    sys.exit(0 if all(met) else 1)


if __name__ == "__main__":
    main()
