"""Metrics that Keras 3 has no more."""

from __future__ import annotations

from typing import Any

from rkeras_port._keras import keras

ops: Any = keras.ops


@keras.saving.register_keras_serializable(package="rkeras_port")
class MeanRelativeError(keras.metrics.Mean):
    """Mean of the absolute errors, each divided by a number of its own.

    Parameters
    ----------
    normalizer : array
        What the errors are divided by, as many as there are values in a prediction.

    Examples
    --------
    >>> metric = MeanRelativeError(normalizer=[1, 3, 2, 3])
    >>> metric.update_state([1, 3, 2, 3], [2, 4, 6, 8])
    >>> round(float(metric.result()), 4)  # 5/4 in Keras 2's own example
    1.25
    """

    def __init__(
        self,
        normalizer: Any,
        name: str = "mean_relative_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)  # type: ignore[no-untyped-call]
        self.normalizer = ops.convert_to_tensor(normalizer, dtype=self.dtype)

    def update_state(  # type: ignore[override]
        self, y_true: Any, y_pred: Any, sample_weight: Any = None
    ) -> None:
        """Take in a batch."""
        y_true, y_pred = (ops.cast(y, self.dtype) for y in (y_true, y_pred))
        errors = ops.abs(y_true - y_pred)
        divided = ops.where(self.normalizer == 0, 0.0, errors / self.normalizer)
        super().update_state(divided, sample_weight=sample_weight)  # type: ignore[no-untyped-call]

    def get_config(self) -> dict[str, Any]:
        """Return what makes such a metric again."""
        values = ops.convert_to_numpy(self.normalizer).tolist()
        config: dict[str, Any] = super().get_config()  # type: ignore[no-untyped-call]
        return config | {"normalizer": values}


@keras.saving.register_keras_serializable(package="rkeras_port")
class MeanTensor(keras.metrics.Metric):
    """Mean of each element over the batches.

    Parameters
    ----------
    shape : tuple of int, optional
        Of the values; by default that of the first ones.

    Examples
    --------
    >>> metric = MeanTensor()
    >>> metric.update_state([0, 1, 2, 3])
    >>> metric.update_state([4, 5, 6, 7])
    >>> [float(x) for x in metric.result()]
    [2.0, 3.0, 4.0, 5.0]
    """

    def __init__(
        self, shape: Any = None, name: str = "mean_tensor", dtype: Any = None
    ) -> None:
        super().__init__(name=name, dtype=dtype)  # type: ignore[no-untyped-call]
        self._shape: tuple[Any, ...] | None = None
        if shape is not None:
            self._make_variables(shape)

    def _make_variables(self, shape: Any) -> None:
        self._shape = tuple(shape)
        self.total = self.add_weight(shape=shape, initializer="zeros", name="total")  # type: ignore[no-untyped-call]
        self.count = self.add_weight(shape=shape, initializer="zeros", name="count")  # type: ignore[no-untyped-call]

    def update_state(self, values: Any, sample_weight: Any = None) -> None:
        """Take in values of the shape."""
        values = ops.convert_to_tensor(values, dtype=self.dtype)
        if self._shape is None:
            self._make_variables(values.shape)
        weight = ops.ones_like(values)
        if sample_weight is not None:
            weight = weight * ops.cast(sample_weight, self.dtype)
        self.total.assign_add(values * weight)
        self.count.assign_add(weight)

    def result(self) -> Any:
        """Return the means, in the values' shape."""
        if self._shape is None:
            return ops.zeros(())
        return ops.divide_no_nan(self.total, self.count)

    def get_config(self) -> dict[str, Any]:
        """Return what makes such a metric again."""
        config: dict[str, Any] = super().get_config()  # type: ignore[no-untyped-call]
        return config | {"shape": self._shape}
