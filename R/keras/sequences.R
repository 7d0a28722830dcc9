# Sequences of words: pairs for learning embeddings, and padding.

.sequence <- "keras._tf_keras.keras.preprocessing.sequence."

skipgrams <- function(sequence, vocabulary_size, window_size = 4, negative_samples = 1,
                      shuffle = TRUE, categorical = FALSE, sampling_table = NULL, seed = NULL) {
  pairs <- .py_call(paste0(.sequence, "skipgrams"), list(
    as.list(as.integer(sequence)), as.integer(vocabulary_size),
    window_size = as.integer(window_size), negative_samples = negative_samples,
    shuffle = shuffle, categorical = categorical,
    sampling_table = if (!is.null(sampling_table)) as.array(sampling_table),
    seed = if (!is.null(seed)) as.integer(seed)))
  list(couples = pairs[[1L]], labels = pairs[[2L]])
}

make_sampling_table <- function(size, sampling_factor = 1e-05) {
  .py_call(paste0(.sequence, "make_sampling_table"), list(
    as.integer(size), sampling_factor = sampling_factor))
}

to_categorical <- function(y, num_classes = NULL, dtype = "float32") {
  keras3::to_categorical(y, num_classes)
}

vectorize_sequences <- keras3::vectorize_sequences
