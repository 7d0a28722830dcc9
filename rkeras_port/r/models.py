"""What R's functions for models need of Python: the text of a summary."""

from __future__ import annotations

from typing import Any


def summary_text(model: Any, arguments: dict[str, Any], compact: bool = True) -> str:
    """Return the table of a model's layers as one string.

    Parameters
    ----------
    model : keras.Model
    arguments : dict
        For `keras.Model.summary`.
    compact : bool
        Whether to leave empty lines out.
    """
    lines: list[str] = []
    model.summary(**arguments, print_fn=lambda text, **_: lines.append(str(text)))
    text = "\n".join(lines)
    if compact:
        text = "\n".join(
            line.rstrip("\n") for line in text.splitlines() if line.strip()
        )
    return text
