"""What layers compute, worked out with NumPy: what the cases' expectations call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special


def grey(pictures: Any) -> Any:
    """Return pictures in grey: by the weights of ITU-R BT.601, three equal channels."""
    light = pictures @ np.array([0.2989, 0.5870, 0.1140])
    return np.repeat(light[..., None], 3, -1)


def equalized(pictures: Any) -> Any:
    """Return pictures from 0 to 1 with the histogram of each channel made even.

    Over all pictures together, in 256 steps of brightness.
    """
    steps = (255 * pictures).astype(int)
    found = np.empty(pictures.shape)
    for channel in range(pictures.shape[-1]):
        values = steps[..., channel]
        darker = np.array([(values <= value).sum() for value in range(256)])
        least = darker[darker > 0].min()
        even = np.round(255 * (darker - least) / (darker[-1] - least)).clip(0)
        found[..., channel] = even[values] / 255
    return found


def windows(x: Any, *sizes: int) -> Any:
    """Return the sum in each window of these sizes, for each sample and channel."""
    axes = tuple(range(1, len(sizes) + 1))
    view = np.lib.stride_tricks.sliding_window_view(x, sizes, axes)
    return view.sum(tuple(range(-len(sizes), 0)))


def simple_rnn(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """Return the states (samples, steps, units) of a simple recurrent layer."""

    def step(now: Any, state: Any) -> Any:
        return (np.tanh(now @ kernel + state[0] @ recurrent + bias),)

    return _states(x, step, recurrent.shape[0], 1)


def lstm(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """Return the outputs (samples, steps, units) of long short-term memory."""

    def step(now: Any, state: Any) -> Any:
        hidden, carry = state
        gates = np.split(now @ kernel + hidden @ recurrent + bias, 4, axis=-1)
        let_in, keep, _, let_out = map(special.expit, gates)
        carry = keep * carry + let_in * np.tanh(gates[2])
        return let_out * np.tanh(carry), carry

    return _states(x, step, recurrent.shape[0], 2)


def gru(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """Return the states (samples, steps, units) of gated recurrent units.

    The reset gate is applied after the multiplication, as Keras does by default.
    """

    def step(now: Any, state: Any) -> Any:
        update, reset, new = np.split(now @ kernel + bias[0], 3, axis=-1)
        of_state = np.split(state[0] @ recurrent + bias[1], 3, axis=-1)
        keep = special.expit(update + of_state[0])
        new = np.tanh(new + special.expit(reset + of_state[1]) * of_state[2])
        return (keep * state[0] + (1 - keep) * new,)

    return _states(x, step, recurrent.shape[0], 1)


def _states(x: Any, step: Callable[..., Any], units: int, count: int) -> Any:
    state = tuple(np.zeros((len(x), units)) for _ in range(count))
    found = []
    for i in range(x.shape[1]):
        state = step(x[:, i], state)
        found.append(state[0])
    return np.stack(found, 1)


def lstm_of_pixels(x: Any, kernel: Any, recurrent: Any, bias: Any) -> Any:
    """Return the last output of a convolutional LSTM whose kernels are one pixel.

    It is an LSTM for each pixel; `x` has shape (samples, steps, ..., channels).
    """
    samples, steps, *extent, channels = x.shape
    pixels = np.moveaxis(x, 1, -2).reshape(-1, steps, channels)
    last = lstm(
        pixels,
        kernel.reshape(channels, -1),
        recurrent.reshape(-1, kernel.shape[-1]),
        bias,
    )[:, -1]
    return last.reshape(samples, *extent, -1)


def attention(x: Any, *weights: Any) -> Any:
    """Return what multi-head attention makes of a sequence that looks at itself.

    The weights are kernel and bias of the query, the key, the value and the output,
    with axes (features, heads, size), (heads, size), ..., (heads, size, features).
    """
    (wq, bq), (wk, bk), (wv, bv) = zip(weights[:6:2], weights[1:6:2], strict=True)
    query, key, value = (
        np.einsum("btf,fhs->bhts", x, kernel) + bias[:, None]
        for kernel, bias in ((wq, bq), (wk, bk), (wv, bv))
    )
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    seen = special.softmax(scores, -1) @ value
    return np.einsum("bhts,hsf->btf", seen, weights[6]) + weights[7]


NAMES: dict[str, Any] = {
    function.__name__: function
    for function in (
        attention,
        equalized,
        grey,
        gru,
        lstm,
        lstm_of_pixels,
        simple_rnn,
        windows,
    )
}
"""What expressions of expected values can use."""
