"""The extra `r`: an R script trains a model, which is Keras's own in Python."""

import subprocess
import sys
from pathlib import Path

from rkeras_port import r
from rkeras_port.r.packages import source_folder

assert "site-packages" in str(source_folder())
Path("analysis.R").write_text("""
    library(keras3)
    set_random_seed(1)
    x <- matrix(runif(400), ncol = 4)
    y <- as.numeric(x[, 1] > 0.5)
    model <- keras_model_sequential(input_shape = 4) |>
      layer_dense(units = 2, activation = "relu") |>
      layer_dense(units = 1, activation = "sigmoid") |>
      compile("rmsprop", loss = "binary_crossentropy", metrics = "accuracy")
    history <- model |> fit(x, y, epochs = 2, verbose = 0)
    stopifnot(length(history$metrics$loss) == 2)
    cat(commandArgs(TRUE), "\n")
""")
rkeras = Path(sys.executable).with_name("rkeras")
done = subprocess.run(
    [rkeras, "run", "analysis.R", "an argument"], capture_output=True, text=True
)
assert done.returncode == 0, done.stderr
assert done.stdout.endswith("an argument \n"), done.stdout

with r.session() as R:
    R.run("library(keras); model <- keras_model_sequential(input_shape = 4)")
    assert type(R["model"]).__module__.startswith("keras.")
