# Flags of a training script: defaults in the script, values from FLAGS of a run.

.flag <- function(type, name, default, description = NULL) {
  list(type = type, name = name, default = default, description = description)
}
flag_numeric <- function(name, default, description = NULL) {
  .flag("numeric", name, default, description)
}
flag_integer <- function(name, default, description = NULL) {
  .flag("integer", name, default, description)
}
flag_boolean <- function(name, default, description = NULL) {
  .flag("boolean", name, default, description)
}
flag_string <- function(name, default, description = NULL) {
  .flag("string", name, default, description)
}

# Values given on the command line as --name=value or --name value replace defaults.
flags <- function(..., config = Sys.getenv("R_CONFIG_ACTIVE", unset = "default"),
                  file = "flags.yml", arguments = commandArgs(TRUE)) {
  given <- list(...)
  values <- lapply(given, function(flag) .typed(flag$default, flag))
  names(values) <- vapply(given, function(flag) flag$name, "")
  for (flag in given) {
    found <- .argument(arguments, flag$name)
    if (!is.null(found)) values[[flag$name]] <- .typed(found, flag)
  }
  values
}

.typed <- function(value, flag) {
  switch(flag$type,
    numeric = as.numeric(value), integer = as.integer(value),
    boolean = as.logical(value), string = as.character(value))
}

.argument <- function(arguments, name) {
  option <- paste0("--", name)
  joined <- startsWith(arguments, paste0(option, "="))
  if (any(joined)) return(substring(arguments[joined][1L], nchar(option) + 2L))
  at <- match(option, arguments)
  if (!is.na(at) && at < length(arguments)) arguments[at + 1L]
}

is_run_active <- function() nzchar(Sys.getenv("RUN_DIR"))
run_dir <- function() if (is_run_active()) Sys.getenv("RUN_DIR")
