# Sourced first: how the functions of this package reach tf.data.

.dataset_class <- "tensorflow.python.data.ops.dataset_ops.DatasetV2"

# A method of a dataset with the arguments that are not NULL; the function that was called
# is named in errors.
.transform <- function(dataset, method, args = list(), call = sys.call(-1L)) {
  function_name <- as.character(call[[1L]])
  args <- args[!vapply(args, is.null, NA)]
  .py_call("rkeras_port.r.tfdata.transformed",
           list(utils::tail(function_name, 1L), dataset, method, .named(args)), call = call)
}

.tf_data <- function(name, args = list(), call = sys.call(-1L)) {
  .py_call(paste0("tensorflow.data.", name), args[!vapply(args, is.null, NA)], call = call)
}
