"""Tables in R: the Sonar data, files, cross-validation with a formula."""

import pytest

from rkeras_port.r import RError

SET_UP = """
library(keras3)
sonar <- dataset_sonar()
network <- function(n_features) {
  keras_model_sequential(input_shape = n_features) %>%
    layer_dense(4, activation = "relu") %>%
    layer_dense(1, activation = "sigmoid") %>%
    compile(optimizer = "adam", loss = "binary_crossentropy", metrics = "accuracy")
}
cv <- sonar %>%
  cross_validate(network, Class ~ ., folds = 2, epochs = 1, batch_size = 50,
                 metrics = c("accuracy", "roc_auc"))
"""


@pytest.fixture(scope="module")
def told(R):
    """Values of R expressions after one cross-validation."""
    R.run(SET_UP)
    return R.eval


def test_sonar_is_a_data_frame_with_a_factor(told):
    assert told("dim(sonar)") == [208, 61]
    assert told("levels(sonar$Class)") == ["M", "R"]
    assert told("as.vector(table(sonar$Class))") == [111, 97]
    assert told("sonar$V1[1:2]") == [0.02, 0.0453]


def test_predictions_are_a_data_frame_with_the_labels(told):
    assert told("names(cv$predictions)") == [
        ".row", ".fold", ".pred_class", ".pred_M", ".pred_R", "Class",
    ]  # fmt: skip
    assert told("identical(cv$predictions$.row, 1:208)")
    assert told("identical(cv$predictions$Class, sonar$Class)")
    assert told(
        "with(cv$predictions, isTRUE(all.equal(.pred_M + .pred_R, rep(1, 208))))"
    )
    assert told(
        "isTRUE(all.equal(mean(cv$folds$accuracy), summary(cv)$mean[1]))"
        " && nrow(summary(cv)) == 2"
    )


def test_it_prints_and_plots(told):
    printed = told("capture.output(cv)")
    assert printed[0] == "# 2-fold cross-validation, stratified"
    assert printed[1].split() == ["accuracy", "roc_auc"]
    assert [line.split()[0] for line in printed[2:]] == [
        "Fold01", "Fold02", "mean", "std.",
    ]  # fmt: skip
    assert "ggplot" in told("class(plot(cv))")


def test_both_doors_give_the_same(told):
    import rkeras_port as rk
    from rkeras_port._keras import keras

    def network(n_features):
        model = keras.Sequential(
            [
                keras.layers.Input((n_features,)),
                keras.layers.Dense(4, activation="relu"),
                keras.layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        return model

    ours = rk.cross_validate(
        network, rk.dataset_sonar(), folds=2, epochs=1, batch_size=50
    )
    assert told("cv$predictions$.pred_R") == ours.predictions[".pred_R"].to_list()


def test_a_file_and_its_missing_values(told, R, tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a,k\n1,u\n2,v\n", encoding="utf-8")
    assert told(f"as.character(dataset_csv('{file}')$k)") == ["u", "v"]
    file.write_text("a,k\n1,u\n,v\n", encoding="utf-8")
    with pytest.raises(RError, match="the first in line 3, column 'a'"):
        R.run(f"dataset_csv('{file}')")
    with pytest.raises(RError, match="must not have missing values"):
        R.run("cross_validate(data.frame(a = c(1, NA), k = c('u', 'v')), network)")
