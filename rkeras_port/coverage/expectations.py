"""What a smoke case expects of a result, and the comparison."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy
from scipy import special

from rkeras_port._keras import keras

from . import numerics
from .inputs import ARRAYS


@dataclass
class Failure:
    """The message of an error."""

    message: str


def outcome(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or its failure."""
    try:
        return call()
    except Exception as error:
        return Failure(str(error))


Check = Callable[[Any], None]


def shape(*sizes: int | None) -> Check:
    """Expect a tensor, array or model output of this shape, without missing values."""

    def check(result: Any) -> None:
        value = getattr(result, "output", result)
        assert not isinstance(value, Failure), value.message
        assert tuple(value.shape) == sizes, f"shape {tuple(value.shape)}"
        if not isinstance(value, keras.KerasTensor):
            found = plain(value)
            assert found.dtype.kind not in "fc" or np.isfinite(found).all()

    return check


def has(**attributes: Any) -> Check:
    """Expect an object with these attributes; a class's name is its ``kind``."""

    def check(result: Any) -> None:
        assert not isinstance(result, Failure), result.message
        for name, wanted in attributes.items():
            found = (
                type(result).__name__
                if name == "kind"
                else functools.reduce(getattr, name.split("__"), result)
            )
            compare(found, wanted)

    return check


def fails(*parts: str) -> Check:
    """Expect an error whose message has these parts."""

    def check(result: Any) -> None:
        assert isinstance(result, Failure), f"no error but {result!r}"
        for part in parts:
            assert part in result.message, result.message

    return check


def holds(condition: Callable[[Any], Any]) -> Check:
    """Expect that a condition holds."""

    def check(result: Any) -> None:
        assert not isinstance(result, Failure), result.message
        assert condition(result), repr(result)

    return check


def of_array(condition: Callable[[Any], Any]) -> Check:
    """Expect that a condition on the values as a NumPy array holds."""
    return holds(lambda result: condition(plain(result)))


def within(sizes: tuple[int, ...], low: float, high: float) -> Check:
    """Expect an array of this shape whose values are between these numbers."""
    return of_array(
        lambda found: (
            found.shape == sizes and found.min() >= low and found.max() <= high
        )
    )


def from_weights(compute: Callable[..., Any]) -> Check:
    """Expect a layer, and the output that follows from its weights."""

    def check(result: Any) -> None:
        assert not isinstance(result, Failure), result.message
        layer, output = result
        compare(output, compute(*(plain(weight) for weight in layer.weights)))

    return check


def selu_dropped(rate: float) -> Check:
    """Expect ones after alpha dropout: dropped or scaled, as its authors derive."""
    dropped = -1.6732632423543772 * 1.0507009873554805
    scale = ((1 - rate) * (1 + rate * dropped**2)) ** -0.5
    shift = -scale * dropped * rate
    two = [scale * dropped + shift, scale + shift]

    def check(found: Any) -> bool:
        share = np.isclose(found, two[0]).mean()
        both = np.isclose(found[..., None], two, atol=1e-4).any(-1).all()
        return bool(both and abs(share - rate) < 0.05)

    return of_array(check)


def parameters(count: int) -> Check:
    """Expect a model with so many parameters."""
    return holds(lambda model: model.count_params() == count)


def millions(count: float) -> Check:
    """Expect a model with so many million parameters, to the last digit given."""
    digits = len(str(count).partition(".")[2])
    return holds(lambda model: round(model.count_params() / 1e6, digits) == count)


#: ImageNet's means and deviations of red, green and blue.
_MEAN, _DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

_PREPROCESSED: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda x: 255 * x,
    "blue first, mean 0": lambda x: (
        255 * x[..., ::-1] - np.array([103.939, 116.779, 123.68])
    ),
    "-1 to 1": lambda x: 2 * x - 1,
    "standardized": lambda x: (x - _MEAN) / _DEVIATION,
}


def application(of_model: Check, preprocessed: str) -> Check:
    """Expect a model, pictures as it wants them, and its two most probable classes.

    The pictures were 255 times those of `inputs`, the prediction 0.75 for class 3 and
    0.25 for class 7.
    """

    def check(result: Any) -> None:
        assert not isinstance(result, Failure), result.message
        model, pictures, (classes,) = result
        of_model(model)
        compare(pictures, _PREPROCESSED[preprocessed](ARRAYS["X"]))
        assert list(classes["class_description"]) == ["class 3", "class 7"]
        compare(list(classes["score"]), [0.75, 0.25])

    return check


def measures(value: float, y_true: str = "T2", y_pred: str = "P2") -> Check:
    """Expect a metric that gives this value for these inputs."""

    def check(metric: Any) -> None:
        assert not isinstance(metric, Failure), metric.message
        metric.update_state(
            ARRAYS[y_true].astype("float32"), ARRAYS[y_pred].astype("float32")
        )
        compare(metric.result(), value)

    return check


def averages(value: float) -> Check:
    """Expect a metric of single values that gives this one for 1, 4, 2, 3."""

    def check(metric: Any) -> None:
        assert not isinstance(metric, Failure), metric.message
        metric.update_state(ARRAYS["V"])
        compare(metric.result(), value)

    return check


def steps_to(value: float) -> Check:
    """Expect an optimizer that takes 1, with gradient 2, to this value in a step."""

    def check(optimizer: Any) -> None:
        assert not isinstance(optimizer, Failure), optimizer.message
        variable = keras.Variable([1.0])
        optimizer.apply([keras.ops.convert_to_tensor([2.0])], [variable])
        compare(variable, [value])

    return check


def compare(result: Any, expected: Any) -> None:
    """Compare a result with numbers, names or a check.

    Raises
    ------
    AssertionError
        If they differ.
    """
    if callable(expected):
        expected(result)
        return
    if isinstance(result, Failure):
        raise AssertionError(f"error: {result.message}")
    if isinstance(expected, Mapping):
        assert set(result) == set(expected), f"names {sorted(result)}"
        for key, value in expected.items():
            compare(result[key], value)
    elif isinstance(expected, str | bool | None):
        assert result == expected, f"{result!r} is not {expected!r}"
    elif isinstance(expected, list | tuple) and not _is_rectangular(expected):
        assert len(result) == len(expected), f"{len(result)} elements"
        for one, other in zip(result, expected, strict=True):
            compare(one, other)
    else:
        np.testing.assert_allclose(
            plain(result), np.asarray(expected), rtol=2e-4, atol=2e-5
        )


def _is_rectangular(values: Any) -> bool:
    try:
        return np.asarray(values).dtype.kind in "biufc"
    except ValueError:
        return False


def plain(value: Any) -> Any:
    """Return a tensor, variable or list of them as a NumPy array."""
    if isinstance(value, list | tuple):
        return np.asarray([plain(one) for one in value])
    if isinstance(value, keras.Variable) or keras.ops.is_tensor(value):
        return np.asarray(keras.ops.convert_to_numpy(value))
    return np.asarray(value)


NAMES: dict[str, Any] = (
    numerics.NAMES
    | {
        "np": np,
        "math": math,
        "scipy": scipy,
        "special": special,
        "keras": keras,
        "Path": Path,
        "NS": SimpleNamespace,
    }
    | {
        function.__name__: function
        for function in (
            application,
            averages,
            fails,
            from_weights,
            has,
            holds,
            measures,
            millions,
            of_array,
            parameters,
            plain,
            selu_dropped,
            shape,
            steps_to,
            within,
        )
    }
)
"""What expressions of expected values can use beside the inputs."""
