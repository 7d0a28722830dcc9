# with(context %as% name, expr): Python's context managers.

`%as%` <- function(object, name) {
  structure(list(object = object, name = as.character(substitute(name))), class = "py_context")
}

.within <- function(object, expr, name, env) {
  value <- .py_method(object, "__enter__")
  # The name stays, as in Python: a gradient tape is asked for gradients afterwards.
  if (!is.null(name)) assign(name, value, envir = env)
  left <- FALSE
  leave <- function(error = NULL) {
    left <<- TRUE
    isTRUE(.ask("leave_context", list(object, error), NULL))
  }
  # Also when a condition or a restart jumps out of `expr`.
  on.exit(if (!left) leave())
  result <- tryCatch(
    withVisible(eval(expr, env)),
    error = function(cond) if (leave(cond)) NULL else stop(cond))
  if (is.null(result)) return(invisible())
  leave()
  if (result$visible) result$value else invisible(result$value)
}

.method("with", "py_context", function(data, expr, ...) {
  .within(data$object, substitute(expr), data$name, parent.frame())
})
.method("with", "python.builtin.object", function(data, expr, as = NULL, ...) {
  name <- if (!missing(as)) as.character(substitute(as))
  .within(data, substitute(expr), name, parent.frame())
})
