# Sourced first: what the other files use while they are loaded.

# Register an S3 method for one or more classes.
.method <- function(generic, class, fun) {
  for (one in class) registerS3method(generic, one, fun, envir = topenv(environment(fun)))
}

# An S3 generic: the one of another package when that is installed, so that attaching
# both masks nothing and methods of either work; else `fallback`.
.generic <- function(name, package, fallback) {
  if (requireNamespace(package, quietly = TRUE)) getExportedValue(package, name) else fallback
}

# One whole number, or NULL, or a Python object, for an argument that is named in errors.
.whole <- function(x, name = deparse(substitute(x)), call = .call_of(parent.frame())) {
  if (is.null(x) || .is_py(x)) return(x)
  if (length(x) != 1L || is.na(x) || !is.numeric(x) || x != trunc(x)) {
    stop(simpleError(paste0("`", name, "` must be one whole number; received ", deparse1(x)), call))
  }
  as.integer(x)
}

# The call whose frame an environment is. A promise may be forced further down, so it is
# not so many frames away.
.call_of <- function(frame) {
  for (n in rev(seq_along(sys.calls()))) {
    if (identical(sys.frame(n), frame)) return(.plain_call(sys.call(n)))
  }
}
