# op_subset(x, i, j:k, ): parts of tensors as R counts, on symbolic tensors too. Along an
# axis a number selects, a range or a vector of positions or of TRUE and FALSE takes
# several. One array of TRUE and FALSE alone takes the elements that it marks, one matrix
# with a column for each axis the elements that its rows name.

newaxis <- NULL

op_subset <- function(x, ...) {
  .subset_of(x, eval(substitute(alist(...))), parent.frame(), sys.call())
}

`op_subset<-` <- function(x, ..., value) {
  .assign_subset(x, eval(substitute(alist(...))), value, parent.frame(), sys.call())
}

op_subset_set <- function(x, ..., value) {
  .assign_subset(x, eval(substitute(alist(...))), value, parent.frame(), sys.call())
}

.subset_of <- function(x, exprs, env, call) {
  if (length(exprs) == 1L && !.is_range(exprs[[1L]])) {
    only <- eval(exprs[[1L]], env)
    if (.is_logical(only)) return(.operate_on("masked", list(x, only), call))
    if (.names_elements(only, x)) return(.operate_on("elements", list(x, only), call))
  }
  .operate_on("subset", list(x, .parts(exprs, env)), call)
}

.operate_on <- function(name, args, call) {
  .py_call(paste0("rkeras_port.r.operations.", name), args, call = call)
}

# The same part of a tensor of positions says where the values go.
.assign_subset <- function(x, exprs, value, env, call) {
  places <- .subset_of(.operate_on("places", list(x), call), exprs, env, call)
  if (!.is_py(value)) value <- as.array(value)
  .operate_on("assigned", list(x, places, value), call)
}

.is_range <- function(expr) {
  tensorflow:::.is_missing(expr) || (is.call(expr) && identical(expr[[1L]], quote(`:`)))
}

.is_logical <- function(x) (is.logical(x) && !anyNA(x)) || tensorflow:::.is_mask(x)

.names_elements <- function(places, x) {
  size <- dim(places)
  numeric <- is.numeric(places) || (.is_py(places) && grepl("^u?int", places$dtype$name))
  length(size) == 2L && size[2L] == length(dim(x)) && numeric
}

# A list of what Python understands; vectors of places stay lists.
.parts <- function(exprs, env) {
  parts <- lapply(exprs, function(expr) {
    if (!.is_range(expr)) {
      expr <- eval(expr, env)
      if (.is_logical(expr)) return(as.list(which(as.vector(as.array(expr))) - 1L))
      if (.is_py(expr) && length(dim(expr)) == 1L) expr <- as.vector(as.array(expr))
    }
    part <- tensorflow:::.tensor_index(expr, env)
    if (length(part) > 1L && !.is_py(part)) as.list(part) else part
  })
  .py_call("builtins.list", list(parts), convert = FALSE)
}
