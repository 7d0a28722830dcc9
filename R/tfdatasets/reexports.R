# Exported by tfdatasets too; the code is in R/reticulate and R/tensorflow.
as_iterator <- as_iterator
iterate <- iterate
iter_next <- iter_next
as_tensor <- as_tensor
all_dims <- all_dims
