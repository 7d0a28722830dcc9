# Python classes with methods written in R: what Layer(), Model(), Loss(), Metric(),
# Callback() and `%py_class%` are made of.
#
#   .py_class("Linear", "keras.layers.Layer", members = list(
#     initialize = function(units = 2L, ...) {
#       super$initialize(...)
#       self$units <- units
#     },
#     call = function(inputs) inputs * self$units))
#
# name      the class's name; instances are "<r-globalenv>.Linear" and so on in R
# bases     Python classes or their dotted paths, in a list or one alone
# members   functions become methods, all else class attributes (Python's own objects
#           are taken as they are); `initialize` is Python's __init__, `finalize`
#           its __del__, `from_config` a class method
# private   functions and values seen as `private$name` by the methods only
# active    functions that become properties: without an argument they give the value,
#           with one they set it
# env       where the class belongs: globalenv() or a namespace
# names     further renamings, e.g. c(call = "__call__")
#
# The value is the Python class, an R function that makes instances. In a method `self`
# is the instance, without being an argument (it may be written as the first one, and
# `cls` in a class method), `super$name` what the base classes call so, `private` as
# above and `__class__` the class. A string in front of a method's or member list's code
# is its documentation. The attribute "py_decorators" of a function is what its method
# is wrapped in: "staticmethod", "classmethod", "property", dotted paths or Python
# callables, the last outermost.
#
# Nothing of this makes a ring of references between R and Python, which neither
# collector could free: what methods see is put around them at each call.

.py_class <- function(name, bases = list(), members = list(), private = list(),
                      active = list(), env = globalenv(), names = NULL,
                      call = sys.call(-1L)) {
  if (is.function(bases) || !is.list(bases)) bases <- list(bases)
  documented <- vapply(members, function(one) identical(base::names(one), NULL) && is.character(one), NA) &
    !nzchar(.names_of(members))
  doc <- if (any(documented)) members[documented][[1L]]
  members <- members[!documented]
  methods <- vapply(members, function(one) is.function(one) && !.is_py(one), NA)
  .ask("make_class", list(
    name, .module_of(env), unname(bases), doc, .named(members[!methods]),
    .method_parts(name, members[methods], private, c(.renamed, names)),
    .method_parts(name, active, private, NULL)), call)
}

.renamed <- c(initialize = "__init__", finalize = "__del__")

.names_of <- function(x) if (is.null(names(x))) character(length(x)) else names(x)

.module_of <- function(env) {
  if (identical(env, globalenv())) return("<r-globalenv>")
  if (isNamespace(env)) return(paste0("<r-namespace:", getNamespaceName(env), ">"))
  "<r-environment>"
}

# For each function: its name in Python, what Python calls, the function as written
# (for its signature), its documentation and its decorators.
.method_parts <- function(class, functions, private, renamed) {
  lapply(seq_along(functions), function(i) {
    name <- names(functions)[i]
    fun <- functions[[i]]
    decorators <- attr(fun, "py_decorators")
    if (name == "from_config") decorators <- c("classmethod", decorators)
    method <- .method_of(class, name, fun, private)
    if (name %in% names(renamed)) name <- renamed[[name]]
    list(name, method, fun, .docstring(fun), as.list(decorators))
  })
}

.docstring <- function(fun) {
  body <- body(fun)
  if (is.call(body) && identical(body[[1L]], quote(`{`)) && length(body) > 2L &&
      is.character(body[[2L]])) {
    body[[2L]]
  }
}

# What Python calls for a method, with the instance and the class in front. The R function
# is called as `Class$method(...)`, which is what its errors give as their call.
.method_of <- function(class, name, fun, private) {
  explicit <- any(utils::head(names(formals(args(fun))), 1L) %in% c("self", "cls"))
  finish <- .finishing[[if (name == "__init__") "initialize" else name]]
  owner <- as.name(class)
  arguments <- if (explicit) list(quote(.self), quote(...)) else list(quote(...))
  call <- as.call(c(call("$", owner, as.name(name)), arguments))
  if (!is.null(finish)) call <- as.call(list(quote(finish), call))
  eval(bquote(function(.self, .class, ...) {
    environment(fun) <- .scope(environment(fun), .self, .class, private)
    .(owner) <- list(fun)
    names(.(owner)) <- .(name)
    .(call)
  }))
}

# What becomes of the value of some methods: Python takes nothing from its constructors,
# and a configuration without entries is a dictionary too.
.finishing <- list(
  initialize = function(value) {
    value
    NULL
  },
  get_config = function(value) if (is.list(value) && !length(value)) .named(value) else value)

.scope <- function(parent, self, class, private) {
  scope <- new.env(parent = parent)
  scope$self <- self
  scope$`__class__` <- class
  delayedAssign("super", .super(class, self), assign.env = scope)
  delayedAssign("private", .private(class, self, private), assign.env = scope)
  scope
}

# The Python class behind an R wrapper, a class of R6, or the class itself.
.class_of <- function(x) {
  if (inherits(x, "R6ClassGenerator")) return(.class_from_r6(x))
  if (is.function(x) && !.is_py(x)) {
    found <- .stands_for(x)
    if (is.character(found)) {
      return(.py_call("rkeras_port.r.exports.keras_class", list(found), convert = FALSE))
    }
    if (!is.null(found)) return(found)
  }
  x
}

# The Python class that an R6 class describes, inheriting from what that inherits from.
.class_from_r6 <- function(x) {
  inherited <- x$get_inherit()
  public <- c(x$public_fields, x$public_methods)
  # Fields without a value would hide what the base class has by that name.
  public <- public[!vapply(public, is.null, NA)]
  env <- topenv(x$parent_env)
  .py_class(
    x$classname, if (is.null(inherited)) list() else .class_of(inherited),
    members = public[setdiff(names(public), "clone")],
    private = c(x$private_fields, x$private_methods), active = as.list(x$active),
    env = if (isNamespace(env)) env else globalenv())
}

# super$name, and super()$name for those who write it as in Python.
.super <- function(class, self) {
  found <- structure(function(...) found, class = "rkeras_super",
                     owner = list(class, self))
  found
}
.method("$", "rkeras_super", function(x, name) {
  if (name %in% names(.renamed)) name <- .renamed[[name]]
  .ask("super_attr", c(attr(x, "owner"), list(name)), sys.call())
})
.method("[[", "rkeras_super", function(x, i, ...) {
  .ask("super_attr", c(attr(x, "owner"), list(i)), sys.call())
})

# The private values live in an environment that the instance keeps; private functions
# are given their `self` when they are taken out.
.private <- function(class, self, members) {
  values <- members[!vapply(members, is.function, NA)]
  store <- .ask("private_values", list(self, list2env(values, parent = emptyenv())), NULL)
  structure(list(class = class, self = self, members = members, store = store),
            class = "rkeras_private")
}
.private_item <- function(x, name) {
  parts <- unclass(x)
  if (exists(name, parts$store, inherits = FALSE)) return(get(name, parts$store))
  fun <- parts$members[[name]]
  if (is.function(fun)) {
    environment(fun) <- .scope(environment(fun), parts$self, parts$class, parts$members)
  }
  fun
}
.set_private_item <- function(x, name, value) {
  assign(name, value, unclass(x)$store)
  x
}
.method("$", "rkeras_private", .private_item)
.method("[[", "rkeras_private", .private_item)
.method("$<-", "rkeras_private", .set_private_item)
.method("[[<-", "rkeras_private", .set_private_item)
.method("names", "rkeras_private", function(x) {
  parts <- unclass(x)
  union(names(parts$members), ls(parts$store, all.names = TRUE))
})
