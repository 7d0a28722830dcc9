# Cells of a notebook: what they draw, and the variables they share with Python. See
# rkeras_port/r/notebook.py.

# Let R see the variables of Python that it does not have, and assign those that it has
# and that are newer there. `value_of` is a Python function from a name to its value.
#
# R's own and its packages' names stay R's: Python's variables are found last, in an
# environment at the end of the search path, and converted only when they are used.
.share_variables <- function(names, newer, value_of) {
  shared <- .python_variables()
  rm(list = ls(shared), envir = shared)
  for (name in as.character(names)) {
    if (exists(name, envir = globalenv(), inherits = FALSE)) {
      if (name %in% newer) assign(name, value_of(name), envir = globalenv())
    } else if (!exists(name, envir = globalenv())) {
      .later(name, value_of, shared)
    }
  }
}

.python_variables <- function() {
  name <- "variables of Python"
  if (!name %in% search()) attach(NULL, pos = length(search()), name = name)
  as.environment(name)
}

.later <- function(name, value_of, shared) {
  delayedAssign(name, value_of(name), environment(), shared)
}

# Before the code of a cell: have what it draws go to PNG files in a folder, by a device
# that is opened for the first plot.
.begin_cell <- function(folder, width, height, units, res) {
  .state$canvases <- integer()
  .state$drawing <- options(device = function(...) {
    pages <- sprintf("%03d-%%03d.png", length(.state$canvases))
    grDevices::png(file.path(folder, pages), width, height, units, res = res)
    .state$canvases <- c(.state$canvases, grDevices::dev.cur())
  })
  .state$addresses <- .addresses()
}

# After it: finish the files, and return the names of the variables that it assigned.
.end_cell <- function(code) {
  for (device in intersect(.state$canvases, grDevices::dev.list())) grDevices::dev.off(device)
  options(.state$drawing)
  now <- .addresses()
  moved <- !as.logical(mapply(identical, now, .state$addresses[names(now)]))
  # What is modified in place has the address that it had.
  targets <- tryCatch(.targets(parse(text = code, keep.source = FALSE)), error = function(cond) NULL)
  as.list(names(now)[moved | names(now) %in% targets])
}

# Where the variables are in memory. Not the variables themselves: held here, the next
# change to one of them would copy it.
.addresses <- function() {
  names <- ls(globalenv())
  plain <- names[!vapply(names, bindingIsActive, NA, env = globalenv())]
  sapply(plain, function(name) .Internal(address(get(name, globalenv()))), simplify = FALSE)
}

# The names that an expression assigns to, e.g. `x` in names(x)[1] <- "a".
.targets <- function(expr) {
  if (!is.call(expr) && !is.expression(expr)) return(NULL)
  inner <- unlist(lapply(as.list(expr), function(part) if (!missing(part)) .targets(part)))
  assigns <- is.call(expr) && is.symbol(expr[[1L]]) &&
    as.character(expr[[1L]]) %in% c("<-", "<<-", "=", "%<-%", "%<>%", "for", "assign")
  if (!assigns) return(inner)
  target <- expr[[2L]]
  c(if (is.character(target)) target else all.vars(target), inner)
}

# Of these names, the variables of R.
.known_variables <- function(names) {
  as.list(Filter(function(name) exists(name, envir = globalenv(), inherits = FALSE),
                 as.character(names)))
}

# The value of code if R would print it, else NULL. Where printing is drawing, draw.
.visible_value <- function(code) {
  result <- list(visible = FALSE)
  for (expr in .parse(code, "")) result <- withVisible(eval(expr, globalenv()))
  if (!result$visible) return(NULL)
  if (inherits(result$value, c("ggplot", "trellis", "gtable", "recordedplot"))) {
    .print_at_top(result$value)
    return(NULL)
  }
  result$value
}
