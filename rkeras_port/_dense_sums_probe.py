"""Try out which sums by blocks have the bits of this machine's own dense products."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
import tensorflow as tf
from scipy import sparse

from ._dense_sums import DenseSums, block_ends

#: Widths of the blocks that a single precision product may sum by. oneDNN's, which
#: TensorFlow calls, depend on the processor's instructions and, for small products, on
#: sizes; the last stands for no blocks at all.
WIDTHS = (384, 256, 96, 192, 2**62)

#: Values that are not zero in a random batch, and the part of it that they may be.
_VALUES, _PART = 50_000, 0.25

#: What was found out, for as long as the process lasts.
_found: dict[Any, DenseSums | None] = {}
_lock = threading.Lock()


def agreed_sums(
    layer: Any, sizes: Iterable[int], training_sizes: Iterable[int], *, ones: bool
) -> DenseSums | None:
    """Return sums that equal the dense ones for batches into a layer, if there are any.

    Random batches of each size go through a layer like this one, multiplied in both
    ways, in compiled functions as in training: TensorFlow may merge the product with
    what follows it. Results and gradients must be the same in all bits.

    Parameters
    ----------
    layer : keras.layers.Dense
        Built; its weights are not looked at.
    sizes : iterable of int
        Numbers of rows in batches.
    training_sizes : iterable of int
        Those of them that gradients are taken of.
    ones : bool
        Whether all values are 1. Products of others are rounded before they are added,
        or are not, so that blocks alone may not do.

    Examples
    --------
    >>> import keras
    >>> layer = keras.layers.Dense(8)
    >>> layer.build((None, 900))
    >>> sums = agreed_sums(layer, [32], [32], ones=True)
    >>> sums is None or sums.columns[-1] == 900
    True
    """
    sizes, training_sizes = sorted({*sizes}), sorted({*training_sizes})
    n_columns, units = layer.kernel.shape
    kind = (n_columns, units, layer.use_bias, layer.activation)
    question = (kind, tuple(sizes), tuple(training_sizes), ones)
    with _lock:
        if question not in _found:
            _found[question] = _search(*question)
        return _found[question]


def _search(
    kind: Any, sizes: tuple[int, ...], training_sizes: tuple[int, ...], ones: bool
) -> DenseSums | None:
    n_columns, units, use_bias, activation = kind
    rng = np.random.default_rng(0)
    batches = {size: _random_batch(rng, size, n_columns, ones) for size in sizes}

    def normal(*shape: int) -> Any:
        return tf.constant(rng.standard_normal(shape, np.float32))

    weights = normal(n_columns, units), normal(units) if use_bias else None
    # What comes from above is the smaller the farther up it comes from.
    upstream = {size: normal(size, units) / size for size in training_sizes}

    def results(product: Any, encode: Callable[[Any], Any], training: bool) -> Any:
        run = _layer(product, activation, training)
        return [
            np.asarray(run(encode(batches[size]), *weights, upstream.get(size)))
            for size in (training_sizes if training else sizes)
        ]

    def first_right(candidates: Iterable[DenseSums], training: bool) -> Any:
        expected = results(tf.matmul, _dense, training)
        for sums in candidates:
            found = results(sums.product, partial(_cut, sums=sums), training)
            if all(map(np.array_equal, found, expected)):
                return sums
        return None

    by_columns = (DenseSums(block_ends(n_columns, width), sizes) for width in WIDTHS)
    sums = first_right(by_columns, training=False)
    if sums is None or not training_sizes:
        return sums
    by_rows = (
        sums._replace(
            rows=tuple((size, block_ends(size, width)) for size in training_sizes)
        )
        for width in WIDTHS
    )
    return first_right(by_rows, training=True)


def _layer(product: Any, activation: Any, training: bool) -> Callable[..., Any]:
    """Return a compiled function to a layer's results, or its kernel's gradient."""

    def run(x: Any, kernel: Any, bias: Any, upstream: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(kernel)
            outputs = product(x, kernel)
            outputs = activation(outputs if bias is None else tf.add(outputs, bias))
        return tape.gradient(outputs, kernel, upstream) if training else outputs

    return tf.function(run, autograph=False, reduce_retracing=True)


def _random_batch(rng: Any, n_rows: int, n_columns: int, ones: bool) -> Any:
    cells = n_rows * n_columns
    places = np.unique(rng.integers(0, cells, int(min(_VALUES, _PART * cells)) + 1))
    values = np.ones(len(places)) if ones else rng.standard_normal(len(places))
    rows, columns = np.divmod(places, n_columns)
    return sparse.csr_matrix(
        (values.astype(np.float32), (rows, columns)), shape=(n_rows, n_columns)
    )


def _dense(batch: Any) -> Any:
    return tf.constant(batch.toarray())


def _cut(batch: Any, sums: DenseSums) -> Any:
    pieces = np.diff(sums.pieces(batch))
    places = np.stack([np.repeat(np.arange(len(pieces)), pieces), batch.indices], 1)
    return tf.SparseTensor(places.astype(np.int64), batch.data, batch.shape)
