# Models, weights and configurations to files and back; names for custom objects.

save_model <- function(model, filepath = NULL, overwrite = FALSE, zipped = NULL, ...) {
  if (is.null(filepath)) {
    file <- tempfile(fileext = ".keras")
    on.exit(unlink(file))
    .py_call("rkeras_port.saving.save_model", list(model, file))
    return(readBin(file, "raw", file.size(file)))
  }
  .py_call("rkeras_port.saving.save_model",
           list(model, path.expand(filepath), overwrite = isTRUE(overwrite)))
  invisible(model)
}

# `model` is a path, or what save_model() gave without one.
load_model <- function(model, custom_objects = NULL, compile = TRUE, safe_mode = TRUE) {
  if (is.raw(model)) {
    file <- tempfile(fileext = ".keras")
    on.exit(unlink(file))
    writeBin(model, file)
    model <- file
  }
  .py_call("rkeras_port.saving.load_model", list(
    path.expand(model), custom_objects = .custom_objects(custom_objects),
    compile = compile, safe_mode = safe_mode))
}

save_model_weights <- function(model, filepath, overwrite = FALSE, max_shard_size = NULL) {
  .py_call("rkeras_port.saving.save_model_weights",
           list(model, path.expand(filepath), overwrite = isTRUE(overwrite)))
  invisible(model)
}

load_model_weights <- function(model, filepath, skip_mismatch = FALSE, ...) {
  .py_call("rkeras_port.saving.load_model_weights",
           list(model, path.expand(filepath), skip_mismatch = skip_mismatch))
  invisible(model)
}

save_model_config <- function(model, filepath = NULL, overwrite = FALSE) {
  if (is.null(filepath)) stop("`filepath` must say where to write; received NULL")
  filepath <- path.expand(filepath)
  if (file.exists(filepath) && !isTRUE(overwrite)) {
    stop("`filepath` exists already: ", filepath, ". Pass overwrite = TRUE to replace it.")
  }
  # Beside the file, so that it takes its place in one step.
  complete <- tempfile(tmpdir = dirname(filepath))
  on.exit(unlink(complete))
  writeLines(.py_method(model, "to_json"), complete, useBytes = TRUE)
  if (!file.rename(complete, filepath)) stop("cannot write `filepath`: ", filepath)
  invisible(model)
}

load_model_config <- function(filepath, custom_objects = NULL) {
  text <- paste(readLines(path.expand(filepath), warn = FALSE, encoding = "UTF-8"), collapse = "\n")
  .py_call("keras.models.model_from_json", list(text, custom_objects = .custom_objects(custom_objects)))
}

export_savedmodel <- function(object, export_dir_base, ...) UseMethod("export_savedmodel")
.method("export_savedmodel", .model_class, function(object, export_dir_base, ...,
                                                    format = "tf_saved_model", verbose = NULL,
                                                    input_signature = NULL) {
  args <- list(object, path.expand(export_dir_base), format = format, ...)
  if (!is.null(verbose)) args$verbose <- verbose
  if (!is.null(input_signature)) args$input_signature <- input_signature
  .py_call("rkeras_port.saving.export_savedmodel", args)
  invisible(object)
})

# Custom objects -------------------------------------------------------------------------------

# A dict of the objects by name; names that are not given are told from the objects.
.custom_objects <- function(objects) {
  if (is.null(objects)) return(NULL)
  if (!is.list(objects) || .is_py(objects)) objects <- list(objects)
  given <- if (is.null(names(objects))) character(length(objects)) else names(objects)
  .py_call("rkeras_port.r.saving.by_name", list(unname(objects), as.list(given)), convert = FALSE)
}

register_keras_serializable <- function(object, name = NULL, package = NULL) {
  if (is.null(package)) {
    top <- topenv(parent.frame())
    package <- if (isNamespace(top)) getNamespaceName(top) else "Custom"
  }
  registered <- .py_call("rkeras_port.r.saving.register", list(object, name, unname(package)),
                         convert = FALSE)
  if (is.function(object) && !.is_py(object)) attr(object, "keras_object") <- registered
  invisible(object)
}

with_custom_object_scope <- function(objects, expr) {
  objects <- .custom_objects(objects)
  if (is.null(objects)) return(expr)
  scope <- .py_call("keras.saving.CustomObjectScope", list(objects))
  with(scope, expr)
}

# Python's own dictionary: get_custom_objects()$update(list(name = object)) registers.
get_custom_objects <- function() .py_call("keras.saving.get_custom_objects", convert = FALSE)

set_custom_objects <- function(objects = named_list(), clear = TRUE) {
  registry <- get_custom_objects()
  before <- reticulate::py_to_r(registry)
  if (clear) .py_method(registry, "clear")
  if (length(objects)) .py_method(registry, "update", list(.custom_objects(objects)))
  invisible(before)
}

get_registered_name <- function(obj) .py_call("keras.saving.get_registered_name", list(obj))

get_registered_object <- function(name, custom_objects = NULL, module_objects = NULL) {
  .py_call("keras.saving.get_registered_object", list(
    name, .custom_objects(custom_objects), .custom_objects(module_objects)))
}

serialize_keras_object <- function(obj) .py_call("keras.saving.serialize_keras_object", list(obj))

deserialize_keras_object <- function(config, custom_objects = NULL, safe_mode = TRUE, ...) {
  .py_call("keras.saving.deserialize_keras_object", list(
    config, custom_objects = .custom_objects(custom_objects), safe_mode = safe_mode, ...))
}
