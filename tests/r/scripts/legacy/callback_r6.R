# A callback class of R6 that keeps what happened, beside ready-made ones.
library(keras)
library(R6)

LossHistory <- R6Class("LossHistory",
  inherit = KerasCallback,
  public = list(
    losses = NULL,
    epochs = NULL,
    began = FALSE,
    on_train_begin = function(logs = list()) self$began <- TRUE,
    on_batch_end = function(batch, logs = list()) {
      self$losses <- c(self$losses, logs[["loss"]])
    },
    on_epoch_end = function(epoch, logs = list()) {
      self$epochs <- c(self$epochs, epoch)
      if (epoch == 2) self$model$stop_training <- TRUE
    }
  )
)

x <- matrix(c(0, 1, 2, 3, 4, 5), 6)
y <- 2 * x
model <- keras_model_sequential() %>%
  layer_dense(units = 1, input_shape = 1, kernel_initializer = initializer_constant(0))
model %>% compile(optimizer = optimizer_sgd(lr = 0.01), loss = "mean_squared_error")

history_of_losses <- LossHistory$new()
log_file <- tempfile(fileext = ".csv")
checkpoint <- file.path(tempdir(), "best.hdf5")
history <- model %>% fit(
  x, y, epochs = 5, batch_size = 2, verbose = 0,
  callbacks = list(
    history_of_losses,
    callback_csv_logger(log_file),
    callback_model_checkpoint(checkpoint, monitor = "loss", save_best_only = TRUE),
    callback_learning_rate_scheduler(function(epoch) 0.01 / (epoch + 1))
  )
)
best <- load_model_hdf5(checkpoint)
stopifnot(
  history_of_losses$began,
  length(history_of_losses$losses) == 9,
  identical(as.numeric(history_of_losses$epochs), c(0, 1, 2)),
  length(history$metrics$loss) == 3,
  identical(utils::read.csv(log_file)$epoch, 0:2),
  isTRUE(all.equal(get_weights(best), get_weights(model))),
  isTRUE(all.equal(as.numeric(model$optimizer$learning_rate), 0.01 / 3, tolerance = 1e-5))
)
