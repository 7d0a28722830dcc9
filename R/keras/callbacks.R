# Callbacks as R6 classes: what inherits from KerasCallback counts from 0 and returns nothing.

.events <- c("epoch_begin", "epoch_end", "batch_begin", "batch_end", "train_begin", "train_end",
             "train_batch_begin", "train_batch_end", "test_batch_begin", "test_batch_end",
             "test_begin", "test_end", "predict_batch_begin", "predict_batch_end",
             "predict_begin", "predict_end")

.on_index <- function(index, logs = NULL) NULL
.on_logs <- function(logs = NULL) NULL

if (requireNamespace("R6", quietly = TRUE)) {
  KerasCallback <- R6::R6Class(
    "KerasCallback",
    public = c(
      list(params = NULL, model = NULL,
           set_context = function(params = NULL, model = NULL) {
             self$params <- params
             self$model <- model
           }),
      stats::setNames(lapply(.events, function(event) {
        if (grepl("epoch|batch", event)) .on_index else .on_logs
      }), paste0("on_", .events))))
} else {
  KerasCallback <- list(new = function(...) stop("KerasCallback needs the R package R6"))
}

# In Python: a callback that calls the R6 object's methods.
.method("r_to_py", "KerasCallback", function(x, convert = FALSE) {
  bridge <- function(name) {
    fun <- x[[name]]
    if (is.null(formals(fun)) || length(formals(fun)) < 2L) {
      function(logs = NULL) {
        x$set_context(self$params, self$model)
        x[[name]](logs)
        NULL
      }
    } else {
      function(index, logs = NULL) {
        x$set_context(self$params, self$model)
        x[[name]](index, logs)
        NULL
      }
    }
  }
  names <- setdiff(paste0("on_", .events), c("on_batch_begin", "on_batch_end"))
  members <- stats::setNames(lapply(names, bridge), names)
  # Training batches had these names first.
  older <- c(on_train_batch_begin = "on_batch_begin", on_train_batch_end = "on_batch_end")
  for (name in names(older)) {
    overridden <- identical(body(x[[name]]), NULL)
    if (overridden) members[[name]] <- bridge(older[[name]])
  }
  .py_call(.py_class(class(x)[1L], "keras.callbacks.Callback", members = members))
})
