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

# The values of the file of the active configuration replace defaults, those of
# training_run(flags = ) replace these, and those on the command line, written
# --name=value or --name value, replace all.
flags <- function(..., config = Sys.getenv("R_CONFIG_ACTIVE", unset = "default"),
                  file = "flags.yml", arguments = commandArgs(TRUE)) {
  given <- list(...)
  if (!is.null(.active$config)) config <- .active$config
  known <- utils::modifyList(.configured(file, config), as.list(.active$flags))
  values <- lapply(given, function(flag) {
    value <- if (is.null(known[[flag$name]])) flag$default else known[[flag$name]]
    found <- .argument(arguments, flag$name)
    .typed(if (is.null(found)) value else found, flag)
  })
  names(values) <- vapply(given, function(flag) flag$name, "")
  unknown <- setdiff(names(.active$flags), names(values))
  if (length(unknown)) {
    stop("training_run(): the script has no flag ", paste(unknown, collapse = ", "), call. = FALSE)
  }
  if (is_run_active()) write_run_metadata("flags", values)
  values
}

# The flags of a configuration in a YAML file, those of "default" among them.
.configured <- function(file, config) {
  if (is.null(file) || !file.exists(file)) return(list())
  all <- yaml::read_yaml(file)
  utils::modifyList(as.list(all$default), as.list(all[[config]]))
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
