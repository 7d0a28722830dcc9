# Saving under the older names: existing files are overwritten, TRUE is the value.

save_model_hdf5 <- function(object, filepath, overwrite = TRUE, include_optimizer = TRUE) {
  .py_call("rkeras_port.saving.save_model", list(object, path.expand(filepath), overwrite = overwrite))
  invisible(TRUE)
}

load_model_hdf5 <- function(filepath, custom_objects = NULL, compile = TRUE) {
  load_model(filepath, custom_objects, compile = compile)
}

save_model_weights_hdf5 <- function(object, filepath, overwrite = TRUE) {
  .weights_file(filepath, function(file) {
    .py_call("rkeras_port.saving.save_model_weights", list(object, file, overwrite = overwrite))
  }, overwrite)
  invisible(TRUE)
}

load_model_weights_hdf5 <- function(object, filepath, by_name = FALSE, skip_mismatch = FALSE,
                                    reshape = FALSE) {
  filepath <- path.expand(filepath)
  if (!endsWith(filepath, ".weights.h5") && file.exists(filepath)) {
    file <- tempfile(fileext = ".weights.h5")
    on.exit(unlink(file))
    file.copy(filepath, file)
    filepath <- file
  }
  load_model_weights(object, filepath, skip_mismatch = skip_mismatch)
}

# Keras asks for names that end in .weights.h5; here any will do.
.weights_file <- function(filepath, write, overwrite) {
  filepath <- path.expand(filepath)
  if (endsWith(filepath, ".weights.h5")) return(write(filepath))
  if (file.exists(filepath) && !overwrite) {
    stop("`filepath` exists already: ", filepath, ". Pass overwrite = TRUE to replace it.")
  }
  file <- tempfile(fileext = ".weights.h5")
  on.exit(unlink(file))
  write(file)
  if (!file.copy(file, filepath, overwrite = TRUE)) stop("cannot write `filepath`: ", filepath)
}

# The folder format is gone from Keras; a .keras file takes its place.
save_model_tf <- function(object, filepath, overwrite = TRUE, include_optimizer = TRUE,
                          signatures = NULL, options = NULL) {
  .py_call("rkeras_port.saving.save_model", list(object, .keras_file(filepath), overwrite = overwrite))
  invisible(TRUE)
}

load_model_tf <- function(filepath, custom_objects = NULL, compile = TRUE) {
  load_model(.keras_file(filepath), custom_objects, compile = compile)
}

.keras_file <- function(filepath) {
  filepath <- sub("/+$", "", path.expand(filepath))
  if (grepl("\\.(keras|h5|hdf5)$", filepath)) filepath else paste0(filepath, ".keras")
}

serialize_model <- function(model, include_optimizer = TRUE) save_model(model)

unserialize_model <- function(model, custom_objects = NULL, compile = TRUE) {
  load_model(model, custom_objects, compile = compile)
}

model_to_json <- function(object) .py_method(object, "to_json")

model_from_json <- function(json, custom_objects = NULL) {
  .py_call("keras.models.model_from_json", list(paste(json, collapse = "\n"), custom_objects = custom_objects))
}
