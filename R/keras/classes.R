# Classes written in R, as the second generation had them: R6 classes that inherit from
# KerasLayer, KerasWrapper or KerasConstraint, and Layer() with its older formals.
# KerasCallback is in callbacks.R.

Layer <- function(classname, initialize, build = NULL, call = NULL, compute_output_shape = NULL,
                  ..., inherit = keras::keras$layers$Layer) {
  supplied <- .supplied(1L)
  supplied$inherit <- if (!missing(inherit)) inherit
  keras3:::.new_class("keras.layers.Layer", supplied, parent.frame(), layer = TRUE)
}

.class_formals <- function(...) c(alist(classname = , ... = ), list(...))
.here <- quote(parent.frame())
new_layer_class <- .forward("new_layer_class", .class_formals(
  initialize = NULL, build = NULL, call = NULL, get_config = NULL), parent_env = .here)
new_model_class <- .forward("new_model_class", .class_formals(
  initialize = NULL, call = NULL, train_step = NULL, predict_step = NULL, test_step = NULL,
  compute_loss = NULL, compute_metrics = NULL), parent_env = .here)
new_loss_class <- .forward("new_loss_class", .class_formals(call = NULL), parent_env = .here)
new_metric_class <- .forward("new_metric_class", c(.class_formals(), alist(
  initialize = , update_state = , result = )), parent_env = .here)
new_learning_rate_schedule_class <- .forward("new_learning_rate_schedule_class", c(
  .class_formals(initialize = NULL), alist(call = , get_config = NULL)), parent_env = .here)

# Epochs and batches count from 0, and what the methods return goes nowhere.
new_callback_class <- function(
    classname, ..., on_epoch_begin = NULL, on_epoch_end = NULL, on_train_begin = NULL,
    on_train_end = NULL, on_batch_begin = NULL, on_batch_end = NULL,
    on_predict_batch_begin = NULL, on_predict_batch_end = NULL, on_predict_begin = NULL,
    on_predict_end = NULL, on_test_batch_begin = NULL, on_test_batch_end = NULL,
    on_test_begin = NULL, on_test_end = NULL, on_train_batch_begin = NULL,
    on_train_batch_end = NULL) {
  supplied <- .supplied(1L)
  for (when in c("begin", "end")) {
    older <- paste0("on_batch_", when)
    newer <- paste0("on_train_batch_", when)
    if (is.null(supplied[[newer]])) supplied[[newer]] <- supplied[[older]]
    supplied[[older]] <- NULL
  }
  keras3:::.new_class("keras.callbacks.Callback", supplied, parent.frame())
}

mark_active <- function(x) keras3::mark_active(x)

# Layers and wrappers of R6 ------------------------------------------------------------------
#
# An R6 object holds what its methods need; a Python layer calls them. What the layer can
# do itself (weights, losses) it does for the object.

.r6_class <- function(classname, public, active) {
  if (!requireNamespace("R6", quietly = TRUE)) {
    return(list(classname = classname,
                new = function(...) stop(classname, " needs the R package R6")))
  }
  R6::R6Class(classname, public = public, active = active)
}

.layer_members <- list(
  python_layer = NULL,
  .set_py_layer = function(py_layer) self$python_layer <- py_layer,
  build = function(input_shape) invisible(),
  call = function(x, mask = NULL) stop("this class has no method call()"),
  add_weight = function(name, shape, dtype = NULL, initializer = NULL, regularizer = NULL,
                        trainable = TRUE, constraint = NULL) {
    args <- list(name = name, shape = keras3:::.shape_tuple(shape), dtype = dtype,
                 initializer = initializer, regularizer = regularizer, trainable = trainable,
                 constraint = constraint)
    args <- args[!vapply(args, is.null, NA)]
    .py_method(self$python_layer, "add_weight", args)
  },
  add_loss = function(losses, inputs = NULL) {
    .py_method(self$python_layer, "add_loss", list(losses))
    invisible()
  })

# Nothing else of the layer: classes of users name their fields as they like.
.layer_field <- function(name) {
  fun <- function(value) .ask("get_attr", list(self$python_layer, .field), NULL)
  body(fun) <- do.call(substitute, list(body(fun), list(.field = name)))
  fun
}
.layer_fields <- list(input = .layer_field("input"), output = .layer_field("output"))

KerasLayer <- .r6_class("KerasLayer", .layer_members, .layer_fields)

# A wrapper's layer is built and called with it.
KerasWrapper <- .r6_class(
  "KerasWrapper",
  c(utils::modifyList(.layer_members, list(
    build = function(input_shape) {
      if (!self$layer$built) .py_method(self$layer, "build", list(input_shape))
      invisible()
    },
    call = function(x, mask = NULL) .py_call(self$layer, list(x)),
    .set_py_layer = function(py_layer) {
      self$python_layer <- py_layer
      self$layer <- .ask("get_attr", list(py_layer, "layer"), NULL)
    })),
    list(layer = NULL, compute_output_shape = function(input_shape) {
      .py_method(self$layer, "compute_output_shape", list(input_shape))
    })),
  .layer_fields)

