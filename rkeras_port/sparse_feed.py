"""Sparse matrices on their way into a model: Keras picks the rows, we look them up.

Where a model's input is not declared sparse, results are those of the dense matrix to
the last bit: by products that keep to the dense ones' sums, where this machine has been
found to agree (`_dense_sums`), and by dense batches elsewhere.

Keras's own adapter shuffles and batches the row *numbers*, so that order and random
stream are Keras's. Each batch of numbers is turned into rows by a few compiled
operations on CSR's three arrays, while the batch before is trained on.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
from keras.src.models.functional import Functional
from keras.src.trainers.data_adapters.array_data_adapter import (
    ArrayDataAdapter,
    can_convert_arrays,
)
from keras.src.trainers.data_adapters.array_slicing import (
    convert_to_sliceable,
    train_validation_split,
)
from keras.src.trainers.data_adapters.data_adapter import DataAdapter

from . import checks
from ._keras import keras
from .sparse_rows import dense_rows, is_sparse
from .streaming import StreamedRows, streaming

#: Batches ahead of the training step: one in work, one ready.
_AHEAD = 2


class SparseFeed(DataAdapter):
    """Rows of sparse matrices for Keras's loops: an adapter that Keras takes as `x`.

    Parameters
    ----------
    matrices : sequence of scipy.sparse.csr_matrix
        In canonical form, of float32 or float64.
    x : array, or list, tuple or dict of arrays
        The inputs; in the place of each matrix, in their order, the numbers of the rows
        to take, as an array of int64 of shape ``(n_samples,)``.
    y, sample_weight : array, or list, tuple or dict of arrays, optional
        As `keras.Model.fit` takes them.
    dense : bool
        Whether batches are dense, as for inputs that are not declared sparse.
    keep : bool
        Whether to keep sparse batches for the next epoch, for which they are the same.
    batch_size, steps, shuffle, class_weight
        As in `keras.Model.fit`, where `steps` is `steps_per_epoch`.
    """

    def __init__(
        self,
        matrices: Sequence[Any],
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        *,
        dense: bool,
        keep: bool = False,
        **options: Any,
    ) -> None:
        self._dense = dense
        self._sums: Any = None
        self._keep = keep
        self._given = (x, y, sample_weight)
        places = [
            i for i, leaf in enumerate(keras.tree.flatten(x)) if _is_numbers(leaf)
        ]
        self._matrices = dict(zip(places, matrices, strict=True))
        self._numbers = ArrayDataAdapter(x, y, sample_weight=sample_weight, **options)

    def multiply_by(self, sums: Any) -> None:
        """Make sparse batches from now on, cut into pieces for `_dense_sums`."""
        self._dense, self._sums = False, sums

    @property
    def matrices(self) -> tuple[Any, ...]:
        """The sparse matrices, in the order of the inputs."""
        return tuple(self._matrices.values())

    @property
    def batch_sizes(self) -> set[int]:
        """Numbers of rows that batches have."""
        n_rows, size = self._numbers._num_samples, self.batch_size
        return ({size} if n_rows >= size else set()) | ({n_rows % size} - {0})

    @property
    def rkeras_source(self) -> tuple[Any, Any, Any]:
        """``(x, y, sample_weight)`` with the matrices in their places."""
        x, y, sample_weight = self._given

        def cut(matrix: Any) -> Callable[[Any], Any]:
            return lambda rows: matrix if len(rows) == matrix.shape[0] else matrix[rows]

        lookups = {i: cut(matrix) for i, matrix in self._matrices.items()}
        return _looked_up(x, lookups), y, sample_weight

    def get_tf_dataset(self) -> Any:
        """Return a dataset of batches that are made ahead of the training step."""
        import tensorflow as tf

        lookups = {
            i: _tensorflow_lookup(matrix, self._dense, self._sums)
            for i, matrix in self._matrices.items()
        }
        in_order = self._numbers._shuffle is False
        numbers = (
            _in_order(self._numbers) if in_order else self._numbers.get_tf_dataset()
        )
        in_parts = isinstance(numbers.element_spec, tuple)

        def look_up(*batch: Any) -> Any:
            return _looked_up(batch if in_parts else batch[0], lookups)

        batches = numbers.map(look_up, num_parallel_calls=_AHEAD, deterministic=True)
        if self._keep and not self._dense:
            batches = batches.cache()
        # As in Keras: to look for optimizations takes longer than they save.
        options = tf.data.Options()
        options.experimental_optimization.apply_default_optimizations = False
        return batches.with_options(options).prefetch(_AHEAD)

    def get_numpy_iterator(self) -> Iterator[Any]:
        """Yield batches as dense arrays, made one at a time."""

        def lookup(matrix: Any) -> Callable[[Any], Any]:
            return lambda rows: dense_rows(matrix, rows)

        lookups = {i: lookup(matrix) for i, matrix in self._matrices.items()}
        for batch in self._numbers.get_numpy_iterator():
            yield _looked_up(batch, lookups)

    def get_jax_iterator(self) -> Iterator[Any]:
        """Yield batches as dense arrays: JAX compiles for each count of non-zeros."""
        if not self._dense:
            warnings.warn(
                "the JAX backend compiles a step for each number of non-zeros in a "
                "batch; batches are made dense instead, one at a time",
                stacklevel=2,
            )
        return self.get_numpy_iterator()

    @property
    def num_batches(self) -> int:
        """Number of batches in an epoch."""
        return self._numbers.num_batches

    @property
    def batch_size(self) -> int:
        """Number of rows in a full batch."""
        return self._numbers.batch_size

    @property
    def has_partial_batch(self) -> bool:
        """Whether the last batch is smaller."""
        return self._numbers.has_partial_batch

    @property
    def partial_batch_size(self) -> int | None:
        """Number of rows in the last batch, if it is smaller."""
        return self._numbers.partial_batch_size


def _in_order(adapter: ArrayDataAdapter) -> Any:
    """Return the dataset of an adapter that does not shuffle.

    Its own goes through the steps of shuffling all the same, which take longer to set
    up, for each epoch, than a pass over this much data.
    """
    import tensorflow as tf

    size, n_rows = adapter.batch_size, adapter._num_samples
    inputs = keras.tree.lists_to_tuples(
        convert_to_sliceable(adapter._inputs, target_backend="tensorflow")
    )

    def batch(number: Any) -> Any:
        rows = tf.range(number * size, tf.minimum(number * size + size, n_rows))
        if n_rows % size == 0:
            rows = tf.ensure_shape(rows, (size,))
        return keras.tree.map_structure(lambda array: tf.gather(array, rows), inputs)

    return tf.data.Dataset.range(adapter.num_batches).map(batch)


def _is_numbers(leaf: Any) -> bool:
    return isinstance(leaf, _RowNumbers)


class _RowNumbers(np.ndarray):
    """Row numbers that stand for a matrix among a model's inputs."""


