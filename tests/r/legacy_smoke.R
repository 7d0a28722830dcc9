# Runs each row of legacy_smoke.tsv: `code` gives `it`, of which `holds` must be TRUE.
# run_smoke(file) answers with a named list: "" where a row holds, else what went wrong.

suppressPackageStartupMessages(library(keras))
options(keras.fit_verbose = 0)

val <- function(value) {
  if (inherits(value, "python.builtin.object") && !is.function(value)) as.array(value) else value
}
near <- function(a, b) {
  isTRUE(all.equal(as.vector(val(a)) + 0, as.vector(val(b)) + 0, tolerance = 1e-4,
                   check.attributes = FALSE))
}
same <- function(a, b) identical(as.character(as.vector(val(a))), as.character(as.vector(val(b))))

x <- matrix(1:6 + 0, 2)
cube <- array(1:24 + 0, c(2, 3, 4))
square <- array(1:9 + 0, c(1, 3, 3, 1))
# Its windows of 2 x 2, row by row, as columns.
windows <- {
  s <- square[1, , , 1]
  t(sapply(list(c(1, 1), c(1, 2), c(2, 1), c(2, 2)), function(p) {
    c(s[p[1], p[2]], s[p[1], p[2] + 1], s[p[1] + 1, p[2]], s[p[1] + 1, p[2] + 1])
  }))
}
pixels <- array(seq(0, 255, length.out = 12), c(1, 2, 2, 3))
set.seed(1)
pictures <- array(round(runif(4 * 8 * 8 * 3, 0, 255)), c(4, 8, 8, 3))
folder <- tempfile()
for (kind in c("cats", "dogs")) {
  dir.create(file.path(folder, kind), recursive = TRUE)
  for (i in 1:2) image_array_save(pictures[i, , , ], file.path(folder, kind, paste0(i, ".png")))
}
tok <- text_tokenizer(num_words = 5) %>% fit_text_tokenizer(c("The cat, the cat sat.", "the sat dog"))
tok$word_index -> words
small <- function() {
  model <- keras_model_sequential() %>% layer_dense(1, input_shape = 3)
  model %>% compile("sgd", "mse")
  model
}

run_smoke <- function(file) {
  rows <- utils::read.delim(file, quote = "", stringsAsFactors = FALSE)
  answers <- lapply(seq_len(nrow(rows)), function(i) {
    scope <- new.env(parent = globalenv())
    tryCatch({
      suppressMessages(scope$it <- eval(parse(text = rows$code[i]), scope))
      holds <- eval(parse(text = rows$holds[i]), scope)
      if (isTRUE(holds)) "" else paste(c("it is", utils::capture.output(print(val(scope$it)))), collapse = "\n")
    }, error = function(e) paste0("error: ", conditionMessage(e)))
  })
  stats::setNames(answers, rows$name)
}
