"""What a type checker sees of the installed package; checked by mypy, not run."""

from typing import assert_type

import rkeras_port as rk

model = rk.keras_model_sequential(input_shape=4)
history = rk.fit(model, [[1.0]], [1.0])
assert_type(history, rk.TrainingHistory)
