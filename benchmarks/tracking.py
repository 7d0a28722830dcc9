"""What tracking adds to a training of 20 epochs on the bundled reviews.

    python benchmarks/tracking.py [--repeats N]

Prints the seconds of both, the share that tracking adds (the model and its pictures
apart, then with them), and the target of 5%.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import rkeras_port as rk
from rkeras_port.tracking import stores
from rkeras_port.trials.imdb import prepared

TARGET = 0.05


def train(fitted: dict[str, Any], test: tuple[Any, Any]) -> None:
    rk.clear_session()
    rk.set_random_seed(1)
    model = rk.dense_classifier(10_000)
    model >> rk.fit(**fitted, epochs=20, batch_size=512, verbose=0)
    model >> rk.evaluate(*test, batch_size=512)


def seconds(fitted: Any, test: Any, store: str | None, **settings: bool) -> float:
    start = time.perf_counter()
    if store is None:
        train(fitted, test)
    else:
        with rk.tracked_run("benchmark", tracking_uri=store, **settings):
            train(fitted, test)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    fitted, test = prepared("bundled")
    kinds: dict[str, dict[str, Any]] = {
        "without": {},
        "tracked, no model, no pictures": {"log_model": False, "log_pictures": False},
        "tracked, no model": {"log_model": False},
        "tracked": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder, "runs.db"))
        # What is there once per process and per store: imports, tables, fonts.
        start = time.perf_counter()
        stores.mlflow("benchmark")
        seconds(fitted, test, store)
        first = time.perf_counter() - start
        print(f"first run of a process, in a new store: {first:.1f} s")
        times: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(repeats):
            for name, settings in kinds.items():
                place = None if name == "without" else store
                times[name].append(seconds(fitted, test, place, **settings))
    plain = median(times["without"])
    for name, measured in times.items():
        added = median(measured) - plain
        target = f"  (target {TARGET:.0%})" if name == "tracked, no model" else ""
        shares = f"{added:+7.2f} s{added / plain:+8.1%}{target}"
        print(f"{name:32}{median(measured):7.2f} s{shares}")


if __name__ == "__main__":
    main()
