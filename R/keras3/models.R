# Building models, and looking into them: layers, weights, parameter counts, summaries.

.model_class <- "keras.src.models.model.Model"
.layer_class <- "keras.src.layers.layer.Layer"

keras_model_sequential <- function(input_shape = NULL, name = NULL, ..., input_dtype = NULL,
                                   input_batch_size = NULL, input_sparse = NULL,
                                   input_ragged = NULL, input_batch_shape = NULL,
                                   input_name = NULL, input_tensor = NULL,
                                   input_optional = FALSE, trainable = TRUE,
                                   layers = list()) {
  args <- .supplied(1L)
  if (.holds_layers(args$input_shape)) {
    stop("`layers` must be passed in as a named argument, ",
         "as in keras_model_sequential(layers = list(...))")
  }
  .sequential(args)
}

.holds_layers <- function(x) {
  inherits(x, .layer_class) || (is.list(x) && any(vapply(x, inherits, NA, .layer_class)))
}

# What is not the model's own describes an input layer, which is put first.
.sequential <- function(args, call = sys.call(-1L)) {
  if ("layers" %in% names(args) && !is.list(args$layers)) args$layers <- list(args$layers)
  own <- c("name", "trainable", "layers")
  input <- args[setdiff(names(args), own)]
  names(input) <- sub("^input_(?!tensor$)", "", names(input), perl = TRUE)
  input <- input[!vapply(input, is.null, NA)]
  if (identical(input$optional, FALSE)) input$optional <- NULL
  layers <- args$layers
  if (length(input)) layers <- c(list(.input_layer(input, call)), layers)
  model <- args[intersect(own, names(args))]
  model$layers <- unname(layers)
  .py_call("keras.Sequential", model, call = call)
}

.input_layer <- function(args, call) {
  for (name in intersect(c("shape", "batch_shape"), names(args))) {
    args[[name]] <- .shape_tuple(args[[name]])
  }
  for (name in intersect("batch_size", names(args))) args[[name]] <- as.integer(args[[name]])
  .py_call("keras.layers.InputLayer", args, call = call)
}

keras_model <- function(inputs = NULL, outputs = NULL, ...) {
  .py_call("keras.Model", c(lapply(list(inputs = inputs, outputs = outputs), .alone), list(...)))
}

# A list of one tensor stands for the tensor.
.alone <- function(x) {
  if (is.list(x) && !.is_py(x) && length(x) == 1L && is.null(names(x))) x[[1L]] else x
}

# Calling a layer or model adds it to a Sequential model, else applies it to data.
.method(".py_invoke", .layer_class, function(object, ...) {
  args <- list(...)
  first <- if (length(args)) args[[1L]]
  alone <- length(args) == 1L && !nzchar(c(names(args), "")[1L])
  if (alone && .is_sequential(first) && !.is_sequential(object)) {
    .py_method(first, "add", list(object), call = sys.call(-2L))
    return(invisible(first))
  }
  .py_call(object, args, call = sys.call(-2L))
})

.method(".py_invoke", "keras.src.initializers.initializer.Initializer", function(object, shape, ...) {
  .py_call(object, list(.shape_tuple(shape), ...), call = sys.call(-2L))
})

.with_float_arrays <- function(object, ...) {
  .py_call(object, lapply(list(...), .float_array), call = sys.call(-2L))
}
.method(".py_invoke", c("keras.src.losses.loss.Loss", "keras.src.metrics.metric.Metric"),
        .with_float_arrays)

# A vector or array of R's as an array of Keras's float type.
.float_array <- function(x) {
  if (!is.double(x) || is.object(x)) return(x)
  .py_call("numpy.asarray", list(as.array(x), dtype = config_floatx()), convert = FALSE)
}

# Layers of a model ------------------------------------------------------------------------

get_layer <- function(object, name = NULL, index = NULL) {
  call <- sys.call()
  .py_method(object, "get_layer", list(name = name, index = .layer_index(index, call)))
}

