"""Numbers and names written as R writes them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, Self

_NOT_FINITE = {"nan": "NaN", "inf": "Inf", "-inf": "-Inf"}

_RESERVED = frozenset(
    [
        *("if", "else", "repeat", "while", "function", "for", "in", "next", "break"),
        *("TRUE", "FALSE", "NULL", "Inf", "NaN", "NA"),
        *("NA_integer_", "NA_real_", "NA_character_", "NA_complex_"),
    ]
)


def format_number(
    x: float,
    digits: int = 7,
    *,
    scientific: bool | None = None,
    big_mark: Literal["", ","] = "",
) -> str:
    """Write a number as R writes it.

    R: `format()`, and with the default arguments `print()`.

    Parameters
    ----------
    x : float
        The number; NaN and infinity are written ``NaN``, ``Inf`` and ``-Inf``.
    digits : int, default 7
        The number of significant digits to show at most; trailing zeros are dropped.
    scientific : bool, optional
        Whether to use scientific notation. By default whichever is shorter, and fixed
        notation if they are equally long.
    big_mark : {"", ","}
        Put between groups of three digits before the decimal point.

    Examples
    --------
    >>> format_number(0.30000001192092896), format_number(1 / 3, digits=4)
    ('0.3', '0.3333')
    >>> format_number(100000), format_number(123456), format_number(0.0001)
    ('1e+05', '123456', '1e-04')
    >>> format_number(1234567.8, digits=4, big_mark=",")
    '1,234,568'
    """
    return format_numbers([x], digits, scientific=scientific, big_mark=big_mark)[0]


def format_numbers(
    values: Iterable[float],
    digits: int = 7,
    *,
    scientific: bool | None = None,
    big_mark: Literal["", ","] = "",
) -> list[str]:
    """Write numbers as R writes a vector: in one notation, to one number of decimals.

    As many decimals as the number needs that needs most to show `digits` significant
    digits; all padded to the same width. Parameters as in :func:`format_number`.

    Examples
    --------
    >>> format_numbers([0.5, 10, 1 / 3], digits=3)
    [' 0.500', '10.000', ' 0.333']
    """
    numbers = [float(v) + 0.0 for v in values]  # -0.0 + 0.0 is 0.0: R has no "-0"
    finite = [_Digits.of(v, digits) for v in numbers if math.isfinite(v)]
    decimals = max((max(0, n.shown - n.power - 1) for n in finite), default=0)
    mantissa = max((n.shown - 1 for n in finite), default=0)
    fixed_width = max((n.before for n in finite), default=0) + decimals + (decimals > 0)
    scientific_width = (
        any(n.negative for n in finite)
        + (1 + mantissa + (mantissa > 0))
        + (5 if any(abs(n.power) >= 100 for n in finite) else 4)
    )
    if scientific is None:
        scientific = fixed_width > scientific_width
    spec = f".{mantissa}e" if scientific else f"{big_mark}.{decimals}f"
    texts = [
        f"{v:{spec}}" if math.isfinite(v) else _NOT_FINITE[str(v)] for v in numbers
    ]
    width = max(scientific_width if scientific else fixed_width, *map(len, texts), 0)
    return [text.rjust(width) for text in texts]


class _Digits(NamedTuple):
    """How many characters a finite number needs, as R counts them."""

    negative: bool
    power: int  # of ten, after rounding to the significant digits
    shown: int  # significant digits without trailing zeros
    before: int  # characters before the decimal point in fixed notation

    @classmethod
    def of(cls, x: float, digits: int) -> Self:
        mantissa, exponent = f"{abs(x):.{digits - 1}e}".split("e")
        power = int(exponent)
        shown = max(1, len(mantissa.replace(".", "").rstrip("0")))
        # Rounded to its significant digits 9996 may be 1e+04, yet in fixed notation it
        # keeps four digits: count those of the fixed form.
        fixed = f"{x:.{max(0, digits - power)}f}"
        return cls(x < 0, power, shown, len(fixed.partition(".")[0]))


def r_name(name: str) -> str:
    """Return a name as R prints it after `$`: in backticks unless it is syntactic.

    Examples
    --------
    >>> r_name("val_loss"), r_name("f1_score[0]"), r_name("next")
    ('val_loss', '`f1_score[0]`', '`next`')
    """
    syntactic = re.fullmatch(r"(?:[^\W\d_]|\.(?!\d))[\w.]*", name)
    return name if syntactic and name not in _RESERVED else f"`{name}`"
