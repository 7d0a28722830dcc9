"""How time and memory grow with rows, vocabulary and batch size, as a table and a plot.

    python benchmarks/growth.py [--rounds 3] [--rows N ...] [--out benchmarks/results]

Epochs of the slide network on random multi-hot rows with 100 words each: in plain Keras
on a dense matrix and on CSR, and here on CSR, undeclared and declared sparse. Each run
has a process of its own. Written are ``growth.csv`` (medians) and ``growth.png``. A
dense matrix of more than 2 GB is left out.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from sparse import Clock, measured, network, verbs

ROWS = (6_000, 25_000, 60_000, 100_000)
WORDS = (1_000, 10_000, 100_000)
BATCHES = (128, 512, 2_048)
PER_ROW = 100
WAYS = ("plain dense", "plain csr", "ours csr", "ours declared")
_MOST_DENSE = 2e9

_FIGURES = ("seconds", "cpu seconds", "peak GB")
COLUMNS = ("grows", "rows", "words", "batch", "way", *_FIGURES)


def sizes(rows: tuple[int, ...]) -> list[tuple[str, int, int, int]]:
    """Return what grows and the size: one at a time."""
    return [
        *(("rows", n, 10_000, 512) for n in rows),
        *(("words", 6_000, n, 512) for n in WORDS),
        *(("batch size", 25_000, 10_000, n) for n in BATCHES),
    ]


def epochs(way: str, rows: int, words: int, batch: int) -> dict[str, Any]:
    """Measure an epoch: the median of those after the first, which compiles."""
    import keras

    x, y = random_rows(rows, words, PER_ROW)
    if way == "plain dense":
        x = x.toarray()
    laps, taken = Clock(), []
    watch = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: laps.look(),
        on_epoch_end=lambda epoch, logs: taken.append(laps.look()),
    )
    fit, _, _ = verbs(way.startswith("ours"))
    model = network(words, declared=way == "ours declared")
    fit(model, x, y, epochs=5, batch_size=batch, verbose=0, callbacks=[watch])
    return {"epoch": [median(lap) for lap in zip(*taken[1:], strict=True)]}


def random_rows(rows: int, words: int, per_row: int) -> tuple[Any, Any]:
    """Return a CSR matrix of ones and zeros, and labels."""
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


def measure(rows: tuple[int, ...], rounds: int) -> list[dict[str, Any]]:
    table = []
    for grows, *size in sizes(rows):
        for way in WAYS:
            if way == "plain dense" and 4 * size[0] * size[1] > _MOST_DENSE:
                continue
            row = (grows, *size, way, *medians(way, *size, rounds))
            print("  " + "  ".join(map(str, row)), flush=True)
            table.append(dict(zip(COLUMNS, row, strict=True)))
    return table


@cache
def medians(way: str, rows: int, words: int, batch: int, rounds: int) -> list[float]:
    """Return seconds and processor seconds of an epoch, and peak memory."""
    request = json.dumps([way, rows, words, batch])
    command = [sys.executable, __file__, "--in-process", request]
    runs = [measured(command, way) for _ in range(rounds)]
    epoch = zip(*(run["epoch"] for run in runs), strict=True)
    return [
        *(round(median(taken), 4) for taken in epoch),
        round(median(run["peak GB"] for run in runs), 3),
    ]


def plot(table: list[dict[str, Any]], file: Path) -> None:
    """Draw processor seconds and memory against what grows, all axes logarithmic."""
    import pandas as pd
    import plotnine as p9

    data = pd.DataFrame(table)
    column = {"rows": "rows", "words": "words", "batch size": "batch"}
    data["size"] = [row[column[row["grows"]]] for row in table]
    long = data.melt(
        ["grows", "size", "way"],
        ["cpu seconds", "peak GB"],
        var_name="figure",
        value_name="value",
    )
    long["figure"] = long["figure"].replace({"cpu seconds": "cpu seconds an epoch"})
    picture = (
        p9.ggplot(long, p9.aes("size", "value", color="way"))
        + p9.geom_line()
        + p9.geom_point()
        + p9.facet_grid("figure ~ grows", scales="free")
        + p9.scale_x_log10(labels=lambda sizes: [f"{size:,.0f}" for size in sizes])
        + p9.scale_y_log10()
        + p9.labs(x="", y="", color="")
        + p9.theme_light()
        + p9.theme(figure_size=(10, 6), legend_position="bottom")
    )
    picture.save(file, dpi=110, verbose=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs="+", default=[*ROWS])
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--in-process", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_process:
        print(json.dumps(epochs(*json.loads(options.in_process))))
        return
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{os.cpu_count()} cores, load {load}, {options.rounds} rounds", flush=True)
    table = measure(tuple(options.rows), options.rounds)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "growth.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(table)
    plot(table, options.out / "growth.png")


if __name__ == "__main__":
    main()
