"""The extra `torch`: Keras trains on it."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import numpy as np

import rkeras_port as rk

x = np.random.default_rng(1).random((60, 3))
model = (
    rk.keras_model_sequential(input_shape=3)
    >> rk.layer_dense(1)
    >> rk.compile("rmsprop", loss="mse")
)
history = model >> rk.fit(x, x[:, 0], epochs=2, verbose=0)
assert len(history.metrics["loss"]) == 2
assert __import__("keras").backend.backend() == "torch"
