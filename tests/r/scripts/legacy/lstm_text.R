# Short film notes, tokenized, padded, and read by an LSTM.
library(keras)

good <- c("a wonderful warm film", "wonderful acting and a warm story", "warm and wonderful")
bad <- c("a dull cold film", "dull acting and a cold story", "cold and dull")
texts <- rep(c(good, bad), 8)
labels <- rep(c(1, 1, 1, 0, 0, 0), 8)

maxlen <- 6
max_words <- 20
tokenizer <- text_tokenizer(num_words = max_words) %>% fit_text_tokenizer(texts)
sequences <- texts_to_sequences(tokenizer, texts)
word_index <- tokenizer$word_index
cat("Found", length(word_index), "unique tokens.\n")
data <- pad_sequences(sequences, maxlen = maxlen)

file <- tempfile()
save_text_tokenizer(tokenizer, file)
again <- load_text_tokenizer(file)

model <- keras_model_sequential() %>%
  layer_embedding(input_dim = max_words, output_dim = 6, input_length = maxlen) %>%
  layer_lstm(units = 6, dropout = 0.1, recurrent_dropout = 0.1) %>%
  layer_dense(units = 1, activation = "sigmoid")
model %>% compile(optimizer = optimizer_adam(lr = 0.05), loss = "binary_crossentropy",
                  metrics = "accuracy")
history <- model %>% fit(data, labels, epochs = 8, batch_size = 8, verbose = 0,
                         callbacks = list(callback_early_stopping("loss", patience = 5)))

new <- pad_sequences(texts_to_sequences(again, c("warm wonderful acting", "cold dull acting")),
                     maxlen = maxlen)
p <- predict_proba(model, new)
stopifnot(
  identical(dim(data), c(48L, 6L)),
  word_index[["and"]] %in% 1:4,
  identical(texts_to_sequences(again, texts[1:2]), sequences[1:2]),
  identical(unlist(model$input_shape), 6L),
  model$count_params() == 20 * 6 + 4 * 6 * (6 + 6 + 1) + 7,
  p[1] > 0.5, p[2] < 0.5
)
