"""R's data and functions in tf.data pipelines, behind `library(tfdatasets)`.

Functions of R are called once, while a pipeline is built, on symbolic tensors; what
they compute becomes part of TensorFlow's graph, and R is not needed any more when the
pipeline runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentTypeError
from rkeras_port.r import capi
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.coercions import elements_of
from rkeras_port.r.data import as_array, as_tensor
from rkeras_port.r.dispatch import TABLE, import_module, lent
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r


def structure(s: SEXP, sliced: bool) -> Any:
    """Convert data for a dataset: lists to tuples, with names to dictionaries.

    Parameters
    ----------
    s : SEXP
        A vector, an array, a tensor, a data frame, or a list of those. Vectors of
        doubles get Keras's float type, factors are their labels.
    sliced : bool
        Whether the first axis counts the elements: a number is a vector of one then.
    """
    names = capi.class_names(s)
    if capi.typeof(s) == capi.VECSXP and (not names or "data.frame" in names):
        items = [(name, structure(item, sliced)) for name, item in elements_of(s)]
        if lib.Rf_getAttrib(s, capi.names_symbol) == capi.nil:
            return tuple(value for _, value in items)
        return dict(items)
    if capi.typeof(s) == capi.STRSXP or "factor" in names:
        texts = to_python(s)
        return [texts] if sliced and isinstance(texts, str) else texts
    value = as_tensor(s)
    if sliced and isinstance(value, bool | int | float):
        array = as_array(s)
        floats = array.dtype == np.float64
        return array.astype(np.float32) if floats else array
    return value


def _make_dataset(args: SEXP) -> SEXP:
    """Make (data, sliced) a dataset of the data's slices, or with them as element."""
    sliced = bool(to_python(lib.VECTOR_ELT(args, 1)))
    data = structure(lib.VECTOR_ELT(args, 0), sliced)
    kind = import_module("tensorflow").data.Dataset
    with lent():
        made = kind.from_tensor_slices(data) if sliced else kind.from_tensors(data)
    return to_r(made)


TABLE[b"make_dataset"] = _make_dataset


def check_dataset(function: str, value: Any) -> None:
    """Refuse what is no dataset.

    Raises
    ------
    ArgumentTypeError
    """
    if not isinstance(value, import_module("tensorflow").data.Dataset):
        raise ArgumentTypeError(
            function,
            "dataset",
            "must be a dataset",
            received=f"{value!r:.60}",
            remedy="tensor_slices_dataset() makes one of arrays and data frames.",
        )


def transformed(
    function: str, dataset: Any, method: str, arguments: dict[str, Any]
) -> Any:
    """Return what a method of a dataset makes of it.

    Raises
    ------
    ArgumentTypeError
        If it is no dataset, or where a function is needed there is none.
    """
    check_dataset(function, dataset)
    for name in ("map_func", "predicate", "reduce_func", "scan_func"):
        if name in arguments:
            arguments[name] = graph_function(function, name, arguments[name])
    return getattr(dataset, method)(**arguments)


def graph_function(function: str, argument: str, value: Any) -> Callable[..., Any]:
    """Return a function whose lists are tuples: tf.data stacks lists into tensors."""
    if not callable(value):
        raise ArgumentTypeError(
            function, argument, "must be a function", received=f"{value!r:.40}"
        )

    def call(*args: Any) -> Any:
        return _tuples(value(*args))

    call.autograph_info__ = {}  # type: ignore[attr-defined]
    return call


def _tuples(value: Any) -> Any:
    if isinstance(value, list | tuple):
        plain = isinstance(value, list) and all(
            isinstance(v, bool | int | float | str) for v in value
        )
        return value if plain else tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {name: _tuples(item) for name, item in value.items()}
    return value


def zipped(datasets: Iterable[Any]) -> Any:
    """Return the dataset of the tuples of the elements of several."""
    datasets = tuple(datasets)
    for dataset in datasets:
        check_dataset("zip_datasets", dataset)
    return import_module("tensorflow").data.Dataset.zip(datasets)


def collected(dataset: Any, limit: int | None) -> tuple[Any, ...]:
    """Return the first elements of a dataset, or all."""
    check_dataset("dataset_collect", dataset)
    return tuple(islice(dataset, limit))


def arrays(dataset: Any) -> Iterator[Any]:
    """Go through the elements of a dataset as NumPy arrays, text as text."""
    check_dataset("as_array_iterator", dataset)
    tree = import_module("tensorflow").nest
    for element in dataset.as_numpy_iterator():
        yield tree.map_structure(_text, element)


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, np.ndarray) and value.dtype == object:
        return np.array([v.decode() for v in value.ravel()], object).reshape(
            value.shape
        )
    return value


def size(dataset: Any) -> float | int | None:
    """Return how many elements there are, infinity, or None where it is not known."""
    count = int(dataset.cardinality())
    return {-1: float("inf"), -2: None}.get(count, count)


def columns(dataset: Any) -> list[str]:
    """Return the names of the parts of the elements."""
    check_dataset("dataset_prepare", dataset)
    spec = dataset.element_spec
    if not isinstance(spec, dict):
        raise ArgumentTypeError(
            "dataset_prepare",
            "dataset",
            "must have elements with named columns",
            received=type(spec).__name__,
        )
    return list(spec)


def prepared(
    dataset: Any, x: list[str], y: str | None, named: bool, named_features: bool
) -> Any:
    """Return a dataset of features and, with `y`, a response, of named columns."""
    tf = import_module("tensorflow")

    def prepare(record: dict[str, Any]) -> Any:
        features: Any = {name: record[name] for name in x}
        if not named_features:
            features = tf.stack(list(features.values()), axis=-1)
        parts = {"x": features} | ({"y": record[y]} if y is not None else {})
        return parts if named else tuple(parts.values())

    return dataset.map(prepare)
