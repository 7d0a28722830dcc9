# Conditions across the border: R errors reported to Python, Python errors raised in R.
#
# A *signal* is a list of class "rkeras_signal" whose `kind` says how a call ended;
# the kinds are listed in rkeras_port/r/conditions.py.

.signal <- function(kind, ...) {
  structure(list(kind = kind, ...), class = "rkeras_signal")
}

# Ways out of an evaluation that Python has to hear of. Handlers that were in force
# outside Python do not see these in place: errors are signalled to them once Python
# has been left, because Python code may catch them on the way.
.ends <- c("error", "interrupt", "rkeras_quit", "rkeras_unwind")
.no_handlers <- list(NULL, NULL, NULL, NULL)

# Evaluate a call for Python and report how it ended. `outer` is R's handler stack
# where Python was entered, as a list of (class, handler, calling, rest of the stack):
# R_tryEval, which keeps R from jumping over Python, also hides those handlers, so they
# are established anew. A *calling* handler then runs in place; an *exiting* one cannot
# (its frame lies beyond Python), so Python is unwound first.
#
# It works on the handler stack directly because tryCatch() needs three frames for
# each class, and C stack is what deep R -> Python -> R calls run out of.
.guard <- function(fun, args, outer) {
  finished <- FALSE
  value <- NULL
  attempt <- function() {
    .Internal(.addCondHands(.ends, .no_handlers, NULL, environment(), FALSE))
    .Internal(.addCondHands("error", list(.note_origin), NULL, NULL, TRUE))
    for (entry in rev(outer)) {
      handler <- if (entry[[3L]]) .in_place(entry[[2L]]) else .taking_over(entry[[4L]])
      .Internal(.addCondHands(entry[[1L]], list(handler), NULL, NULL, TRUE))
    }
    # By its name here, or a condition's call would have the whole function in it.
    value <<- do.call("fun", args, quote = any(vapply(args, is.language, NA)))
    finished <<- TRUE
  }
  caught <- attempt()
  if (finished) value else .report(.about_arguments(caught[[1L]], caught[[2L]], fun, args), caught[[2L]])
}

# R functions are given what Keras passes to such a function; one that cannot take it is
# told so. A call that Python made with its objects in it says nothing to who wrote the
# function: its formals do.
.about_arguments <- function(cond, call, fun, args) {
  if (is.null(cond)) cond <- .Internal(geterrmessage())
  if (!is.character(cond)) call <- conditionCall(cond)
  ours <- is.call(call) && identical(call[[1L]], quote(fun)) && !is.primitive(fun) &&
    identical(as.list(call)[-1L], args)
  if (!ours || inherits(cond, c("python.builtin.object", .ends[-1L]))) return(cond)
  shown <- call("function", as.pairlist(formals(fun)), quote(...))
  text <- if (is.character(cond)) cond else conditionMessage(cond)
  if (!grepl("unused argument", text[1L], fixed = TRUE)) {
    plain <- vapply(args, function(one) is.atomic(one) && length(one) <= 1L, NA)
    if (all(plain)) return(cond)
    if (is.character(cond)) return(simpleError(text, shown))
    cond$call <- shown
    return(cond)
  }
  labels <- .names_of(args)
  given <- ifelse(nzchar(labels), paste0(labels, " = "), "value")
  simpleError(paste0(
    "this R function was called from Python with ", length(args), " argument",
    if (length(args) != 1L) "s", " (", toString(given), ") and takes ",
    if (length(formals(fun))) paste0("only (", toString(names(formals(fun))), ")") else "none",
    ". Write it with these arguments, or with `...` for those it does not need"), shown)
}

.in_place <- function(handler) {
  function(cond) if (!inherits(cond, .ends)) handler(cond)
}

.taking_over <- function(rest) {
  function(cond) {
    if (!inherits(cond, .ends)) {
      signalCondition(structure(
        class = c("rkeras_unwind", "condition"),
        list(message = "", call = NULL, condition = cond, handlers = rest)))
    }
  }
}

.report <- function(cond, call) {
  # Errors that R raises in C come without a condition object, as their text or, when
  # nothing ran on the way out, with the text still in R's own buffer.
  if (is.null(cond)) cond <- .Internal(geterrmessage())
  if (is.character(cond)) cond <- simpleError(cond, call)
  if (inherits(cond, "interrupt")) return(.signal("interrupt"))
  if (inherits(cond, "rkeras_quit")) return(.signal("quit", status = cond$status))
  if (inherits(cond, "rkeras_unwind")) {
    return(.signal("unwind", condition = cond$condition, handlers = cond$handlers))
  }
  message <- .describe(cond)
  place <- .place_of(cond)
  if (!is.null(place)) message <- paste0(message, " (", place, ")")
  .state$place <- NULL
  .signal("error", condition = cond, message = message)
}

