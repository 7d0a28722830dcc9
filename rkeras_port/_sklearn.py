"""Whether scikit-learn is here, said before it is needed."""

from __future__ import annotations

from importlib.util import find_spec

from .errors import MissingDependencyError


def require_sklearn(function: str) -> None:
    """Refuse a call that needs scikit-learn where it is not installed.

    Raises
    ------
    MissingDependencyError
        Names the extra to install.
    """
    if find_spec("sklearn") is None:
        raise MissingDependencyError(
            f"{function}() needs scikit-learn, which is not installed. Install it: "
            'pip install "rkeras_port[tables]".'
        )
