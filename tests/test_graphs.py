"""What TensorFlow keeps of trained models is let go of."""

from __future__ import annotations

import gc
import weakref

import keras
import numpy as np
import pytest
import tensorflow as tf

from rkeras_port import clear_session, compile, fit, keras_model_sequential, layer_dense
from rkeras_port._graphs import release_training_graphs

X = np.ones((8, 3), "float32")
Y = np.ones((8, 1), "float32")


def trained(train) -> weakref.ref:
    """Train a model; return a reference to the graph of its training step."""
    model = keras_model_sequential(input_shape=3) >> layer_dense(1)
    model >> compile("sgd", loss="mse", jit_compile=False)
    graphs = {id(graph) for graph in step_graphs()}
    train(model)
    (graph,) = [graph for graph in step_graphs() if id(graph) not in graphs]
    return weakref.ref(graph)


def step_graphs() -> list:
    gc.collect()
    found = tf.__internal__.FuncGraph
    return [
        thing
        for thing in gc.get_objects()
        if type(thing) is found and "one_step" in thing.name
    ]


@pytest.mark.parametrize("times", [1, 3])
def test_the_graph_of_a_training_step_goes_with_its_model(times):
    def train(model):
        for _ in range(times):
            fit(model, X, Y, verbose=0)

    graph = trained(train)
    gc.collect()
    assert graph() is None


def test_clear_session_lets_go_of_what_was_trained_by_hand():
    graph = trained(lambda model: model.train_on_batch(X, Y))
    gc.collect()
    assert graph() is not None, "TensorFlow has mended it: remove _graphs.py"
    clear_session()
    gc.collect()
    assert graph() is None


def test_the_user_s_own_gradients_stay():
    @tf.custom_gradient
    def halved(x):
        return tf.identity(x), lambda upstream: upstream / 2

    @tf.function
    def forward(x):
        return halved(x)

    point = tf.constant([3.0])
    forward(point)
    release_training_graphs()
    with tf.GradientTape() as tape:
        tape.watch(point)
        value = forward(point)
    assert tape.gradient(value, point).numpy() == 0.5


def test_training_goes_on_after_the_release():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", loss="mse")
    first = model.train_on_batch(X, Y)
    release_training_graphs()
    assert model.train_on_batch(X, Y) < first
    assert model.evaluate(X, Y, verbose=0) < first