# Where an error arose: the innermost line of a script in the calls that led to it. Noted
# while they still stand, and kept while the error passes through Python.
.note_origin <- function(cond) {
  if (identical(.state$origin$condition, cond)) return()
  .state$origin <- list(condition = cond, place = .innermost_place(sys.calls()))
}

.innermost_place <- function(calls) {
  for (call in rev(calls)) {
    ref <- attr(call, "srcref")
    file <- attr(ref, "srcfile")
    if (isTRUE(file$of_script)) return(.place(file$path, ref[[1L]]))
  }
}

# That line, and the one of the script's own expression that was being run.
.place_of <- function(cond) {
  origin <- if (identical(.state$origin$condition, cond)) .state$origin$place
  if (is.null(origin) || identical(origin, .state$place)) return(.state$place)
  if (is.null(.state$place)) return(origin)
  # The file once, where it is the same.
  outer <- .state$place
  file <- sub("line [0-9]+$", "", origin)
  paste0(origin, ", called from ", if (startsWith(outer, file)) substring(outer, nchar(file) + 1L) else outer)
}

# The frame in which a script's own expressions are evaluated; no call of the user's.
.top_call <- quote(eval(expr, globalenv()))

.describe <- function(cond) {
  text <- paste(conditionMessage(cond), collapse = "\n")
  call <- conditionCall(cond)
  text <- paste0(text, .closest_formal(text, call))
  if (is.null(call) || identical(call, .top_call)) return(text)
  paste0("Error in ", deparse(call, nlines = 1L)[1L], ": ", text)
}

# For an argument that R says is unused: the function's own of a similar name.
.closest_formal <- function(text, call) {
  # In whatever language: R quotes the argument as `name = value` in parentheses.
  unused <- regmatches(text, regexec("^unused arguments? \\(`?([[:alnum:]._]+)`? = ", text))[[1L]]
  fun <- if (length(unused) && is.symbol(call[[1L]])) {
    get0(as.character(call[[1L]]), globalenv(), mode = "function")
  }
  if (is.null(fun)) return("")
  known <- setdiff(names(formals(fun)), "...")
  if (!length(known)) return("")
  distance <- utils::adist(unused[2L], known)[1L, ]
  nearest <- known[which.min(distance)]
  if (min(distance) <= max(2L, nchar(nearest) %/% 3L)) paste0(". Did you mean '", nearest, "'?")
  else paste0(". Its arguments are ", toString(known))
}

# The call as the user wrote it, where it is the call of an S3 method.
.plain_call <- function(call) {
  if (is.call(call) && is.symbol(call[[1L]])) {
    name <- as.character(call[[1L]])
    classes <- "\\.(default|python\\.builtin\\.|keras\\.|tensorflow\\.|numpy\\.).*$"
    call[[1L]] <- as.name(sub(classes, "", name))
  }
  # sys.call() marks where in the source; shown, that would be other text.
  attr(call, "srcref") <- NULL
  call
}

# Do what a signal from Python asks for. `call` is the user's call.
.raise <- function(signal, call) {
  switch(
    signal$kind,
    warned = {
      for (i in seq_along(signal$messages)) {
        text <- signal$messages[[i]]
        warning(if (length(signal$pitfalls)) .pitfall(text, signal$pitfalls[[i]])
                else simpleWarning(text))
      }
      value <- signal$value
      if (inherits(value, "rkeras_signal")) .raise(value, call) else value
    },
    error = {
      cond <- signal$condition
      if (is.null(conditionCall(cond))) cond <- .set_element(cond, "call", .plain_call(call))
      stop(cond)
    },
    interrupt = .interrupt(),
    quit = .quit(signal$status),
    unwind = {
      # Straight to the handler that claimed it: those inside it have had their turn.
      .Internal(.resetCondHands(signal$handlers))
      signalCondition(signal$condition)
    })
}

# A warning about what Keras accepts and hardly ever was meant; `pitfall` is its name.
.pitfall <- function(text, pitfall) {
  structure(class = c("rkeras_pitfall", "warning", "condition"),
            list(message = text, call = NULL, pitfall = pitfall))
}

.quit <- function(status) {
  stop(structure(
    class = c("rkeras_quit", "condition"),
    list(message = "R was asked to quit", call = NULL, status = as.integer(status))))
}

# Let R interrupt itself, so that tryCatch(interrupt = ) and on.exit() see a real one.
.interrupt <- function() {
  .Call(.entry, "interrupt_r", list(), NULL)
  repeat NULL
}
