"""Tokenising 25,000 reviews, and their multi-hot encoding, against the usual ways.

    python benchmarks/vectorize.py [--rounds 5]

The variants run in turn, so that they share the machine's mood. "First" is the first
round, in memory that the process has not touched before: what one call in a notebook
costs. "Median" is that of all rounds. The figures to reach: vectorize_sequences() at
least twice as fast as the loop into a dense float32 matrix; the bundled reviews read,
split and numbered at least three times as fast as Keras's legacy Tokenizer does it
without the reading.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rkeras_port import reviews as reviews_module
from rkeras_port.datasets import dataset_imdb
from rkeras_port.encoding import vectorize_sequences

DIMENSION = 10_000
FULL_DATA = Path(__file__).parents[2] / "shared/data/imdb.npz"


def notebook_loop(sequences: Any, dtype: str) -> np.ndarray:
    results = np.zeros((len(sequences), DIMENSION), dtype=dtype)
    for i, sequence in enumerate(sequences):
        results[i, sequence] = 1.0
    return results


def reviews() -> tuple[Any, str]:
    if FULL_DATA.exists():
        imdb = dataset_imdb(FULL_DATA, num_words=DIMENSION)
        return imdb.train.x, "the official training reviews"
    imdb = dataset_imdb(num_words=DIMENSION, source="bundled")
    return np.concatenate([imdb.train.x, imdb.test.x]), "the bundled reviews"


def seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    x, what = reviews()
    variants = {
        "loop into dense float32": lambda: notebook_loop(x, "float32"),
        "loop into dense float64": lambda: notebook_loop(x, "float64"),
        "vectorize_sequences, CSR": lambda: vectorize_sequences(x, DIMENSION),
        "vectorize_sequences, CSR as R": lambda: vectorize_sequences(
            x, DIMENSION, first_index=1
        ),
        "vectorize_sequences, dense": lambda: vectorize_sequences(
            x, DIMENSION, sparse=False
        ),
    }
    vectorize_sequences(x[:1], DIMENSION)  # imports SciPy
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds):
        for name, function in variants.items():
            times[name].append(seconds(function))

    sparse, dense = vectorize_sequences(x, DIMENSION), notebook_loop(x, "float32")
    assert (sparse.toarray() == dense).all()
    size = sparse.data.nbytes + sparse.indices.nbytes + sparse.indptr.nbytes
    print(f"{len(x):,} reviews ({what}), {DIMENSION:,} words, {rounds} rounds")
    print(
        f"CSR takes {size / 1e6:.0f} MB, dense float32 {dense.nbytes / 1e6:,.0f} MB\n"
    )
    print(f"{'seconds':32}{'first':>8}{'median':>8}{'ratio of first, median':>26}")
    loop = times["loop into dense float32"]
    for name, taken in times.items():
        median = statistics.median(taken)
        ratios = f"{loop[0] / taken[0]:.1f}, {statistics.median(loop) / median:.1f}"
        print(f"{name:32}{taken[0]:8.3f}{median:8.3f}{ratios:>26}")
    tokenise(rounds)


def tokenise(rounds: int) -> None:
    """Print how long the bundled reviews take, and Keras's tokeniser for the same."""
    from keras.src.legacy.preprocessing.text import Tokenizer

    with reviews_module._csv_path().open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        texts = [row["text"] for row in rows if row["source"] == "imdb"]

    def of_keras() -> None:
        tokenizer = Tokenizer()
        tokenizer.fit_on_texts(texts)
        tokenizer.texts_to_sequences(texts)

    def ours() -> None:
        reviews_module.bundled_corpus.cache_clear()
        reviews_module.bundled_corpus()

    times: dict[str, list[tuple[float, float]]] = {"Keras": [], "here": []}
    for _ in range(rounds):
        for name, function in zip(times, (of_keras, ours), strict=True):
            cpu = time.process_time()
            wall = seconds(function)
            times[name].append((wall, time.process_time() - cpu))
    print("\ntokenising the bundled reviews, medians (here with reading the file)")
    for i, what in enumerate(("s", "cpu s")):
        keras, here = (statistics.median(t[i] for t in ts) for ts in times.values())
        print(f"Keras {keras:.2f} {what}, here {here:.2f} {what}: {keras / here:.1f} x")


if __name__ == "__main__":
    main()
