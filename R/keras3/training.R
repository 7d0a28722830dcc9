# Training: compile, fit, evaluate, predict, and their forms for one batch.

fit <- .generic("fit", "generics", function(object, ...) UseMethod("fit"))
compile <- .generic("compile", "generics", function(object, ...) UseMethod("compile"))
generate <- .generic("generate", "generics", function(x, ...) UseMethod("generate"))
evaluate <- function(object, ...) UseMethod("evaluate")

# Which of the two packages decides the order and the defaults of arguments: the one that
# is attached, or was attached last.
.legacy <- function() {
  attached <- match(c("package:keras", "package:keras3"), search())
  !is.na(attached[1L]) && (is.na(attached[2L]) || attached[1L] < attached[2L])
}

# Call a training verb with what was supplied. `object` comes first; what is not for
# Keras is left out.
.train <- function(verb, supplied, call) {
  object <- supplied[[1L]]
  args <- supplied[-1L]
  if (!all(nzchar(.names_of(args)))) {
    stop(simpleError(paste0(
      verb, "(): all arguments after the data must have names; received ",
      sum(!nzchar(.names_of(args))), " without one"), .plain_call(call)))
  }
  .ask("model", list(object, verb, .named(args), isTRUE(getOption("rkeras.sparse", TRUE)),
                     isTRUE(getOption("rkeras.checks", TRUE))), call)
}

# "auto" is what suits the place: one line per epoch in a document, silence in tests.
.verbose <- function(verbose) {
  if (!identical(verbose, "auto")) return(as.integer(verbose))
  if (isTRUE(getOption("knitr.in.progress"))) return(2L)
  if (identical(Sys.getenv("TESTTHAT"), "true")) return(0L)
  "auto"
}

.method("compile", .model_class, function(object, ...) {
  args <- if (.legacy()) .compile_legacy(object, ...) else .compile_keras3(object, ...)
  .train("compile", args, sys.call())
  invisible(object)
})

.compile_keras3 <- function(object, optimizer = "rmsprop", loss = NULL, metrics = NULL, ...,
                            loss_weights = NULL, weighted_metrics = NULL, run_eagerly = FALSE,
                            steps_per_execution = 1L, jit_compile = "auto",
                            auto_scale_loss = TRUE) {
  .supplied(1L)
}

.compile_legacy <- function(object, optimizer = NULL, loss = NULL, metrics = NULL,
                            loss_weights = NULL, weighted_metrics = NULL, run_eagerly = NULL,
                            steps_per_execution = NULL, ..., target_tensors = NULL,
                            sample_weight_mode = NULL) {
  args <- .known(.supplied(1L), "compile", .compile_legacy, c("jit_compile", "auto_scale_loss"))
  args[setdiff(names(args), c("target_tensors", "sample_weight_mode"))]
}

# The older package took anything in `...` and looked at none of it: what Keras knows is
# passed on, the rest left out and said.
.known <- function(args, verb, fun, further = NULL) {
  args <- args[!vapply(args, is.null, NA)]
  unknown <- setdiff(names(args), c(names(formals(fun)), further, ""))
  for (name in unknown) {
    .note(paste0(verb, "(): `", name, "` is no argument that Keras knows; it was left out"))
  }
  args[!names(args) %in% unknown]
}

.method("fit", .model_class, function(object, ...) {
  args <- if (.legacy()) .fit_legacy(object, ...) else .fit_keras3(object, ...)
  result <- .train("fit", args, sys.call())
  if (.legacy()) result$metrics <- .training_first(result$metrics)
  invisible(.as_history(result, args$validation_freq))
})

.fit_keras3 <- function(object, x = NULL, y = NULL, ..., batch_size = NULL, epochs = 1L,
                        callbacks = NULL, validation_split = 0, validation_data = NULL,
                        shuffle = TRUE, class_weight = NULL, sample_weight = NULL,
                        initial_epoch = 1L, steps_per_epoch = NULL, validation_steps = NULL,
                        validation_batch_size = NULL, validation_freq = 1L,
                        verbose = getOption("keras.verbose", default = "auto"),
                        view_metrics = getOption("keras.view_metrics", default = "auto")) {
  args <- .supplied(1L)
  args$verbose <- .verbose(verbose)
  args$view_metrics <- NULL
  args
}

# R counts epochs from 0 here, as Python does, and from 1 in keras3.
.fit_legacy <- function(object, x = NULL, y = NULL, batch_size = NULL, epochs = 10L,
                        verbose = getOption("keras.fit_verbose", default = "auto"),
                        callbacks = NULL,
                        view_metrics = getOption("keras.view_metrics", default = "auto"),
                        validation_split = 0, validation_data = NULL, shuffle = TRUE,
                        class_weight = NULL, sample_weight = NULL, initial_epoch = 0L,
                        steps_per_epoch = NULL, validation_steps = NULL, ...) {
  args <- .known(.supplied(1L), "fit", .fit_legacy, c("validation_batch_size", "validation_freq"))
  args$epochs <- epochs
  args$verbose <- .verbose(verbose)
  args$initial_epoch <- initial_epoch + 1L
  args$view_metrics <- NULL
  args
}

.method("evaluate", .model_class, function(object, ...) {
  args <- if (.legacy()) .evaluate_legacy(object, ...) else .evaluate_keras3(object, ...)
  result <- .train("evaluate", args, sys.call())
  if (.legacy()) .loss_first(result) else result
})

.evaluate_keras3 <- function(object, x = NULL, y = NULL, ..., batch_size = NULL,
                             verbose = getOption("keras.verbose", default = "auto"),
                             sample_weight = NULL, steps = NULL, callbacks = NULL) {
  args <- .supplied(1L)
  args$verbose <- .verbose(verbose)
  args
}

.evaluate_legacy <- function(object, x = NULL, y = NULL, batch_size = NULL, verbose = "auto",
                             sample_weight = NULL, steps = NULL, callbacks = NULL, ...) {
  args <- .known(.supplied(1L), "evaluate", .evaluate_legacy)
  args$verbose <- .verbose(verbose)
  args
}

# The loss before the metrics, what was trained on before the validation.
.training_first <- function(metrics) {
  validation <- startsWith(names(metrics), "val_")
  metrics[order(validation, sub("^val_", "", names(metrics)) != "loss")]
}

# A named vector, the loss before the metrics.
.loss_first <- function(results) {
  results <- unlist(results)
  results[order(names(results) != "loss")]
}

.method("predict", .model_class, function(object, ...) {
  args <- if (.legacy()) .predict_legacy(object, ...) else .predict_keras3(object, ...)
  .train("predict", args, sys.call())
})

.predict_keras3 <- function(object, x, ..., batch_size = NULL,
                            verbose = getOption("keras.verbose", default = "auto"),
                            steps = NULL, callbacks = NULL) {
  args <- .supplied(1L)
  args$verbose <- .verbose(verbose)
  args
}

.predict_legacy <- function(object, x, batch_size = NULL, verbose = "auto", steps = NULL,
                            callbacks = NULL, ...) {
  args <- .known(.supplied(1L), "predict", .predict_legacy)
  args$verbose <- .verbose(verbose)
  args
}

# One batch --------------------------------------------------------------------------------

predict_on_batch <- function(object, x) .train("predict_on_batch", .supplied(1L), sys.call())

train_on_batch <- function(object, x, y = NULL, sample_weight = NULL, class_weight = NULL) {
  .train("train_on_batch", .supplied(1L), sys.call())
}

test_on_batch <- function(object, x, y = NULL, sample_weight = NULL, ...) {
  .train("test_on_batch", .supplied(1L), sys.call())
}