.layer_index <- function(index, call) {
  if (is.null(index)) return(NULL)
  if (length(index) != 1L || is.na(index) || index == 0 || index != trunc(index)) {
    stop(simpleError(paste0(
      "get_layer(): `index` counts the layers from 1, or from the end with negative numbers; ",
      "received ", deparse(index)), call))
  }
  if (index > 0) as.integer(index) - 1L else as.integer(index)
}

pop_layer <- function(object, rebuild = TRUE) {
  .py_call("rkeras_port.models.pop_layer", list(object, rebuild = rebuild))
}

freeze_weights <- function(object, from = NULL, to = NULL, which = NULL) {
  .set_trainable(object, FALSE, from, to, which)
}

unfreeze_weights <- function(object, from = NULL, to = NULL, which = NULL) {
  .set_trainable(object, TRUE, from, to, which)
}

# The layers chosen get the value, all others its opposite; without a choice it is the
# object itself.
.set_trainable <- function(object, value, from, to, which, call = sys.call(-1L)) {
  if (is.null(from) && is.null(to) && is.null(which)) {
    .ask("set_attr", list(object, "trainable", value), call)
    return(invisible(object))
  }
  layers <- object$layers
  chosen <- .chosen_layers(layers, from, to, which, call)
  # A model that is frozen as a whole would hide what its layers say.
  .ask("set_attr", list(object, "trainable", TRUE), call)
  for (i in seq_along(layers)) {
    .ask("set_attr", list(layers[[i]], "trainable", if (chosen[i]) value else !value), call)
  }
  invisible(object)
}

# Which layers are meant, as a logical vector.
.chosen_layers <- function(layers, from, to, which, call) {
  refuse <- function(...) stop(simpleError(paste0(...), call))
  n <- length(layers)
  names <- vapply(layers, function(layer) layer$name, "")
  place <- function(one, argument) {
    found <- if (is.character(one)) match(one, names)
      else if (.is_py(one)) Position(function(layer) .ask("same", list(layer, one), NULL), layers)
      else if (one < 0) n + 1 + one else one
    if (is.na(found) || found < 1 || found > n || found != trunc(found)) {
      refuse("`", argument, "` must be one of the layers ", paste(names, collapse = ", "),
             ", numbered from 1; received ", if (.is_py(one)) "another layer" else one)
    }
    as.integer(found)
  }
  if (is.null(which)) {
    first <- if (is.null(from)) 1L else place(from, "from")
    last <- if (is.null(to)) n else place(to, "to")
    if (first > last) refuse("`from` must not come after `to`")
    return(seq_len(n) %in% first:last)
  }
  if (!is.null(from) || !is.null(to)) refuse("`which` cannot be combined with `from` or `to`")
  if (inherits(which, "formula")) which <- .formula_function(which)
  if (is.function(which) && !.is_py(which)) {
    which <- vapply(layers, function(layer) isTRUE(which(layer)), NA)
  }
  if (is.logical(which)) {
    if (length(which) != n) {
      refuse("`which` must have one value for each of the ", n, " layers; received ",
             length(which))
    }
    return(which)
  }
  wanted <- if (.is_py(which)) list(which) else as.list(which)
  seq_len(n) %in% vapply(wanted, place, 0L, "which")
}

.formula_function <- function(formula) {
  fun <- function(.x) NULL
  body(fun) <- formula[[length(formula)]]
  environment(fun) <- environment(formula)
  fun
}

# Weights ----------------------------------------------------------------------------------

get_weights <- function(object, trainable = NA) {
  if (is.na(trainable)) return(as.list(.py_method(object, "get_weights")))
  values <- if (trainable) object$trainable_weights else object$non_trainable_weights
  lapply(values, .values)
}

# A plain vector stands for a one-dimensional weight.
set_weights <- function(object, weights) {
  weights <- lapply(weights, function(w) if (is.atomic(w) && is.null(dim(w))) as.array(w) else w)
  .py_call("rkeras_port.models.set_weights", list(object, weights))
  invisible(object)
}

count_params <- function(object) .py_call("rkeras_port.models.count_params", list(object))

quantize_weights <- function(object, mode, ...) {
  .py_method(object, "quantize", list(mode, ...))
  invisible(object)
}

