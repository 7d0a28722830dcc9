# Building models: layers come first, what describes the input in `...`.

keras_model_sequential <- function(layers = NULL, name = NULL, ...) {
  args <- .supplied(1L)
  # As in keras3, a number or a vector is a shape.
  if (is.numeric(layers)) names(args)[names(args) == "layers"] <- "input_shape"
  args <- args[!vapply(args, is.null, NA)]
  if ("input_layer_name" %in% names(args)) {
    names(args)[names(args) == "input_layer_name"] <- "input_name"
  }
  keras3:::.sequential(args)
}

keras_model <- .forward("keras_model", alist(inputs = , outputs = NULL, ... = ))
clone_model <- .without("clone_model", c("call_function", "recursive", "..."))
pop_layer <- .without("pop_layer", "rebuild")

# A model whose call is written in R: `model_fn` keeps layers in its argument `self` and
# returns what is done with them.
keras_model_custom <- function(model_fn, name = NULL) {
  parts <- new.env(parent = emptyenv())
  class <- .py_class("CustomModel", "keras.Model", members = list(
    initialize = function(name = NULL) super$initialize(name = name),
    call = function(inputs, mask = NULL, training = NULL) {
      args <- list(inputs, mask = mask, training = training)
      known <- names(formals(parts$call))
      do.call(parts$call, if ("..." %in% known) args else args[names(args) %in% c("", known)])
    }))
  model <- .py_call(class, list(name = name))
  parts$call <- model_fn(model)
  model
}

# Data for a tensor: arrays keep their shape, vectors get one, doubles Keras's float type.
keras_array <- function(x, dtype = NULL) {
  if (is.null(x) || .is_py(x)) return(x)
  if (is.list(x)) return(lapply(x, keras_array, dtype = dtype))
  if (is.null(dtype) && is.double(x)) dtype <- .py_call("keras.config.floatx")
  .py_call("numpy.array", list(as.array(x), dtype = dtype, order = "C"), convert = FALSE)
}

hdf5_matrix <- function(datapath, dataset, start = 0, end = NULL, normalizer = NULL) {
  .py_call("rkeras_port.r.legacy_data.hdf5_matrix", list(
    path.expand(datapath), dataset, as.integer(start),
    if (!is.null(end)) as.integer(end), normalizer), convert = FALSE)
}

# Nodes of shared layers ------------------------------------------------------------------
#
# A layer that is called several times has a node for each call, counted from 1.

.node_value <- function(object, node_index, what, call = sys.call(-1L)) {
  .py_call("rkeras_port.r.legacy_data.node_value",
           list(object, as.integer(node_index), what), call = call)
}
get_input_at <- function(object, node_index) .node_value(object, node_index, "input")
get_output_at <- function(object, node_index) .node_value(object, node_index, "output")
get_input_shape_at <- function(object, node_index) .node_value(object, node_index, "input_shape")
get_output_shape_at <- function(object, node_index) {
  .node_value(object, node_index, "output_shape")
}
get_input_mask_at <- function(object, node_index) .node_value(object, node_index, "input_mask")
get_output_mask_at <- function(object, node_index) {
  .node_value(object, node_index, "output_mask")
}

# Of a model: of its layers that keep a state.
reset_states <- function(object) {
  if (!inherits(object, keras3:::.model_class)) return(keras3::reset_state(object))
  for (layer in object$layers) {
    stateful <- .ask("has_attr", list(layer, "stateful"), NULL) && isTRUE(layer$stateful)
    if (stateful || inherits(layer, keras3:::.model_class)) reset_states(layer)
  }
  invisible(object)
}
