"""The extra `arrow`: training from a Parquet file."""

import pyarrow
from pyarrow import parquet

import rkeras_port as rk

table = pyarrow.table({"x": [[1, 3], [2], [0], [1]], "y": [1, 0, 0, 1]})
parquet.write_table(table, "reviews.parquet")
rows = rk.parquet_multi_hot("reviews.parquet", dimension=4, batch_size=2)
model = (
    rk.keras_model_sequential(input_shape=4)
    >> rk.layer_dense(1, activation="sigmoid")
    >> rk.compile("rmsprop", loss="binary_crossentropy")
)
history = model >> rk.fit(rows, epochs=2, verbose=0)
assert len(history.metrics["loss"]) == 2