reset_state <- function(object) {
  verbs <- c("reset_state", "reset_states")
  verb <- Find(function(verb) .ask("has_attr", list(object, verb), NULL), verbs)
  if (is.null(verb)) stop("`object` keeps no state; received ", class(object)[1L])
  .py_method(object, verb)
  invisible(object)
}

get_state_tree <- function(object, value_format = "backend_tensor") {
  format <- if (value_format == "array") "numpy_array" else value_format
  convert <- if (value_format == "numpy_array") FALSE
  .py_method(object, "get_state_tree", list(format), convert = convert)
}

set_state_tree <- function(object, state_tree) {
  .py_method(object, "set_state_tree", list(state_tree))
  invisible(object)
}

# Configurations and copies ------------------------------------------------------------------

clone_model <- function(model, input_tensors = NULL, clone_function = NULL,
                        call_function = NULL, recursive = FALSE, ...) {
  .py_call("keras.models.clone_model", .supplied(1L))
}

get_config <- function(object) {
  config <- .py_method(object, "get_config")
  attr(config, "__class__") <- .ask("get_attr", list(object, "__class__"), sys.call())
  config
}

from_config <- function(config, custom_objects = NULL) {
  class <- attr(config, "__class__", exact = TRUE)
  if (is.null(class)) {
    stop("`config` must come from get_config(): it has lost the class it belongs to, ",
         "or was saved in another session")
  }
  attr(config, "__class__") <- NULL
  with_custom_object_scope(custom_objects, .py_method(class, "from_config", list(config)))
}

# Summaries ------------------------------------------------------------------------------------

.format_model <- function(x, line_length = min(getOption("width"), 180), positions = NULL,
                          expand_nested = FALSE, show_trainable = NA, ...,
                          layer_range = NULL, compact = TRUE) {
  if (is.na(show_trainable)) {
    show_trainable <- isTRUE(x$built) && length(x$non_trainable_weights) > 0L
  }
  args <- list(line_length = as.integer(line_length), show_trainable = show_trainable,
               expand_nested = expand_nested)
  if (!is.null(positions)) args$positions <- positions
  if (!is.null(layer_range)) args$layer_range <- layer_range
  .py_call("rkeras_port.r.models.summary_text", list(x, args, compact))
}
.method("format", .model_class, .format_model)
.method("print", .model_class, function(x, ...) {
  cat(.format_model(x, ...), "\n", sep = "")
  invisible(x)
})
.method("summary", .model_class, function(object, ...) {
  text <- .format_model(object, ...)
  cat(text, "\n", sep = "")
  invisible(text)
})
registerS3method("str", .model_class, function(object, ...) {
  cat(.format_model(object), "\n", sep = "")
  invisible()
}, envir = asNamespace("utils"))

.method("plot", .model_class, function(x, show_shapes = FALSE, show_dtype = FALSE,
                                       show_layer_names = FALSE, ..., rankdir = "TB",
                                       expand_nested = FALSE,
                                       dpi = getOption("keras.plot.model.dpi", 200L),
                                       layer_range = NULL, show_layer_activations = FALSE,
                                       show_trainable = NA, to_file = NULL) {
  file <- if (is.null(to_file)) tempfile(fileext = ".png") else to_file
  if (is.na(show_trainable)) show_trainable <- length(x$non_trainable_weights) > 0L
  .py_call("keras.utils.plot_model", list(
    x, to_file = file, show_shapes = show_shapes, show_dtype = show_dtype,
    show_layer_names = show_layer_names, rankdir = rankdir, expand_nested = expand_nested,
    dpi = as.integer(dpi), layer_range = layer_range,
    show_layer_activations = show_layer_activations, show_trainable = show_trainable, ...))
  if (!file.exists(file)) {
    stop("plot() of a model needs the Python package pydot and the program graphviz")
  }
  if (is.null(to_file)) {
    if (isTRUE(getOption("knitr.in.progress"))) return(knitr::include_graphics(file))
    if (requireNamespace("png", quietly = TRUE)) {
      graphics::plot.new()
      graphics::rasterImage(png::readPNG(file), 0, 0, 1, 1)
    } else message("The plot is in ", file)
  }
  invisible()
})
