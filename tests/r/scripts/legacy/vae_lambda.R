# A small variational autoencoder: sampling in a Lambda layer, arithmetic by k_ functions.
library(keras)

original_dim <- 8L
latent_dim <- 2L
x <- layer_input(shape = c(original_dim))
h <- layer_dense(x, 6, activation = "relu")
z_mean <- layer_dense(h, latent_dim)
z_log_var <- layer_dense(h, latent_dim)

sampling <- function(arg) {
  z_mean <- arg[, 1:(latent_dim)]
  z_log_var <- arg[, (latent_dim + 1):(2 * latent_dim)]
  epsilon <- k_random_normal(shape = c(k_shape(z_mean)[[0]], latent_dim), mean = 0., stddev = 0.1)
  z_mean + k_exp(z_log_var / 2) * epsilon
}
z <- layer_concatenate(list(z_mean, z_log_var)) %>% layer_lambda(sampling)

decoder_h <- layer_dense(units = 6, activation = "relu")
decoder_mean <- layer_dense(units = original_dim, activation = "sigmoid")
x_decoded_mean <- decoder_mean(decoder_h(z))
vae <- keras_model(x, x_decoded_mean)
encoder <- keras_model(x, z_mean)
decoder_input <- layer_input(shape = latent_dim)
generator <- keras_model(decoder_input, decoder_mean(decoder_h(decoder_input)))

vae_loss <- function(y_true, y_pred) {
  original_dim * loss_binary_crossentropy(y_true, y_pred) +
    0.001 * k_sum(k_square(y_pred), axis = -1)
}
vae %>% compile(optimizer = "rmsprop", loss = vae_loss)
set.seed(3)
data <- matrix(as.numeric(runif(40 * 8) > 0.5), 40)
history <- vae %>% fit(data, data, shuffle = TRUE, epochs = 3, batch_size = 8, verbose = 0)

kl <- function(mean, log_var) {
  -0.5 * k_mean(1 + log_var - k_square(mean) - k_exp(log_var), axis = -1L)
}
m <- matrix(c(0.5, -1, 0, 2), 2)
v <- matrix(c(0.1, 0.2, -0.3, 0), 2)
codes <- encoder %>% predict(data, verbose = 0)
decoded <- generator %>% predict(codes, verbose = 0)
stopifnot(
  length(history$metrics$loss) == 3, all(is.finite(history$metrics$loss)),
  identical(dim(codes), c(40L, 2L)), identical(dim(decoded), c(40L, 8L)),
  isTRUE(all.equal(as.vector(k_eval(kl(m, v))), -0.5 * rowMeans(1 + v - m^2 - exp(v)),
                   tolerance = 1e-6))
)
