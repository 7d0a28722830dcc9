# Training by generators, predictions as classes, and one batch at a time.

# fit() counts epochs as the attached generation does.
.first_epoch <- function(initial_epoch) {
  if (keras3:::.legacy()) initial_epoch else initial_epoch + 1L
}

fit_generator <- function(object, generator, steps_per_epoch, epochs = 1,
                          verbose = getOption("keras.fit_verbose", default = 1),
                          callbacks = NULL,
                          view_metrics = getOption("keras.view_metrics", default = "auto"),
                          validation_data = NULL, validation_steps = NULL, class_weight = NULL,
                          max_queue_size = 10, workers = 1, initial_epoch = 0) {
  args <- list(callbacks = callbacks, validation_data = validation_data,
               validation_steps = validation_steps, class_weight = class_weight,
               steps_per_epoch = if (!missing(steps_per_epoch)) steps_per_epoch)
  args <- args[!vapply(args, is.null, NA)]
  invisible(do.call(fit, c(
    list(object, generator), args,
    list(epochs = epochs, verbose = verbose, initial_epoch = .first_epoch(initial_epoch)))))
}

evaluate_generator <- function(object, generator, steps, max_queue_size = 10, workers = 1,
                               callbacks = NULL) {
  args <- list(callbacks = callbacks, steps = if (!missing(steps)) steps)
  args <- args[!vapply(args, is.null, NA)]
  do.call(evaluate, c(list(object, generator), args, list(verbose = 0)))
}

predict_generator <- function(object, generator, steps, max_queue_size = 10, workers = 1,
                              verbose = 0, callbacks = NULL) {
  args <- list(callbacks = callbacks, steps = if (!missing(steps)) steps)
  args <- args[!vapply(args, is.null, NA)]
  do.call(stats::predict, c(list(object, generator), args, list(verbose = verbose)))
}

predict_proba <- function(object, x, batch_size = NULL, verbose = 0, steps = NULL) {
  args <- .supplied(1L)
  args$verbose <- verbose
  do.call(stats::predict, args)
}

# The number of the class from 0: the largest output, or above one half for a single one.
predict_classes <- function(object, x, batch_size = NULL, verbose = 0, steps = NULL) {
  args <- .supplied(1L)
  args$verbose <- verbose
  p <- do.call(stats::predict, args)
  if (ncol(p) > 1L) array(max.col(p, ties.method = "first") - 1L)
  else array(as.integer(p > 0.5), dim(p))
}

train_on_batch <- .forward("train_on_batch", alist(object = , x = , y = , class_weight = NULL,
                                                   sample_weight = NULL))
test_on_batch <- .without("test_on_batch", "...")
formals(test_on_batch)$y <- quote(expr = )

generator_next <- function(generator, completed = NULL) {
  if (is.function(generator) && !.is_py(generator)) return(generator())
  iter_next(as_iterator(generator), completed)
}

timeseries_generator <- function(data, targets, length, sampling_rate = 1, stride = 1,
                                 start_index = 0, end_index = NULL, shuffle = FALSE,
                                 reverse = FALSE, batch_size = 128) {
  .py_call("keras._tf_keras.keras.preprocessing.sequence.TimeseriesGenerator", list(
    keras_array(data), keras_array(targets), as.integer(length),
    sampling_rate = as.integer(sampling_rate), stride = as.integer(stride),
    start_index = as.integer(start_index), end_index = if (!is.null(end_index)) as.integer(end_index),
    shuffle = shuffle, reverse = reverse, batch_size = as.integer(batch_size)))
}
