# %% [markdown]
# # Binary classification of movie reviews
#
# Is a review good or bad? A small network learns to tell from the words that occur in
# it. This is the classic first workflow of R's Keras interface, written in Python with
# the same verbs. It takes about a minute and 1.4 GB of memory.

# %%
import pandas as pd

from rkeras_port import (
    compile,
    dataset_imdb,
    dataset_imdb_word_index,
    decode_review,
    encode_review,
    evaluate,
    fit,
    keras_model_sequential,
    layer_dense,
    layer_dropout,
    load_model,
    plot,
    predict,
    save_model,
    set_random_seed,
    summary,
    vectorize_sequences,
)

set_random_seed(1)

# %% [markdown]
# ## The data
#
# Reviews of the Internet Movie Database, as sequences of word indices, with the label 1
# for a positive review and 0 for a negative one. `num_words = 10000` keeps the most
# frequent words; the others become index 2.
#
# Where the reviews come from, the environment variable `RKERAS_IMDB` says. Here it is
# `bundled`: the reviews that come with the extra `data` of this package, so that
# everybody can repeat this without network. They are real, but their split into
# training and test is this package's own. A path means that file, and without the
# variable Keras's data are loaded, in the official split.

# %%
imdb = dataset_imdb(num_words=10000)
imdb

# %% [markdown]
# The data set has R's shape, `imdb.train.x`, and also unpacks in the way of Keras:

# %%
(x_train, y_train), (x_test, y_test) = imdb
print(x_train[0][:10], y_train[0])

# %% [markdown]
# A word's index is its rank in the word index plus 3, since 0, 1 and 2 stand for
# padding, the start of a review, and words left out. So a review can be read again:

# %%
word_index = dataset_imdb_word_index()
decode_review(x_train[0], word_index)[:300]

# %% [markdown]
# ## Preparing the data
#
# A network wants rows of equal length. Each review becomes a row of 10,000 zeros and
# ones: one where the word occurs. Few do, so the matrices are sparse, and stay so in
# all that follows. R scripts, which count columns from 1, have word index 1 in their
# first column. `first_index=1` gives that matrix, so that the results here are those of
# the R document `R/01-binary-classification-imdb.Rmd`, to the last bit; by default
# column 0 is word index 0.

# %%
x_train = vectorize_sequences(x_train, dimension=10000, first_index=1)
x_test = vectorize_sequences(x_test, dimension=10000, first_index=1)
x_train

# %% [markdown]
# The labels become numbers of the same kind as the outputs:

# %%
y_train = y_train.astype("float32")
y_test = y_test.astype("float32")

# %% [markdown]
# ## Building the network
#
# Two hidden layers of 16 units, and one unit whose output is the probability that the
# review is positive. `>>` sends the model through the layers, as `%>%` and `|>` do in
# R. What comes out is a plain `keras.Sequential`.

# %%
model = (
    keras_model_sequential(input_shape=10000)
    >> layer_dense(units=16, activation="relu")
    >> layer_dense(units=16, activation="relu")
    >> layer_dense(units=1, activation="sigmoid")
)

# %%
model >> summary()

# %% [markdown]
# For two classes and a probability as output, the loss is binary crossentropy.

# %%
model = model >> compile(
    optimizer="rmsprop",
    loss="binary_crossentropy",
    metrics=["accuracy"],
)

# %% [markdown]
# ## Training, with reviews held out
#
# The first 10,000 training reviews are held out, to watch how well the network does on
# reviews that it is not trained on. In Python rows count from 0: R's `1:10000` is
# `:10000`, and R's `-(1:10000)` is `10000:`.

# %%
x_validation = x_train[:10000]
partial_x_train = x_train[10000:]

y_validation = y_train[:10000]
partial_y_train = y_train[10000:]

# %%
history = model >> fit(
    partial_x_train,
    partial_y_train,
    epochs=20,
    batch_size=512,
    validation_data=(x_validation, y_validation),
)

# %% [markdown]
# A history prints as in R, and keeps its figures as plain data:

# %%
history

# %%
history.as_data_frame().head()

# %% [markdown]
# The loss on the reviews that the network is trained on falls with every epoch. The
# loss on those held out falls only at first, and then rises: the network learns its
# training reviews by heart. That is overfitting. The dashed line marks the epoch after
# which the validation loss was lowest.

# %%
plot(history)

# %% [markdown]
# ## Training for the right time
#
# A new network, trained for four epochs on all training reviews, stops before it
# overfits. How good is it on the test reviews, which have played no part so far?

# %%
model = (
    keras_model_sequential(input_shape=10000)
    >> layer_dense(units=16, activation="relu")
    >> layer_dense(units=16, activation="relu")
    >> layer_dense(units=1, activation="sigmoid")
    >> compile(
        optimizer="rmsprop",
        loss="binary_crossentropy",
        metrics=["accuracy"],
    )
)
model >> fit(x_train, y_train, epochs=4, batch_size=512, verbose=0)
results = model >> evaluate(x_test, y_test)
results

# %% [markdown]
# ## Predicting
#
# The probability of being positive, for the first ten test reviews:

# %%
model >> predict(x_test[:10])

# %% [markdown]
# A review of one's own is encoded with the same word index, and with the same
# `num_words` as the data:

# %%
reviews = [
    "A wonderful film, warm, funny and beautifully acted. I loved every minute of it.",
    "Dull, loud and badly written. Two hours of my life that I will never get back.",
]
encoded = [encode_review(text, word_index, num_words=10000) for text in reviews]
model >> predict(vectorize_sequences(encoded, dimension=10000, first_index=1))

# %% [markdown]
# ## Further experiments
#
# Is there a better network? Each of these differs from the first one in one respect.
# The lowest validation loss says how good it gets, and the epoch says when to stop.


# %%
def network(units=16, activation="relu", dropout=0.0):
    return (
        keras_model_sequential(input_shape=10000)
        >> layer_dense(units=units, activation=activation)
        >> layer_dropout(rate=dropout)
        >> layer_dense(units=units, activation=activation)
        >> layer_dropout(rate=dropout)
        >> layer_dense(units=1, activation="sigmoid")
        >> compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
    )


experiments = {
    "as above": network(),
    "32 units": network(units=32),
    "64 units": network(units=64),
    "tanh": network(activation="tanh"),
    "dropout": network(dropout=0.5),
}

rows = []
for name, experiment in experiments.items():
    trained = experiment >> fit(
        partial_x_train,
        partial_y_train,
        epochs=8,
        batch_size=512,
        validation_data=(x_validation, y_validation),
        verbose=0,
    )
    best = trained.best_epoch()
    rows.append(
        {
            "network": name,
            "best epoch": best,
            "val_loss": trained.metrics["val_loss"][best - 1],
            "val_accuracy": trained.metrics["val_accuracy"][best - 1],
        }
    )

pd.DataFrame(rows).set_index("network").round(3)

# %% [markdown]
# ## Saving and loading
#
# One file holds the layers, the weights and the state of the optimizer. It is a file of
# plain Keras.

# %%
model >> save_model("imdb.keras", overwrite=True)
again = load_model("imdb.keras")
bool(((again >> predict(x_test[:10])) == (model >> predict(x_test[:10]))).all())
