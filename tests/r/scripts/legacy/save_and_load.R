# A model through files, bytes, text and back.
library(keras)

set.seed(9)
x <- matrix(rnorm(60), 20)
y <- rowSums(x) > 0
model <- keras_model_sequential(list(
  layer_dense(units = 4, activation = "tanh", input_shape = 3),
  layer_dense(units = 1, activation = "sigmoid")
))
model %>% compile(optimizer = "adam", loss = "binary_crossentropy", metrics = "mae")
model %>% fit(x, y, epochs = 2, verbose = 0)
expected <- model %>% predict(x, verbose = 0)

dir <- tempfile()
dir.create(dir)
whole <- file.path(dir, "model.hdf5")
model %>% save_model_hdf5(whole)
model %>% save_model_hdf5(whole)
from_file <- load_model_hdf5(whole)
from_file %>% fit(x, y, epochs = 1, verbose = 0)

folder <- file.path(dir, "saved_model")
model %>% save_model_tf(folder)
from_tf <- load_model_tf(folder)

weights <- file.path(dir, "weights.h5")
model %>% save_model_weights_hdf5(weights)
json <- model_to_json(model)
from_json <- model_from_json(json)
from_json %>% load_model_weights_hdf5(weights)

bytes <- serialize_model(model)
saveRDS(bytes, file.path(dir, "model.rds"))
from_bytes <- unserialize_model(readRDS(file.path(dir, "model.rds")))
copy <- from_config(get_config(model))
set_weights(copy, get_weights(model))

yaml <- tryCatch(model_to_yaml(model), error = conditionMessage)
close <- function(m) isTRUE(all.equal(predict(m, x, verbose = 0), expected, tolerance = 1e-6))
stopifnot(
  is.raw(bytes), file.exists(weights),
  close(from_tf), close(from_json), close(from_bytes), close(copy),
  !close(from_file),
  grepl("model_to_json", yaml)
)
