"""What a grid of experiments has found: a table, and a picture of small multiples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rkeras_port.errors import ArgumentError
from rkeras_port.history import TrainingHistory

if TYPE_CHECKING:
    import pandas as pd
    from plotnine import ggplot

_COLOURS = {"training": "#0072B2", "validation": "#D55E00"}


@dataclass(frozen=True)
class Experiment:
    """One network of a grid.

    Attributes
    ----------
    name : str
        What distinguishes it from the others of the grid.
    settings : dict
        Its row of the grid.
    history : TrainingHistory
    test : dict of str to float
        Results on the test data, if there are such.
    run_id : str
        Where it is tracked.
    resumed : bool
        Whether it had been trained before, and was read back.
    """

    name: str
    settings: dict[str, Any]
    history: TrainingHistory
    test: dict[str, float]
    run_id: str
    resumed: bool = False


@dataclass(frozen=True)
class Experiments:
    """The experiments of a grid, in its order. `experiments` returns one.

    Attributes
    ----------
    experiments : list of Experiment
    tracking_uri : str
        Where they are kept.
    """

    experiments: list[Experiment]
    tracking_uri: str = ""

    @property
    def table(self) -> pd.DataFrame:
        """The comparison.

        Returns
        -------
        pandas.DataFrame
            A row per experiment: its settings, ``best_epoch`` (with the lowest
            validation loss), ``val_loss`` and ``val_accuracy`` there,
            ``overfits_from`` (the epoch from which the validation loss stays above its
            minimum while the training loss falls below; missing if it does not),
            ``test_loss``, ``test_accuracy`` and ``run_id``.
        """
        import pandas as pd

        rows = []
        for one in self.experiments:
            row = dict(one.settings) | _at_best(one.history)
            row |= {f"test_{name}": one.test[name] for name in sorted(one.test)}
            rows.append(row | {"run_id": one.run_id})
        frame = pd.DataFrame(rows)
        for name in ("best_epoch", "overfits_from"):
            if name in frame:
                frame[name] = frame[name].astype("Int64")
        return frame

    def best(self) -> Experiment:
        """Return the experiment with the lowest validation loss.

        Raises
        ------
        ArgumentError
            If none was validated.
        """
        validated = [e for e in self.experiments if e.history.metrics.get("val_loss")]
        if not validated:
            raise ArgumentError(
                "best", "experiments", "have no validation loss to compare"
            )
        return min(validated, key=lambda e: min(e.history.metrics["val_loss"]))

    def plot(self, metric: str = "loss", columns: int = 3) -> ggplot:
        """Draw a metric by epoch, a small panel for each experiment.

        Parameters
        ----------
        metric : str
            Without ``val_``.
        columns : int
            Panels side by side.

        Raises
        ------
        ArgumentError
            If no experiment has this metric.
        """
        import pandas as pd
        import plotnine as p9

        frames = []
        for place, one in enumerate(self.experiments, 1):
            frame = one.history.as_data_frame()
            frame = frame[(frame["metric"] == metric) & np.isfinite(frame["value"])]
            frames.append(frame.assign(experiment=f"{place}: {_wrapped(one.name)}"))
        shown = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
        if shown.empty:
            raise ArgumentError(
                "plot", "metric", "is in no history", received=repr(metric)
            )
        shown["experiment"] = pd.Categorical(
            shown["experiment"], list(dict.fromkeys(shown["experiment"]))
        )
        rows = -(-len(frames) // columns)
        return (
            p9.ggplot(shown, p9.aes("epoch", "value", color="data", shape="data"))
            + p9.geom_line()
            + p9.geom_point(size=1.5)
            + p9.facet_wrap("experiment", ncol=columns)
            + p9.scale_color_manual(values=_COLOURS)
            + p9.scale_x_continuous(breaks=_whole)
            + p9.labs(x="epoch", y=metric)
            + p9.theme_bw(base_size=10)
            + p9.theme(
                figure_size=(2.6 * min(columns, len(frames)) + 0.8, 2.1 * rows + 0.8),
                legend_position="top",
                legend_title=p9.element_blank(),
                panel_grid_minor=p9.element_blank(),
                strip_background=p9.element_blank(),
                strip_text=p9.element_text(size=8),
            )
        )

    def __len__(self) -> int:
        """Return the number of experiments."""
        return len(self.experiments)

    def __repr__(self) -> str:
        """Return the table, its figures to four digits."""
        if not self.experiments:
            return "no experiments"
        shown = self.table
        shown["run_id"] = shown["run_id"].str[:8]
        return str(shown.to_string(index=False, float_format="{:.4g}".format))


def _at_best(history: TrainingHistory) -> dict[str, Any]:
    if not history.metrics.get("val_loss"):
        return {}
    best = history.best_epoch()
    found: dict[str, Any] = {"best_epoch": best}
    for name in ("val_loss", "val_accuracy"):
        if name in history.metrics:
            found[name] = history.metrics[name][best - 1]
    found["overfits_from"] = overfits_from(history)
    return found


def overfits_from(history: TrainingHistory) -> int | None:
    """Return the epoch from which a network overfits, or None.

    That is the epoch after the one with the lowest validation loss, if the training
    loss has fallen further by the end while the validation loss has not come back.

    Examples
    --------
    >>> overfits_from(
    ...     TrainingHistory(
    ...         {"epochs": 4},
    ...         {"loss": [0.5, 0.3, 0.2, 0.1], "val_loss": [0.4, 0.3, 0.35, 0.5]},
    ...     )
    ... )
    3
    >>> overfits_from(
    ...     TrainingHistory(
    ...         {"epochs": 2}, {"loss": [0.5, 0.3], "val_loss": [0.4, 0.3]}
    ...     )
    ... )
    """
    loss, validation = history.metrics["loss"], history.metrics["val_loss"]
    best = history.best_epoch()
    if best == len(validation) or loss[-1] >= loss[best - 1]:
        return None
    return best + 1


def _wrapped(name: str) -> str:
    import textwrap

    return "\n".join(textwrap.wrap(name, 30)) or "as it is"


def _whole(limits: Sequence[float]) -> list[int]:
    low, high = int(np.ceil(limits[0])), int(np.floor(limits[1]))
    return list(range(max(1, low), high + 1, max(1, (high - low) // 4)))
