# Walking through Python iterables.

as_iterator <- function(x) {
  if (inherits(x, "python.builtin.iterator")) return(x)
  .ask("iterator", list(x), sys.call())
}

iter_next <- function(it, completed = NULL) {
  item <- .ask("next_item", list(it), sys.call())
  if (is.null(item)) completed else item[[1L]]
}

iterate <- function(it, f = base::identity, simplify = TRUE) {
  it <- as_iterator(it)
  results <- list()
  while (!is.null(item <- .ask("next_item", list(it), sys.call()))) {
    results[length(results) + 1L] <- list(f(item[[1L]]))
  }
  if (simplify) .simplified(results) else results
}

# A vector when every result is one value of the same kind.
.simplified <- function(results) {
  plain <- vapply(results, function(x) is.atomic(x) && length(x) == 1L && is.null(dim(x)), NA)
  if (!length(results) || !all(plain)) return(results)
  kinds <- unique(vapply(results, typeof, ""))
  if (length(kinds) == 1L) unlist(results) else results
}

# An R function as a Python generator, which ends where it returns `completed`.
py_iterator <- function(fn, completed = NULL, prefetch = 0L) {
  .py_call("rkeras_port.r.generators.from_r", list(fn, completed))
}
