"""The extra `tables`: cross-validation of a table that comes with the package."""

import rkeras_port as rk


def network():
    """Return a network for sonar's 60 columns."""
    return (
        rk.keras_model_sequential(input_shape=60)
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
    )


scores = rk.dataset_sonar() >> rk.cross_validate(network, folds=2, epochs=1, verbose=0)
assert len(scores.folds) == 2
