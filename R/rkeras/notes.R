# Lines that a session needs to read once.

.noted <- new.env(parent = emptyenv())

.note <- function(text) {
  if (exists(text, .noted, inherits = FALSE)) return(invisible())
  assign(text, TRUE, envir = .noted)
  message(text)
}

# Put before the body of each function that only the older generation has;
# options(rkeras.superseded = FALSE) keeps it quiet.
.superseded <- function(name, modern) {
  if (!isTRUE(getOption("rkeras.superseded", TRUE))) return(invisible())
  .note(paste0(name, "() is of keras before Keras 3; in keras3 it is ", modern, "."))
}
