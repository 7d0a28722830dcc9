# Data sets: as in keras3, always as R values.
for (.name in c("dataset_boston_housing", "dataset_cifar10", "dataset_cifar100",
                "dataset_fashion_mnist", "dataset_imdb", "dataset_mnist", "dataset_reuters")) {
  assign(.name, .without(.name, "convert"))
}
rm(.name)

dataset_reuters_word_index <- function(path = "reuters_word_index.pkl") {
  keras3::dataset_reuters_word_index(path)
}
