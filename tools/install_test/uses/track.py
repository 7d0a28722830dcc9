"""The extra `track`: a run is kept, and its model comes back."""

import numpy as np

import rkeras_port as rk

x = np.random.default_rng(1).random((60, 3))
y = (x[:, 0] > 0.5).astype("float32")
model = (
    rk.keras_model_sequential(input_shape=3)
    >> rk.layer_dense(1, activation="sigmoid")
    >> rk.compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
)
with rk.tracked_run("an experiment") as run:
    model >> rk.fit(x, y, epochs=2, verbose=0)
again = rk.load_tracked_model(run.run_id)
assert np.array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
