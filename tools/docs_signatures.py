"""What the API page cannot see without running code: the verbs' first argument.

A verb is written for a model, a table or a history, and called with an ``object``, or
without one in a pipe; its documentation says `object`.
"""

from __future__ import annotations

from typing import Any

import griffe


class Verbs(griffe.Extension):
    """Give functions that `pipe.verb` decorates the signature that users see."""

    def on_function_instance(self, *, func: griffe.Function, **kwargs: Any) -> None:
        """Rename the first argument."""
        if any(str(one.value).startswith("verb(") for one in func.decorators):
            func.parameters[0].name = "object"
