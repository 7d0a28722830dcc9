"""What every test needs: small data, and Keras's global names started afresh."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def binary_data():
    """200 rows of 30 zeros and ones; the label says whether one of two is set."""
    rng = np.random.default_rng(7)
    x = (rng.random((200, 30)) < 0.2).astype("float32")
    y = (x[:, 0] + x[:, 1] > 0).astype("float32")
    return x, y


@pytest.fixture
def fresh_keras():
    """Start automatic names and seeds afresh."""
    import rkeras_port as rk

    rk.clear_session()
    rk.set_random_seed(1)
    return rk
