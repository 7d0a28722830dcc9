# Classes written in R: layers, models, losses, metrics, callbacks and so on.

# The members of a class: what was given by name, then `...`, then `public`. Active
# bindings are functions marked by active_property().
.class_parts <- function(supplied, private) {
  members <- supplied[setdiff(names(supplied), c("classname", "public", "private", "inherit",
                                                 "parent_env"))]
  documented <- if (is.null(names(members))) NULL else members[!nzchar(names(members))]
  members <- c(members[nzchar(names(members))], supplied$public)
  members <- members[!vapply(members, is.null, NA)]
  active <- vapply(members, inherits, NA, "active_property")
  list(members = c(documented, members[!active]), active = lapply(members[active], unclass),
       private = as.list(private))
}

# Make a class, and the R function that makes its instances. `wrap` adds what the
# formals of that function have beyond those of `initialize`.
.new_class <- function(base, supplied, parent_env, names = NULL, layer = FALSE,
                       callback = FALSE, call = sys.call(-1L)) {
  parts <- .class_parts(supplied, supplied$private)
  if (callback) parts$members <- .counted_from_one(parts$members)
  inherited <- supplied$inherit
  base <- if (is.null(inherited)) base else .class_of(inherited)
  class <- .py_class(supplied$classname, base, members = parts$members, private = parts$private,
                     active = parts$active, env = .home(parent_env), names = names, call = call)
  .constructor(class, parts$members$initialize, layer)
}

.home <- function(env) {
  top <- topenv(env)
  if (isNamespace(top)) top else globalenv()
}

# An R function with the formals of `initialize`; in a layer's, `object` is put first and
# composes as in any layer function.
.constructor <- function(class, initialize, layer) {
  own <- if (is.function(initialize)) formals(initialize) else as.pairlist(alist(... = ))
  own <- own[setdiff(names(own), "self")]
  # With a dot, because the formals may have any name.
  .class <- class
  if (layer) {
    fun <- function() .make_layer(.class, .supplied(1L), sys.call())
    formals(fun) <- c(alist(object = ), own)
  } else {
    fun <- function() .py_call(.class, .supplied(1L), call = sys.call())
    formals(fun) <- own
  }
  attr(fun, "keras_object") <- class
  fun
}

.make_layer <- function(class, args, call) {
  object <- args[["object"]]
  layer <- .py_call(class, args[names(args) != "object"], call = call)
  if (is.null(object)) return(layer)
  result <- .py_call("rkeras_port.catalogue.compose.compose_layer", list(layer, object),
                     call = call)
  if (.is_sequential(object)) invisible(object) else result
}

Layer <- function(classname, initialize = NULL, call = NULL, build = NULL, get_config = NULL,
                  ..., public = list(), private = list(), inherit = NULL,
                  parent_env = parent.frame()) {
  .new_class("keras.layers.Layer", .supplied(1L), parent_env, layer = TRUE)
}

Model <- function(classname, initialize = NULL, call = NULL, train_step = NULL,
                  predict_step = NULL, test_step = NULL, compute_loss = NULL,
                  compute_metrics = NULL, ..., public = list(), private = list(),
                  inherit = NULL, parent_env = parent.frame()) {
  .new_class("keras.Model", .supplied(1L), parent_env)
}

Loss <- function(classname, call = NULL, ..., public = list(), private = list(),
                 inherit = NULL, parent_env = parent.frame()) {
  .new_class("keras.losses.Loss", .supplied(1L), parent_env)
}

Metric <- function(classname, initialize = NULL, update_state = NULL, result = NULL, ...,
                   public = list(), private = list(), inherit = NULL,
                   parent_env = parent.frame()) {
  .new_class("keras.metrics.Metric", .supplied(1L), parent_env)
}

Callback <- function(classname, on_epoch_begin = NULL, on_epoch_end = NULL,
                     on_train_begin = NULL, on_train_end = NULL, on_train_batch_begin = NULL,
                     on_train_batch_end = NULL, on_test_begin = NULL, on_test_end = NULL,
                     on_test_batch_begin = NULL, on_test_batch_end = NULL,
                     on_predict_begin = NULL, on_predict_end = NULL,
                     on_predict_batch_begin = NULL, on_predict_batch_end = NULL, ...,
                     public = list(), private = list(), inherit = NULL,
                     parent_env = parent.frame()) {
  .new_class("keras.callbacks.Callback", .supplied(1L), parent_env, callback = TRUE)
}

Constraint <- function(classname, call = NULL, get_config = NULL, ..., public = list(),
                       private = list(), inherit = NULL, parent_env = parent.frame()) {
  .new_class("keras.constraints.Constraint", .supplied(1L), parent_env,
             names = c(call = "__call__"))
}

new_learning_rate_schedule_class <- function(classname, call = NULL, initialize = NULL,
                                             get_config = NULL, ..., public = list(),
                                             private = list(), inherit = NULL,
                                             parent_env = parent.frame()) {
  .new_class("keras.optimizers.schedules.LearningRateSchedule", .supplied(1L), parent_env,
             names = c(call = "__call__"))
}

new_layer_class <- Layer
new_model_class <- Model
new_loss_class <- Loss
new_metric_class <- Metric
new_callback_class <- Callback

active_property <- function(fn) structure(fn, class = "active_property")
mark_active <- active_property

# A callback's methods with an epoch or a batch count both from 1 in R, and what they
# return goes to the logs; see rkeras_port/r/callback_methods.py.
.indexed <- "^on_(epoch|(train_|test_|predict_)?batch)_(begin|end)$"

.counted_from_one <- function(members) {
  for (name in grep("^on_", names(members), value = TRUE)) {
    kind <- if (grepl(.indexed, name)) "counted_method" else "plain_method"
    attr(members[[name]], "py_decorators") <- paste0("rkeras_port.r.callback_methods.", kind)
  }
  members
}

# Name(Base) %py_class% { initialize <- function() ...; call <- function(x) ... }: the
# class, assigned under its name where it is written.
`%py_class%` <- function(spec, body) {
  spec <- substitute(spec)
  env <- parent.frame()
  bases <- if (is.call(spec)) lapply(as.list(spec)[-1L], eval, env) else list()
  name <- as.character(if (is.call(spec)) spec[[1L]] else spec)
  body <- substitute(body)
  doc <- if (length(body) > 1L && is.character(body[[2L]])) list(body[[2L]])
  scope <- new.env(parent = env)
  # Where `private$name <- ` puts what only the methods see.
  scope$private <- new.env(parent = emptyenv())
  eval(body, scope)
  # Methods see the place where they were written, not each other.
  written <- function(names, where) lapply(mget(names, where), function(one) {
    if (is.function(one) && identical(environment(one), scope)) environment(one) <- env
    one
  })
  private <- written(ls(scope$private, all.names = TRUE), scope$private)
  members <- written(setdiff(ls(scope, all.names = TRUE), "private"), scope)
  active <- vapply(members, inherits, NA, "active_property")
  class <- .py_class(name, lapply(bases, .class_of), members = c(doc, members[!active]),
                     private = private, active = lapply(members[active], unclass),
                     env = .home(env))
  assign(name, class, envir = env)
  invisible(class)
}

# A value that is worked out anew each time it is read.
`%<-active%` <- function(sym, value) {
  makeActiveBinding(substitute(sym), value, parent.frame())
  invisible(value)
}
