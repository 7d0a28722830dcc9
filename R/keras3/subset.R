# op_subset(x, i, j:k, ): parts of tensors as R counts, on symbolic tensors too.

newaxis <- NULL

op_subset <- function(x, ...) {
  .py_call("rkeras_port.r.operations.subset",
           list(x, .parts(eval(substitute(alist(...))), parent.frame())))
}

`op_subset<-` <- function(x, ..., value) {
  .assign_subset(x, eval(substitute(alist(...))), value, parent.frame(), sys.call())
}

op_subset_set <- function(x, ..., value) {
  .assign_subset(x, eval(substitute(alist(...))), value, parent.frame(), sys.call())
}

.assign_subset <- function(x, exprs, value, env, call) {
  if (!.is_py(value)) value <- as.array(value)
  if (!is.null(dim(value)) && length(value) == 1L && !.is_py(value)) value <- value[[1L]]
  .py_call("rkeras_port.r.operations.assign_subset", list(x, .parts(exprs, env), value), call = call)
}

# A list of what Python understands; vectors of places stay lists.
.parts <- function(exprs, env) {
  parts <- lapply(exprs, tensorflow:::.tensor_index, env = env)
  parts <- lapply(parts, function(part) {
    if (length(part) > 1L && !.is_py(part)) as.list(part) else part
  })
  .py_call("builtins.list", list(parts), convert = FALSE)
}
