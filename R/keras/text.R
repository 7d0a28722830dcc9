# Text as sequences of numbers by a tokenizer that is fitted to it.

.text <- "keras._tf_keras.keras.preprocessing.text."

text_tokenizer <- function(num_words = NULL,
                           filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n", lower = TRUE,
                           split = " ", char_level = FALSE, oov_token = NULL) {
  if (!is.null(num_words)) num_words <- as.integer(num_words)
  .py_call(paste0(.text, "Tokenizer"), list(
    num_words = num_words, filters = filters, lower = lower, split = split,
    char_level = char_level, oov_token = oov_token))
}

fit_text_tokenizer <- function(object, x) {
  .py_method(object, "fit_on_texts", list(.texts(x)))
  invisible(object)
}

# One text is a list of one, not a row of letters.
.texts <- function(x) if (is.character(x)) as.list(x) else x

texts_to_sequences <- function(tokenizer, texts) {
  .rows(.py_method(tokenizer, "texts_to_sequences", list(.texts(texts))))
}

texts_to_sequences_generator <- function(tokenizer, texts) {
  .py_method(tokenizer, "texts_to_sequences_generator", list(.texts(texts)))
}

# Always a list of vectors, also where all have one element.
.rows <- function(x) if (is.list(x)) x else as.list(x)

texts_to_matrix <- function(tokenizer, texts, mode = c("binary", "count", "tfidf", "freq")) {
  .py_method(tokenizer, "texts_to_matrix", list(.texts(texts), mode = match.arg(mode)))
}

sequences_to_matrix <- function(tokenizer, sequences,
                                mode = c("binary", "count", "tfidf", "freq")) {
  .py_method(tokenizer, "sequences_to_matrix",
             list(lapply(sequences, function(one) as.list(as.integer(one))), mode = match.arg(mode)))
}

save_text_tokenizer <- function(object, filename) {
  writeLines(.py_method(object, "to_json"), path.expand(filename), useBytes = TRUE)
  invisible(object)
}

load_text_tokenizer <- function(filename) {
  text <- paste(readLines(path.expand(filename), warn = FALSE, encoding = "UTF-8"), collapse = "\n")
  .py_call(paste0(.text, "tokenizer_from_json"), list(text))
}

text_one_hot <- function(input_text, n, filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n", lower = TRUE,
                         split = " ", text = NULL) {
  if (!is.null(text)) input_text <- text
  .py_call(paste0(.text, "one_hot"), list(input_text, as.integer(n), filters = filters,
                                          lower = lower, split = split))
}

text_hashing_trick <- function(text, n, hash_function = NULL,
                               filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n", lower = TRUE,
                               split = " ") {
  .py_call(paste0(.text, "hashing_trick"), list(text, as.integer(n), hash_function = hash_function,
                                                filters = filters, lower = lower, split = split))
}

text_to_word_sequence <- function(text, filters = "!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n",
                                  lower = TRUE, split = " ") {
  unlist(.py_call("rkeras_port.text.text_to_word_sequence", list(
    text, filters = filters, lower = lower, split = split)))
}
