# Data brought into the shape that models take: categories, sequences, text, images.

to_categorical <- function(x, num_classes = NULL) {
  if (is.factor(x)) {
    # Each level has its column, also one that does not occur.
    if (is.null(num_classes)) num_classes <- nlevels(x)
    if (anyNA(x)) stop("`x` must not have missing values; received NA at position ",
                       which(is.na(x))[1L])
    x <- array(as.integer(x) - 1L)
  }
  if (is.character(x)) {
    stop("`x` must be a factor or hold 0-based class codes; received text. ",
         "Write to_categorical(factor(x))")
  }
  if (is.logical(x)) storage.mode(x) <- "integer"
  if (is.atomic(x) && is.null(dim(x))) x <- as.array(x)
  # Negative codes count from the end, as in the R package.
  if (!.is_py(x) && anyNA(x)) stop("`x` must not have missing values; received NA")
  args <- list(x)
  if (!is.null(num_classes)) args$num_classes <- .whole(num_classes, "num_classes")
  .py_call("rkeras_port.encoding.to_categorical", args)
}

pad_sequences <- function(sequences, maxlen = NULL, dtype = "int32", padding = "pre",
                          truncating = "pre", value = 0) {
  args <- .supplied(1L)
  # Names, as split() gives them, are no part of the data.
  if (!.is_py(sequences)) {
    args$sequences <- lapply(unname(sequences), function(one) unname(as.list(one)))
  }
  if (!is.null(args$maxlen)) args$maxlen <- .whole(args$maxlen, "maxlen")
  .py_call("rkeras_port.encoding.pad_sequences", args)
}

# Not in the R package: scripts define it themselves, as a matrix of doubles filled row by
# row, and go on with their own. This is the same matrix in a hundredth of the memory.
vectorize_sequences <- function(sequences, dimension = 10000) {
  if (!is.list(sequences)) stop("`sequences` must be a list of vectors of word indices; received ",
                                class(sequences)[1L])
  if (!requireNamespace("Matrix", quietly = TRUE)) {
    stop("vectorize_sequences() makes a sparse matrix of the package Matrix, which is not ",
         "installed: install.packages(\"Matrix\")")
  }
  # What is no generic in base, such as rowSums(), knows sparse matrices once it is attached;
  # at the end of the search path, so that it masks nobody's functions.
  if (!"package:Matrix" %in% search()) attachNamespace("Matrix", pos = length(search()))
  words <- unlist(sequences, use.names = FALSE)
  rows <- rep.int(seq_along(sequences), lengths(sequences, use.names = FALSE))
  # As in results[i, sequence] <- 1, where index 0 is nowhere.
  wrong <- is.na(words) | words < 0 | words > dimension
  if (any(wrong)) {
    first <- which(wrong)[1L]
    stop("`sequences` must hold word indices from 0 to ", dimension, "; received ", words[first],
         " in element ", rows[first], ". Raise `dimension`, or load the data with num_words ",
         "no larger than it.")
  }
  kept <- words >= 1
  if (!all(kept)) {
    words <- words[kept]
    rows <- rows[kept]
  }
  # First where there is something, then how much: a repeated word counts once.
  places <- methods::new("ngTMatrix", i = rows - 1L, j = as.integer(words) - 1L,
                         Dim = c(length(sequences), as.integer(dimension)))
  methods::as(methods::as(places, "CsparseMatrix"), "dMatrix")
}

# Preprocessing layers -----------------------------------------------------------------------

adapt <- function(object, data, ..., batch_size = NULL, steps = NULL) {
  .ask("adapt", list(object, data, .named(.supplied(1L)[-(1:2)])), sys.call())
  invisible(object)
}

get_vocabulary <- function(object, include_special_tokens = TRUE) {
  args <- .supplied(1L)
  .py_method(object, "get_vocabulary", args[-1L])
}

set_vocabulary <- function(object, vocabulary, idf_weights = NULL, ...) {
  args <- .supplied(1L)
  if (is.atomic(args$vocabulary)) args$vocabulary <- as.list(args$vocabulary)
  .py_method(object, "set_vocabulary", args[-1L])
  invisible(object)
}

# Images ---------------------------------------------------------------------------------------

image_load <- function(path, color_mode = "rgb", target_size = NULL, interpolation = "nearest",
                       keep_aspect_ratio = FALSE) {
  args <- .supplied(1L)
  args$path <- path.expand(path)
  if (!is.null(target_size)) args$target_size <- .py_tuple(as.integer(unlist(target_size)))
  .py_call("keras.utils.load_img", args)
}

image_to_array <- function(img, data_format = NULL, dtype = NULL) {
  args <- .supplied(1L)
  args$dtype <- .image_types[[dtype %||% "double"]] %||% dtype
  plain <- is.null(dtype) || dtype %in% names(.image_types)
  .py_call("keras.utils.img_to_array", args, convert = plain)
}

.image_types <- list(double = "float64", integer = "int32")
`%||%` <- function(x, y) if (is.null(x)) y else x

image_array_save <- function(x, path, data_format = NULL, file_format = NULL, scale = TRUE, ...) {
  args <- .supplied(1L)
  args$path <- path.expand(path)
  .py_call("keras.utils.save_img", args)
  invisible(x)
}

application_preprocess_inputs <- function(model, x, ..., data_format = NULL) {
  if (missing(x)) return(function(x) application_preprocess_inputs(model, x))
  .py_call("rkeras_port.applications.application_preprocess_inputs",
           list(model, x, data_format = data_format), convert = FALSE)
}

application_decode_predictions <- function(model, preds, top = 5L, ...) {
  .py_call("rkeras_port.applications.application_decode_predictions",
           list(model, preds, top = as.integer(top)))
}

imagenet_decode_predictions <- function(preds, top = 5) {
  .py_call("rkeras_port.applications.decode_imagenet", list(preds, as.integer(top)))
}

application_nasnetlarge <- function(...) {
  .renamed("application_nasnet_large")
  application_nasnet_large(...)
}

application_nasnetmobile <- function(...) {
  .renamed("application_nasnet_mobile")
  application_nasnet_mobile(...)
}

.renamed <- function(new) {
  old <- deparse(sys.call(-1L)[[1L]])
  warning(old, "() is now called ", new, "()", call. = FALSE)
}
