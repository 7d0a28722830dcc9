# A generator of batches written in R, for training, validation and prediction.
library(keras)

series <- data.matrix(data.frame(t = sin(1:200 / 5), p = cos(1:200 / 9)))
generator <- function(data, lookback, delay, min_index, max_index, batch_size = 16, step = 2) {
  i <- min_index + lookback
  function() {
    if (i + batch_size >= max_index) i <<- min_index + lookback
    rows <- c(i:min(i + batch_size - 1, max_index))
    i <<- i + length(rows)
    samples <- array(0, dim = c(length(rows), lookback / step, dim(data)[[-1]]))
    targets <- array(0, dim = c(length(rows)))
    for (j in 1:length(rows)) {
      indices <- seq(rows[[j]] - lookback, rows[[j]] - 1, length.out = dim(samples)[[2]])
      samples[j, , ] <- data[indices, ]
      targets[[j]] <- data[rows[[j]] + delay, 1]
    }
    list(samples, targets)
  }
}
train_gen <- generator(series, 8, 1, 1, 140)
val_gen <- generator(series, 8, 1, 141, 195)

model <- keras_model_sequential() %>%
  layer_gru(units = 4, input_shape = list(NULL, dim(series)[[-1]])) %>%
  layer_dense(units = 1)
model %>% compile(optimizer = optimizer_rmsprop(), loss = "mae")
history <- model %>% fit_generator(
  train_gen,
  steps_per_epoch = 5,
  epochs = 3,
  verbose = 0,
  validation_data = val_gen,
  validation_steps = 2
)
model %>% fit(train_gen, steps_per_epoch = 2, epochs = 1, verbose = 0)
p <- model %>% predict_generator(function() list(train_gen()[[1]]), steps = 2)

windows <- timeseries_generator(series, series[, 1], length = 8, batch_size = 10)
first <- generator_next(windows)
model %>% fit_generator(windows, epochs = 1, verbose = 0)
stopifnot(
  length(history$metrics$loss) == 3, length(history$metrics$val_loss) == 3,
  identical(dim(p), c(32L, 1L)),
  isTRUE(all.equal(first[[1]][1, , ], unname(series[1:8, ]), tolerance = 1e-6)),
  isTRUE(all.equal(as.vector(first[[2]])[1:2], unname(series[9:10, 1]), tolerance = 1e-6))
)