def _looked_up(batch: Any, lookups: Mapping[int, Callable[[Any], Any]]) -> Any:
    """Return a batch, of which `x` comes first, with rows in place of their numbers."""
    leaves = keras.tree.flatten(batch)
    for i, lookup in lookups.items():
        leaves[i] = lookup(leaves[i])
    return keras.tree.pack_sequence_as(batch, leaves)


def _tensorflow_lookup(matrix: Any, dense: bool, sums: Any) -> Callable[[Any], Any]:
    """Return the function from a tensor of row numbers to a tensor of those rows."""
    import tensorflow as tf

    n_columns = matrix.shape[1]
    ends = [tf.constant(matrix.indptr.astype(np.int64))]
    if sums is not None:
        pieces = sums.pieces(matrix)
        n_blocks = (len(pieces) - 1) // matrix.shape[0]
        row_ends = np.arange(0, len(pieces), n_blocks)
        ends = [tf.constant(row_ends), tf.constant(pieces)]
    # Of a multi-hot matrix the places say it all.
    values = None if (matrix.data == 1).all() else tf.constant(matrix.data)

    def gather(items: Any, numbers: Any) -> tuple[Any, Any]:
        # Each epoch optimizes its functions anew: few operations are soon done.
        splits, found = tf.raw_ops.RaggedGather(
            params_nested_splits=ends,
            params_dense_values=items,
            indices=numbers,
            OUTPUT_RAGGED_RANK=len(ends),
        )
        return splits[-1], found

    def values_of(numbers: Any, like: Any) -> Any:
        if values is None:
            return tf.ones(tf.shape(like), matrix.dtype)
        return gather(values, numbers)[1]

    if dense:
        columns = tf.constant(matrix.indices)
        size = tf.constant(n_columns, columns.dtype)
        no_weights = tf.zeros([0], matrix.dtype)

        def dense_rows(numbers: Any) -> Any:
            splits, places = gather(columns, numbers)
            # It counts values by row and column: each place has one, its count is it.
            counts = tf.raw_ops.RaggedBincount(
                splits=splits,
                values=places,
                size=size,
                weights=no_weights if values is None else values_of(numbers, places),
            )
            return tf.ensure_shape(counts, (numbers.shape[0], n_columns))

        return dense_rows

    # As if they were floats, because TensorFlow interleaves two arrays fastest as the
    # parts of complex numbers.
    columns = tf.constant(matrix.indices.astype(np.int64).view(np.float64))

    def sparse_rows(numbers: Any) -> Any:
        splits, column_bits = gather(columns, numbers)
        values = values_of(numbers, column_bits)
        row_bits = tf.bitcast(
            tf.raw_ops.RaggedTensorToSparse(
                rt_nested_splits=[splits], rt_dense_values=values
            ).sparse_indices[:, 0],
            tf.float64,
        )
        places = tf.bitcast(tf.complex(row_bits, column_bits), tf.int64)
        n_rows = numbers.shape[0]
        if n_rows is None:
            n_rows = tf.shape(numbers)[0]
        return tf.SparseTensor(places, values, (n_rows, n_columns))

    return sparse_rows


