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
