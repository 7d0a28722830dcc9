# Running R code for Python: scripts, values, variables.

.state <- new.env(parent = emptyenv())
.state$frames <- 0L

# Run a script as Rscript does: print what is visible, give warnings after each
# expression. Errors end it; the place is kept for the message.
.run_code <- function(code, file) {
  exprs <- .parse(code, file)
  lines <- vapply(attr(exprs, "srcref"), function(ref) ref[[1L]], 0L)
  outside <- .state$running
  on.exit(.state$running <- outside)
  .state$running <- function() .file_line(file, lines[[i]])
  withCallingHandlers(
    for (i in seq_along(exprs)) .run_expression(exprs[[i]]),
    error = function(cond) .state$place <- .place(file, lines[[i]]))
  invisible()
}

.parse <- function(code, file) {
  name <- if (nzchar(file)) basename(file) else "<text>"
  lines <- strsplit(code, "\n", fixed = TRUE)[[1L]]
  source <- srcfilecopy(name, lines)
  source$of_script <- TRUE
  source$path <- file
  tryCatch(
    parse(text = code, keep.source = TRUE, encoding = "UTF-8", srcfile = source),
    # Without the call: R's text names the file, the line and the place.
    error = function(cond) stop(simpleError(conditionMessage(cond))))
}

# "file:line" of the expression that runs in a script or document, if one runs.
.running <- function() if (!is.null(.state$running)) .state$running()

.file_line <- function(file, line) {
  paste(c(if (nzchar(file)) basename(file) else "<text>", line), collapse = ":")
}

.place <- function(file, line) {
  paste0(if (nzchar(file)) paste0(basename(file), ", "), "line ", line)
}

.run_expression <- function(expr) {
  held <- list()
  outside <- .state$frames
  # What eval() below makes two of is the frame in which a script sees itself.
  .state$frames <- sys.nframe() + 5L
  on.exit({
    .state$frames <- outside
    .give_warnings(held)
  })
  withCallingHandlers(
    {
      result <- withVisible(eval(expr, globalenv()))
      if (result$visible) .print_at_top(result$value)
    },
    warning = function(cond) {
      level <- getOption("warn")
      if (level >= 2L) return()
      if (level == 1L) .give_warnings(list(cond))
      if (level == 0L) held[[length(held) + 1L]] <<- cond
      tryInvokeRestart("muffleWarning")
    })
}

# Methods that the user defined are found from the global environment only.
.print_at_top <- function(value) {
  scope <- new.env(parent = globalenv())
  scope$value <- value
  eval(if (isS4(value)) quote(methods::show(value)) else quote(print(value)), scope)
}

.give_warnings <- function(held) {
  if (!length(held)) return(invisible())
  texts <- vapply(held, function(cond) {
    call <- conditionCall(cond)
    text <- conditionMessage(cond)
    if (is.null(call) || identical(call, .top_call)) return(text)
    paste0("In ", deparse(call, nlines = 1L)[1L], " :\n  ", text)
  }, "")
  if (length(texts) == 1L) {
    cat("Warning message:\n", texts, "\n", sep = "", file = stderr())
  } else {
    numbered <- paste0(seq_along(texts), ": ", texts, collapse = "\n")
    cat("Warning messages:\n", numbered, "\n", sep = "", file = stderr())
  }
}

.eval_code <- function(code) {
  value <- NULL
  for (expr in .parse(code, "")) value <- eval(expr, globalenv())
  value
}

.get_global <- function(name) get(name, envir = globalenv())

.set_global <- function(name, value) assign(name, value, envir = globalenv())

.attach <- function(package) {
  library(package, character.only = TRUE)
  invisible()
}

# What Python prints.
.cat <- function(text) cat(text)

# The formals of a function for Python, primitives included.
.formals_of <- function(fun) as.list(formals(if (is.primitive(fun)) args(fun) else fun))

# Replace functions of R that would end the process or fetch what is shadowed.
.finish_start <- function() {
  .replace("base", c("q", "quit"), function(save = "default", status = 0, runLast = TRUE) {
    .quit(status)
  })
  # Scripts ask `if (sys.nframe() == 0L)` to know whether they are the main program.
  .replace("base", "sys.nframe", function() {
    max(0L, .Internal(sys.nframe()) - 1L - .state$frames)
  })
  original <- utils::install.packages
  .replace("utils", "install.packages", function(pkgs, ...) {
    ours <- if (missing(pkgs)) character() else intersect(pkgs, .provided)
    for (name in ours) {
      message("'", name, "' needs no installation: it is part of the Python package ",
              "rkeras_port, which runs this R.")
    }
    if (missing(pkgs)) return(original())
    rest <- setdiff(pkgs, .provided)
    if (length(rest)) original(rest, ...) else invisible()
  })
}

# Where R has a thread of its own: its sleep takes over the process's signal handler,
# which then jumps on whatever thread the signal finds.
.sleep_in_python <- function() {
  .replace("base", "Sys.sleep", function(time) {
    end <- proc.time()[[3L]] + time
    while ((left <- end - proc.time()[[3L]]) > 0) .ask("sleep", list(min(left, 0.05)), NULL)
    invisible()
  })
}

.provided <- c("keras", "keras3", "tensorflow", "reticulate", "tfruns", "tfdatasets")

.replace <- function(package, names, fun) {
  spaces <- list(asNamespace(package), as.environment(paste0("package:", package)))
  for (space in spaces) {
    for (name in names) {
      unlockBinding(name, space)
      assign(name, fun, envir = space)
      lockBinding(name, space)
    }
  }
}

# Run code in an environment of its own, which goes with it. The value is that of the
# last expression or, of a file, the variables that it leaves.
.run_apart <- function(code, file) {
  scope <- new.env(parent = globalenv())
  exprs <- .parse(code, file)
  lines <- vapply(attr(exprs, "srcref"), function(ref) ref[[1L]], 0L)
  value <- NULL
  withCallingHandlers(
    for (i in seq_along(exprs)) value <- eval(exprs[[i]], scope),
    error = function(cond) .state$place <- .place(file, lines[[i]]))
  if (!nzchar(file)) return(value)
  values <- mget(ls(scope), scope)
  Filter(function(one) !is.function(one) && !is.environment(one), values)
}
