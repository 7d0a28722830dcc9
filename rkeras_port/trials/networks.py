"""The family of networks that experiments vary by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rkeras_port import (
    compile,
    keras_model_sequential,
    layer_dense,
    layer_dropout,
    regularizer_l2,
)

if TYPE_CHECKING:
    from keras import Sequential


def dense_classifier(
    input_shape: int,
    *,
    hidden_layers: int = 2,
    units: int = 16,
    activation: str = "relu",
    dropout: float = 0.0,
    l2: float = 0.0,
    loss: str = "binary_crossentropy",
    optimizer: str = "rmsprop",
    learning_rate: float | None = None,
) -> Sequential:
    """Return a compiled binary classifier: dense layers and one sigmoid unit.

    Parameters
    ----------
    input_shape : int
        Columns of the data.
    hidden_layers, units : int
        How many layers, and how many units each has.
    activation : str
        Of the hidden layers.
    dropout : float
        Share of a hidden layer's units that is dropped in training.
    l2 : float
        Factor of the penalty on the squared weights of the hidden layers.
    loss, optimizer : str
        As in `compile`; "mse" for the mean squared error.
    learning_rate : float, optional
        By default the optimizer's own.

    Examples
    --------
    >>> dense_classifier(10000).count_params()
    160305
    """
    from keras import optimizers

    model = keras_model_sequential(input_shape=input_shape)
    for _ in range(hidden_layers):
        penalty = regularizer_l2(l2) if l2 else None
        model >> layer_dense(
            units=units, activation=activation, kernel_regularizer=penalty
        )
        if dropout:
            model >> layer_dropout(rate=dropout)
    model >> layer_dense(units=1, activation="sigmoid")
    model >> compile(optimizer=optimizer, loss=loss, metrics="accuracy")
    if learning_rate is not None:
        chosen = optimizers.get(optimizer)
        chosen.learning_rate = learning_rate
        model >> compile(optimizer=chosen, loss=loss, metrics="accuracy")
    return model