.common_arguments <- c("input_shape", "batch_input_shape", "batch_size", "dtype", "name",
                       "trainable", "weights")

create_layer <- function(layer_class, object, args = list()) {
  layer <- .created(layer_class, args, "keras.layers.Layer")
  if (missing(object) || is.null(object)) layer else invisible(.composed(layer, object))
}

create_wrapper <- function(wrapper_class, object, args = list()) {
  layer <- .created(wrapper_class, args, "keras.layers.Wrapper", own = "layer")
  if (missing(object) || is.null(object)) layer else invisible(.composed(layer, object))
}

.composed <- function(layer, object) {
  .py_call("rkeras_port.catalogue.compose.compose_layer", list(layer, object))
}

# An instance of a class: of R6, of Python, or by an R function that makes instances.
.created <- function(class, args, base, own = NULL, call = sys.call(-2L)) {
  args <- as.list(args)
  optional <- vapply(args, is.null, NA) & names(args) %in% .common_arguments
  args <- args[!optional]
  weights <- args$weights
  args$weights <- NULL
  for (name in intersect("batch_input_shape", names(args))) {
    args$input_shape <- as.list(args[[name]])[-1L]
    args[[name]] <- NULL
  }
  args$batch_size <- NULL
  if (!is.null(args$input_shape)) args$input_shape <- keras3:::.shape_tuple(args$input_shape)
  layer <- if (.is_layer_of_r6(class)) {
    .layer_of_r6(class, args, base, own)
  } else {
    .new_layer(keras3:::.class_of(class), args, call)
  }
  if (!is.null(weights)) .py_call("rkeras_port.r.legacy.give_weights", list(layer, weights))
  layer
}

.new_layer <- function(class, args, call = sys.call(-1L)) {
  .py_call("rkeras_port.r.legacy_data.make_layer", list(class, .named(args)), call = call)
}

.is_layer_of_r6 <- function(class) {
  if (!inherits(class, "R6ClassGenerator")) return(FALSE)
  if (class$classname %in% c("KerasLayer", "KerasWrapper")) return(TRUE)
  parent <- class$get_inherit()
  !is.null(parent) && .is_layer_of_r6(parent)
}

.layer_of_r6 <- function(class, args, base, own) {
  common <- names(args) %in% c(.common_arguments, own)
  taken <- names(.initializer_formals(class))
  object <- NULL
  members <- list(
    initialize = function(...) {
      super$initialize(...)
      # The R6 object's own initialize() may already ask its layer for something.
      self$supports_masking <- TRUE
    },
    build = function(input_shape) object$build(input_shape),
    call = function(inputs, mask = NULL) {
      known <- names(formals(object$call))
      if ("mask" %in% known) object$call(inputs, mask = mask) else object$call(inputs)
    })
  if (is.function(class$public_methods$compute_output_shape)) {
    members$compute_output_shape <- function(input_shape) {
      keras3:::.shape_tuple(object$compute_output_shape(input_shape))
    }
  }
  layer <- .new_layer(.py_class(class$classname, base, members = members), args[common])
  object <- do.call(class$new, args[!common | names(args) %in% taken])
  object$.set_py_layer(layer)
  layer
}

# A function that makes such layers and composes them: `object` and the arguments of
# `initialize`, changed by the functions in `modifiers`.
create_layer_wrapper <- function(Layer, modifiers = NULL, convert = TRUE) {
  own <- .initializer_formals(Layer)
  own <- own[!names(own) %in% c("self", "object")]
  .class <- Layer
  .modifiers <- as.list(modifiers)
  fun <- function() {
    args <- .supplied(1L)
    object <- args$object
    args$object <- NULL
    for (name in intersect(names(.modifiers), names(args))) {
      args[[name]] <- .modifiers[[name]](args[[name]])
    }
    if (is.null(object)) create_layer(.class, args = args) else create_layer(.class, object, args)
  }
  formals(fun) <- c(alist(object = ), own)
  fun
}

.initializer_formals <- function(Layer) {
  if (inherits(Layer, "R6ClassGenerator")) {
    initialize <- Layer$public_methods$initialize
    if (is.function(initialize)) return(formals(initialize))
  } else if (is.function(Layer) && !.is_py(Layer)) {
    return(formals(Layer))
  } else if (.is_py(Layer)) {
    names <- .py_call("rkeras_port.r.legacy_data.argument_names", list(Layer))
    arguments <- rep(alist(x = NULL), length(names))
    return(c(stats::setNames(arguments, names), alist(... = )))
  }
  alist(... = )
}

# Constraints of R6 --------------------------------------------------------------------------

KerasConstraint <- .r6_class(
  "KerasConstraint",
  list(call = function(w) stop("this class has no method call()"),
       get_config = function() NULL), NULL)

.method("r_to_py", "KerasConstraint", function(x, convert = FALSE) {
  .py_call(.py_class(class(x)[1L], "keras.constraints.Constraint", members = list(
    call = function(w) x$call(w)), names = c(call = "__call__")))
})