# Among the arguments of a verb --------------------------------------------------------


@contextmanager
def feeding(
    model: Any, verb: str, arguments: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Put feeds in the place of sparse data among a training verb's arguments.

    What a feed cannot take stays as it is and goes Keras's way: data without sparse
    matrices, datasets and generators, models that Keras itself spreads over devices.
    (So does everything with the torch backend, for which Keras itself makes dense rows
    batch by batch.)

    Parameters
    ----------
    model : keras.Model
        The model; it is not changed.
    verb : {"fit", "evaluate", "predict"}
        Keras's method.
    arguments : mapping
        For that method; sparse matrices as `sparse_rows.canonical` returns them.

    Yields
    ------
    dict
        The arguments to call Keras's method with, while the context lasts.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> from rkeras_port import keras_model_sequential, layer_dense
    >>> model = keras_model_sequential(input_shape=3) >> layer_dense(2)
    >>> x = csr_matrix([[0, 0, 1], [0, 1, 0]], dtype="float32")
    >>> with feeding(model, "predict", {"x": x, "verbose": 0}) as arguments:
    ...     model.predict(**arguments).shape
    (2, 2)
    """
    checks.check_strategy(model, verb)
    with ExitStack() as stack:
        stack.enter_context(streaming(verb, arguments))
        given = dict(arguments)
        if not _is_spread_out(model) and keras.backend.backend() != "torch":
            dense = _takes_dense(model)
            fed = _feed(model, verb, given, dense) | _feed_validation(given, dense)
            sums = _dense_sums(model, verb, fed) if dense else None
            in_rows = bool(fed) or isinstance(given.get("x"), StreamedRows)
            if sums is not None:
                from ._undeclared_sparse import sparse_inputs

                stack.enter_context(sparse_inputs(model, sums))
            elif in_rows and not dense and _is_tensorflow():
                from ._sparse_matmul import fast_matmul

                stack.enter_context(fast_matmul())
            given |= fed
            feed = given.get("x")
            if isinstance(feed, SparseFeed) and _is_tensorflow():
                from ._grouped_steps import grouped_steps

                sizes = feed.batch_size, feed.num_batches
                stack.enter_context(grouped_steps(model, verb, given, *sizes, sums))
        if _is_shared_out():
            from .distribution import sharing

            given = stack.enter_context(sharing(model, verb, given))
        yield given


#: Cells, and non-zeros among them at most, for which dense sums are looked for: with
#: less to gain, to try them out takes longer.
_LEAST_CELLS, _MOST_FILLED = 20_000_000, 0.05


def _dense_sums(model: Any, verb: str, fed: Mapping[str, Any]) -> Any:
    """Return sums that equal the dense ones, for which feeds become sparse, if any."""
    validation = fed.get("validation_data", ())
    feeds = [one for one in (fed.get("x"), *validation) if isinstance(one, SparseFeed)]
    if not isinstance(fed.get("x"), SparseFeed) or not _is_tensorflow():
        return None
    matrices = [matrix for feed in feeds for matrix in feed.matrices]
    cells = sum(matrix.shape[0] * matrix.shape[1] for matrix in matrices)
    if (
        _is_shared_out()
        or cells < _LEAST_CELLS
        or sum(matrix.nnz for matrix in matrices) > _MOST_FILLED * cells
        or any(matrix.dtype != np.float32 for matrix in matrices)
    ):
        return None
    from ._dense_sums_probe import agreed_sums
    from ._undeclared_sparse import only_dense_layer

    layer = only_dense_layer(model)
    if layer is None or any(m.shape[1] != layer.kernel.shape[0] for m in matrices):
        return None
    sums = agreed_sums(
        layer,
        {size for feed in feeds for size in feed.batch_sizes},
        fed["x"].batch_sizes if verb == "fit" else (),
        ones=all((matrix.data == 1).all() for matrix in matrices),
    )
    if sums is not None:
        for feed in feeds:
            feed.multiply_by(sums)
    return sums


def _feed(
    model: Any, verb: str, arguments: dict[str, Any], dense: bool
) -> dict[str, Any]:
    """Return what changes among the arguments when `x` has sparse matrices."""
    data = tuple(arguments.get(name) for name in ("x", "y", "sample_weight"))
    if not _can_feed(data):
        return {}
    matrices, *parts = _numbered(*data)
    # They are in the feed.
    fed: dict[str, Any] = dict.fromkeys({"y", "sample_weight"} & arguments.keys())
    split = arguments.get("validation_split")
    if split and arguments.get("validation_data") is None:
        # Keras cuts the row numbers as it would cut the rows.
        parts, held_out = train_validation_split(tuple(parts), validation_split=split)
        options = _validation_options(arguments)
        fed["validation_data"] = (
            SparseFeed(matrices, *held_out, dense=dense, **options),
        )
        fed["validation_split"] = 0.0
    batch_size = arguments.get("batch_size")
    if verb == "predict" and _rows_are_independent(model, arguments):
        batch_size = max(batch_size or 0, _PREDICTED_AT_ONCE)
    fed["x"] = SparseFeed(
        matrices,
        *parts,
        dense=dense,
        batch_size=batch_size,
        steps=arguments.get("steps_per_epoch" if verb == "fit" else "steps"),
        shuffle=arguments.get("shuffle", True) if verb == "fit" else False,
        class_weight=arguments.get("class_weight"),
    )
    return fed


def _feed_validation(arguments: dict[str, Any], dense: bool) -> dict[str, Any]:
    """Return what changes when the validation data have sparse matrices."""
    data = arguments.get("validation_data")
    if not isinstance(data, list | tuple) or not _can_feed(data):
        return {}
    matrices, *data = _numbered(*data)
    options = _validation_options(arguments)
    return {"validation_data": (SparseFeed(matrices, *data, dense=dense, **options),)}


def _validation_options(arguments: dict[str, Any]) -> dict[str, Any]:
    size = arguments.get("validation_batch_size") or arguments.get("batch_size")
    steps = arguments.get("validation_steps")
    # A part of the batches cannot be kept.
    return {"batch_size": size, "steps": steps, "keep": steps is None}


def _can_feed(data: Sequence[Any]) -> bool:
    matrices = [leaf for leaf in keras.tree.flatten(data[0]) if is_sparse(leaf)]
    return (
        bool(matrices)
        and all(one.format == "csr" and one.dtype in _DTYPES for one in matrices)
        and can_convert_arrays(tuple(data))
    )


#: What both TensorFlow's operations and a sparse tensor's rows can hold.
_DTYPES = (np.float32, np.float64)


def _numbered(x: Any, *others: Any) -> tuple[Any, ...]:
    """Return the matrices in `x`, `x` with row numbers instead, and the others."""
    matrices = [leaf for leaf in keras.tree.flatten(x) if is_sparse(leaf)]
    numbers = np.arange(matrices[0].shape[0]).view(_RowNumbers)
    x = keras.tree.map_structure(lambda leaf: numbers if is_sparse(leaf) else leaf, x)
    return (matrices, x, *others)


def _takes_dense(model: Any) -> bool:
    """Say whether Keras would make sparse batches dense at the model's inputs.

    It does where inputs are known and none is declared sparse. A model that knows no
    inputs gets what it is given.
    """
    if not _is_tensorflow():
        return not any(t.sparse for t in getattr(model, "inputs", None) or [])
    if isinstance(model, keras.Sequential) and not model.built:
        return True
    inputs: list[Any] = getattr(model, "inputs", None) or []
    return bool(inputs) and not any(tensor.sparse for tensor in inputs)


#: Rows in a batch of predictions: enough that the time between batches is little.
_PREDICTED_AT_ONCE = 512


def _rows_are_independent(model: Any, arguments: Mapping[str, Any]) -> bool:
    """Say whether predictions are the same in batches of any size, and nobody looks."""
    from ._grouped_steps import listens_to_batches

    alone = (keras.layers.InputLayer, keras.layers.Dense, keras.layers.Dropout)
    return (
        arguments.get("steps") is None
        and type(model) in (keras.Sequential, Functional)
        and all(type(layer) in alone for layer in model.layers)
        and not listens_to_batches(arguments.get("callbacks"))
    )


def _is_tensorflow() -> bool:
    return bool(keras.backend.backend() == "tensorflow")


def _is_spread_out(model: Any) -> bool:
    """Say whether Keras itself spreads the model's data over several devices."""
    if getattr(model, "_distribute_strategy", None) is not None:
        return True
    return keras.distribution.distribution() is not None and not _is_shared_out()


def _is_shared_out() -> bool:
    """Say whether this is the block of a `with_distribution`, which takes any feed."""
    distribution = keras.distribution.distribution()
    # Where the module was not imported, nothing of it can be current.
    module = sys.modules.get(f"{__package__}.distribution")
    return module is not None and isinstance(distribution, module.DataParallel)
