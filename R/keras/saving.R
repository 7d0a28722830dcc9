# Saving under the older names: existing files are overwritten, TRUE is the value.

.save <- function(object, filepath, overwrite) {
  .py_call("rkeras_port.saving.save_model",
           list(object, path.expand(filepath), overwrite = overwrite))
  invisible(TRUE)
}

save_model_hdf5 <- function(object, filepath, overwrite = TRUE, include_optimizer = TRUE) {
  .save(object, .named_file(filepath, "\\.(h5|hdf5|keras)$", ".h5"), overwrite)
}

# Keras tells the format by the name. A file of the name given is found again, whatever
# its ending, because loading looks for both.
.named_file <- function(filepath, pattern, ending) {
  filepath <- sub("/+$", "", path.expand(filepath))
  if (grepl(pattern, filepath)) filepath else paste0(filepath, ending)
}
.existing <- function(filepath, pattern, ending) {
  filepath <- path.expand(filepath)
  if (file.exists(filepath) && !dir.exists(filepath)) return(filepath)
  # What callback_model_checkpoint() makes of names that Keras refuses.
  for (added in c(".h5", ".weights.h5")) {
    if (file.exists(paste0(filepath, added))) return(paste0(filepath, added))
  }
  .named_file(filepath, pattern, ending)
}

load_model_hdf5 <- function(filepath, custom_objects = NULL, compile = TRUE) {
  .load(.existing(filepath, "\\.(h5|hdf5|keras)$", ".h5"), custom_objects, compile)
}

.load <- function(filepath, custom_objects = NULL, compile = TRUE) {
  .py_call("rkeras_port.saving.load_model", list(
    filepath, custom_objects = keras3:::.custom_objects(custom_objects), compile = compile))
}

# The folder format is gone from Keras; a .keras file takes its place.
save_model_tf <- function(object, filepath, overwrite = TRUE, include_optimizer = TRUE,
                          signatures = NULL, options = NULL) {
  .save(object, .named_file(filepath, "\\.(keras|h5|hdf5)$", ".keras"), overwrite)
}

load_model_tf <- function(filepath, custom_objects = NULL, compile = TRUE) {
  .load(.existing(filepath, "\\.(keras|h5|hdf5)$", ".keras"), custom_objects, compile)
}

# Weights. Keras asks for names that end in .weights.h5; here any will do.
save_model_weights_hdf5 <- function(object, filepath, overwrite = TRUE) {
  .weights_file(filepath, function(file) {
    .py_call("rkeras_port.saving.save_model_weights", list(object, file, overwrite = overwrite))
  }, overwrite)
  invisible(TRUE)
}

save_model_weights_tf <- function(object, filepath, overwrite = TRUE) {
  save_model_weights_hdf5(object, filepath, overwrite)
}

load_model_weights_hdf5 <- function(object, filepath, by_name = FALSE, skip_mismatch = FALSE,
                                    reshape = FALSE) {
  .py_call("rkeras_port.r.legacy_data.load_weights", list(
    object, .existing(filepath, "", ""), by_name, skip_mismatch))
  invisible(object)
}

load_model_weights_tf <- function(object, filepath, by_name = FALSE, skip_mismatch = FALSE,
                                  reshape = FALSE) {
  load_model_weights_hdf5(object, filepath, by_name, skip_mismatch, reshape)
}

.weights_file <- function(filepath, write, overwrite) {
  filepath <- path.expand(filepath)
  if (endsWith(filepath, ".weights.h5")) return(write(filepath))
  if (file.exists(filepath) && !overwrite) {
    stop("`filepath` exists already: ", filepath, ". Pass overwrite = TRUE to replace it.")
  }
  # Beside the file, so that it takes its place in one step.
  file <- tempfile(tmpdir = dirname(filepath), fileext = ".weights.h5")
  on.exit(unlink(file))
  write(file)
  if (!file.rename(file, filepath)) stop("cannot write `filepath`: ", filepath)
}

# Models as bytes and text ------------------------------------------------------------------

serialize_model <- function(model, include_optimizer = TRUE) save_model(model)

unserialize_model <- function(model, custom_objects = NULL, compile = TRUE) {
  load_model(model, custom_objects, compile = compile)
}

model_to_json <- function(object) .py_method(object, "to_json")

model_from_json <- function(json, custom_objects = NULL) {
  .py_call("keras.models.model_from_json", list(
    paste(json, collapse = "\n"),
    custom_objects = keras3:::.custom_objects(custom_objects)))
}

model_to_saved_model <- function(model, saved_model_path, custom_objects = NULL, as_text = FALSE,
                                 input_signature = NULL, serving_only = FALSE) {
  saved_model_path <- path.expand(saved_model_path)
  args <- list(model, saved_model_path)
  if (!is.null(input_signature)) args$input_signature <- input_signature
  .py_call("rkeras_port.saving.export_savedmodel", args)
  invisible(saved_model_path)
}
