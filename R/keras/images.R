# Images: files and arrays, and generators of changed copies.

.images <- "keras._tf_keras.keras.preprocessing.image."

image_load <- function(path, grayscale = FALSE, color_mode = "rgb", target_size = NULL,
                       interpolation = "nearest") {
  keras3::image_load(path, if (grayscale) "grayscale" else color_mode, target_size,
                     interpolation)
}

image_to_array <- function(img, data_format = c("channels_last", "channels_first")) {
  keras3::image_to_array(img, match.arg(data_format))
}

image_array_save <- function(img, path, data_format = NULL, file_format = NULL, scale = TRUE) {
  keras3::image_array_save(img, path, data_format, file_format, scale)
}

image_array_resize <- function(img, height, width,
                               data_format = c("channels_last", "channels_first")) {
  data_format <- match.arg(data_format)
  size <- if (is.array(img)) dim(img) else unlist(img$shape)
  rows <- length(size) - if (data_format == "channels_last") 2L else 1L
  factors <- rep(1, length(size))
  factors[rows + 0:1] <- c(height, width) / size[rows + 0:1]
  .py_call("scipy.ndimage.zoom", list(img, as.list(factors), order = 1L))
}

image_data_generator <- function(
    featurewise_center = FALSE, samplewise_center = FALSE, featurewise_std_normalization = FALSE,
    samplewise_std_normalization = FALSE, zca_whitening = FALSE, zca_epsilon = 1e-06,
    rotation_range = 0, width_shift_range = 0, height_shift_range = 0, brightness_range = NULL,
    shear_range = 0, zoom_range = 0, channel_shift_range = 0, fill_mode = "nearest", cval = 0,
    horizontal_flip = FALSE, vertical_flip = FALSE, rescale = NULL,
    preprocessing_function = NULL, data_format = NULL, validation_split = 0) {
  .py_call(paste0(.images, "ImageDataGenerator"), .supplied(1L))
}

fit_image_data_generator <- function(object, x, augment = FALSE, rounds = 1, seed = NULL) {
  .py_method(object, "fit", list(keras_array(x), augment = augment, rounds = as.integer(rounds),
                                 seed = .whole_or_null(seed)))
  invisible(object)
}

.whole_or_null <- function(x) if (!is.null(x)) as.integer(x)
.path_or_null <- function(path) if (!is.null(path)) path.expand(path)

flow_images_from_data <- function(x, y = NULL, generator = image_data_generator(),
                                  batch_size = 32, shuffle = TRUE, sample_weight = NULL,
                                  seed = NULL, save_to_dir = NULL, save_prefix = "",
                                  save_format = "png", subset = NULL) {
  .py_method(generator, "flow", list(
    keras_array(x), keras_array(y), batch_size = as.integer(batch_size), shuffle = shuffle,
    sample_weight = keras_array(sample_weight), seed = .whole_or_null(seed),
    save_to_dir = .path_or_null(save_to_dir), save_prefix = save_prefix,
    save_format = save_format, subset = subset))
}

flow_images_from_directory <- function(
    directory, generator = image_data_generator(), target_size = c(256, 256), color_mode = "rgb",
    classes = NULL, class_mode = "categorical", batch_size = 32, shuffle = TRUE, seed = NULL,
    save_to_dir = NULL, save_prefix = "", save_format = "png", follow_links = FALSE,
    subset = NULL, interpolation = "nearest") {
  .py_method(generator, "flow_from_directory", list(
    path.expand(directory), target_size = .py_tuple(as.integer(target_size)),
    color_mode = color_mode, classes = .list_or_null(classes), class_mode = class_mode,
    batch_size = as.integer(batch_size), shuffle = shuffle, seed = .whole_or_null(seed),
    save_to_dir = .path_or_null(save_to_dir), save_prefix = save_prefix,
    save_format = save_format, follow_links = follow_links, subset = subset,
    interpolation = interpolation))
}

flow_images_from_dataframe <- function(
    dataframe, directory = NULL, x_col = "filename", y_col = "class",
    generator = image_data_generator(), target_size = c(256, 256), color_mode = "rgb",
    classes = NULL, class_mode = "categorical", batch_size = 32, shuffle = TRUE, seed = NULL,
    save_to_dir = NULL, save_prefix = "", save_format = "png", subset = NULL,
    interpolation = "nearest", drop_duplicates = NULL) {
  if (!is.null(drop_duplicates)) dataframe <- dataframe[!duplicated(dataframe[[x_col]]), ]
  dataframe[] <- lapply(dataframe, function(one) if (is.factor(one)) as.character(one) else one)
  .py_method(generator, "flow_from_dataframe", list(
    as.data.frame(dataframe), directory = .path_or_null(directory), x_col = x_col, y_col = y_col,
    target_size = .py_tuple(as.integer(target_size)), color_mode = color_mode,
    classes = .list_or_null(classes), class_mode = class_mode, batch_size = as.integer(batch_size),
    shuffle = shuffle, seed = .whole_or_null(seed), save_to_dir = .path_or_null(save_to_dir),
    save_prefix = save_prefix, save_format = save_format, subset = subset,
    interpolation = interpolation))
}

.list_or_null <- function(x) if (!is.null(x)) as.list(x)

# Models of ImageNet ----------------------------------------------------------------------

mobilenet_decode_predictions <- function(preds, top = 5) imagenet_decode_predictions(preds, top)
mobilenet_v2_decode_predictions <- function(preds, top = 5) {
  imagenet_decode_predictions(preds, top)
}
mobilenet_load_model_hdf5 <- function(filepath) load_model_hdf5(filepath)
mobilenet_v2_load_model_hdf5 <- function(filepath) load_model_hdf5(filepath)
