"""The courses of several sides' training in one picture, drawn as SVG.

The first side is a line, the second are dots on it, the third crosses, so that equal
courses are seen to lie on each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 440, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 12, 12, 38

#: Metrics of one side by name, a value per epoch.
Course = Mapping[str, Sequence[float]]


def panels(courses: Mapping[str, Course]) -> Iterator[tuple[str, str]]:
    """Give for each metric its name and a picture of it by epoch, an SVG element.

    Parameters
    ----------
    courses : mapping of str to Course
        By the label of the side. A metric's validation values have its name with
        ``val_`` before it, and come into the same picture. Values that are not finite
        leave a gap.
    """
    names = dict.fromkeys(
        name.removeprefix("val_") for course in courses.values() for name in course
    )
    for name in names:
        yield name, _panel(name, courses)


def _panel(metric: str, courses: Mapping[str, Course]) -> str:
    series = [
        (place, part, np.asarray(course[key], dtype=float))
        for place, course in enumerate(courses.values())
        for part, key in (("training", metric), ("validation", f"val_{metric}"))
        if key in course
    ]
    everything = np.concatenate([values for *_, values in series])
    finite = everything[np.isfinite(everything)]
    ticks = _ticks(finite.min(), finite.max()) if len(finite) else [0.0, 1.0]
    epochs = max(1, *(len(values) for *_, values in series))
    low, high = ticks[0], ticks[-1]

    def x(epoch: float) -> float:
        share = (epoch - 1) / (epochs - 1) if epochs > 1 else 0.5
        return _LEFT + 8 + share * (_WIDTH - _LEFT - _RIGHT - 16)

    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 5, "epoch")]
    for tick in ticks:
        parts.append(_text(_LEFT - 6, y(tick) + 4, f"{tick:.4g}", anchor="end"))
        rule = f"M{_LEFT} {y(tick):.1f}H{_WIDTH - _RIGHT}"
        parts.append(f'<path class="rule" d="{rule}"/>')
    label_height = _HEIGHT - _BOTTOM + 17
    parts += [_text(x(epoch), label_height, str(epoch)) for epoch in _epochs(epochs)]
    for place, part, values in series:
        points = [
            (x(epoch), y(value)) if math.isfinite(value) else None
            for epoch, value in enumerate(values.tolist(), 1)
        ]
        parts.append(_DRAW[min(place, len(_DRAW) - 1)](points, part))
    told = escape(f"{metric} by epoch, {' and '.join(courses)}")
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{told}">'
        f"<title>{told}</title>{''.join(parts)}</svg>"
    )


def _text(x: float, y: float, text: str, anchor: str = "middle") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


_Points = Sequence[tuple[float, float] | None]


def _line(points: _Points, part: str) -> str:
    path, pen = [], "M"
    for point in points:
        if point is None:
            pen = "M"
            continue
        path.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    # A value between two gaps, or the only one, is a line of no length with round ends.
    return f'<path class="line-{part}" d="{" ".join(path)}{"h0" * bool(path)}"/>'


def _dots(points: _Points, part: str) -> str:
    return "".join(
        f'<circle class="dot-{part}" cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="3.6"/>'
        for at in points
        if at
    )


def _crosses(points: _Points, part: str) -> str:
    strokes = (f"M{at[0] - 4:.1f} {at[1]:.1f}h8m-4-4v8" for at in points if at)
    return f'<path class="cross-{part}" d="{"".join(strokes)}"/>'


_DRAW = (_line, _dots, _crosses)

#: How the sides are drawn, in words, in their order.
MARKS = ("line", "dots", "crosses")


def _ticks(low: float, high: float) -> list[float]:
    """Return 3 to 7 round numbers from at most `low` to at least `high`.

    Examples
    --------
    >>> _ticks(0.03, 0.61)
    [0.0, 0.2, 0.4, 0.6, 0.8]
    >>> _ticks(2.0, 2.0)
    [1.0, 2.0, 3.0]
    """
    if low == high:
        around = abs(low) / 2 or 1.0
        return [low - around, low, low + around]
    rough = (high - low) / 4
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _epochs(epochs: int) -> list[int]:
    step = next(
        s * 10**e for e in range(9) for s in (1, 2, 5) if epochs <= 8 * s * 10**e
    )
    return (
        sorted({1, *range(step, epochs + 1, step)})
        if step > 1
        else [*range(1, epochs + 1)]
    )
