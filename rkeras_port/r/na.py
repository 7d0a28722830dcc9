"""What becomes of R's NA in Python.

Python has no missing value of type bool, int or str. A single NA is therefore None,
NA_real_ stays a double (a NaN with R's mark in it), and a vector with NA in it is a
`VectorWithNA`: an ordinary list with None where R has NA that remembers the kind of
vector, so that going back to R it is the same vector.
"""

from __future__ import annotations

from collections.abc import Iterable

KINDS: dict[str, type] = {"logical": bool, "integer": int, "character": str}
"""R's vectors whose elements can be NA, and what their other elements are."""


class VectorWithNA(list[bool | int | str | None]):
    """A list with None for NA.

    Parameters
    ----------
    values : iterable
        The elements, None for NA.
    kind : {"logical", "integer", "character"}
        Which R vector it was, by R's name of the type.

    Examples
    --------
    >>> VectorWithNA([1, None], "integer")
    [1, None]
    """

    def __init__(self, values: Iterable[bool | int | str | None], kind: str) -> None:
        if kind not in KINDS:
            raise ValueError(f"VectorWithNA(): `kind` is one of {set(KINDS)}: {kind!r}")
        super().__init__(values)
        self.kind = kind
