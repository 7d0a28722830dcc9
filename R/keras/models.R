# Building models: layers come first, what describes the input in `...`.

keras_model_sequential <- function(layers = NULL, name = NULL, ...) {
  args <- .supplied(1L)
  # As in keras3, a number or a vector is a shape.
  if (is.numeric(layers)) names(args)[names(args) == "layers"] <- "input_shape"
  args <- args[!vapply(args, is.null, NA)]
  if ("input_layer_name" %in% names(args)) {
    names(args)[names(args) == "input_layer_name"] <- "input_name"
  }
  keras3:::.sequential(args)
}

to_categorical <- function(y, num_classes = NULL, dtype = "float32") {
  keras3::to_categorical(y, num_classes)
}

multi_gpu_model <- function(model, gpus = NULL, cpu_merge = TRUE, cpu_relocation = FALSE) {
  stop("multi_gpu_model() was removed from Keras; use a distribution strategy of TensorFlow")
}

use_implementation <- function(implementation = c("keras", "tensorflow")) {
  implementation <- match.arg(implementation)
  invisible()
}
implementation <- function() keras

# Training by generators, and predictions as classes ------------------------------------------

fit_generator <- function(object, generator, steps_per_epoch = NULL, epochs = 1, ...,
                          max_queue_size = 10, workers = 1) {
  fit(object, generator, steps_per_epoch = steps_per_epoch, epochs = epochs, ...)
}

evaluate_generator <- function(object, generator, steps = NULL, max_queue_size = 10,
                               workers = 1, callbacks = NULL) {
  evaluate(object, generator, steps = steps, callbacks = callbacks)
}

predict_generator <- function(object, generator, steps = NULL, max_queue_size = 10,
                              workers = 1, verbose = 0, callbacks = NULL) {
  stats::predict(object, generator, steps = steps, verbose = verbose, callbacks = callbacks)
}

predict_proba <- function(object, x, batch_size = NULL, verbose = 0, steps = NULL) {
  stats::predict(object, x, batch_size = batch_size, verbose = verbose, steps = steps)
}

# The number of the class from 0: the largest output, or above one half for a single one.
predict_classes <- function(object, x, batch_size = NULL, verbose = 0, steps = NULL) {
  p <- stats::predict(object, x, batch_size = batch_size, verbose = verbose, steps = steps)
  if (ncol(p) > 1L) array(max.col(p, ties.method = "first") - 1L)
  else array(as.integer(p > 0.5), dim(p))
}
