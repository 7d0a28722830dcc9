"""Experiments on movie reviews, for the command line: train, train again, judge."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from rkeras_port.errors import ArgumentError

from .outcome import Experiments

#: The MLflow experiment of `rkeras experiment`.
NAME = "imdb"


@dataclass(frozen=True)
class Settings:
    """What one experiment is determined by; the defaults are the baseline.

    Attributes
    ----------
    hidden_layers, units, epochs, batch_size, seed : int
    loss, optimizer, activation : str
    data : str
        "bundled", "download" or the path of an ``imdb.npz``.
    """

    hidden_layers: int = 2
    units: int = 16
    epochs: int = 20
    batch_size: int = 512
    loss: str = "binary_crossentropy"
    optimizer: str = "rmsprop"
    activation: str = "relu"
    seed: int = 1
    data: str = "bundled"

    @classmethod
    def of(cls, params: Mapping[str, str], run_id: str) -> Self:
        """Read the settings from the logged parameters of a run.

        Raises
        ------
        ArgumentError
            If some are missing: the run is of another kind.

        Examples
        --------
        >>> params = {key: str(value) for key, value in asdict(Settings(3)).items()}
        >>> Settings.of(params, "f00") == Settings(hidden_layers=3)
        True
        """
        missing = [one.name for one in fields(cls) if one.name not in params]
        if missing:
            raise ArgumentError(
                "reproduce",
                "run_id",
                "names a run that `rkeras experiment` has not made: it lacks "
                + ", ".join(missing),
                received=run_id,
            )
        kinds = {name: type(value) for name, value in asdict(cls()).items()}
        try:
            return cls(**{name: kind(params[name]) for name, kind in kinds.items()})
        except ValueError as error:
            raise ArgumentError(
                "reproduce", "run_id", "has settings of no use", received=str(error)
            ) from error

    @property
    def row(self) -> dict[str, Any]:
        """What of it makes the network and its training."""
        return {k: v for k, v in asdict(self).items() if k not in ("seed", "data")}


#: What is tried when the user names nothing: one change of the baseline each.
VARIATIONS: tuple[dict[str, Any], ...] = (
    {"hidden_layers": 1},
    {"hidden_layers": 3},
    {"units": 32},
    {"units": 64},
    {"loss": "mse"},
    {"activation": "tanh"},
)


def rows(given: Mapping[str, Sequence[Any]], common: Settings) -> list[dict[str, Any]]:
    """Return the experiments: the baseline, then the combinations of what is given.

    Parameters
    ----------
    given : mapping of str to sequence
        Values to try by setting; those without values stay the baseline's. If there
        are none at all, the usual variations are tried.
    common : Settings
        The baseline.

    Examples
    --------
    >>> [row["units"] for row in rows({"units": [32, 64]}, Settings())]
    [16, 32, 64]
    """
    named = {name: list(values) for name, values in given.items() if values}
    tried: Iterable[dict[str, Any]] = VARIATIONS
    if named:
        tried = (
            dict(zip(named, values, strict=True))
            for values in itertools.product(*named.values())
        )
    all_rows = [common.row, *(common.row | change for change in tried)]
    return [row for i, row in enumerate(all_rows) if row not in all_rows[:i]]


def run_experiments(
    grid: Sequence[dict[str, Any]],
    *,
    data: str = "bundled",
    seed: int = 1,
    name: str = NAME,
    tracking_uri: str | None = None,
    resume: bool = True,
) -> Experiments:
    """Train, validate, test and track networks on the reviews.

    The first 10,000 training reviews (half of them if there are fewer than 20,000)
    are held out.

    Returns
    -------
    Experiments
        Its table leaves out the settings in which all are the same.
    """
    import pandas as pd

    from .grid import experiments

    fitted, test = prepared(data)
    made: Experiments = experiments(
        pd.DataFrame([row | {"data": data, "seed": seed} for row in grid]),
        **fitted,
        test_data=test,
        build=_network,
        seed=seed,
        name=name,
        tracking_uri=tracking_uri,
        resume=resume,
        log_model=True,
        log_pictures=True,
    )
    return made


def _network(data: str, seed: int, **settings: Any) -> Any:
    """Build a network from a row of the grid, which also names data and seed."""
    from rkeras_port.demo.steps import WORDS

    from .networks import dense_classifier

    return dense_classifier(WORDS, **settings)


def prepared(data: str) -> tuple[dict[str, Any], tuple[Any, Any]]:
    """Return the data to train on, by the arguments of `fit`, and those to test on."""
    from rkeras_port import vectorize_sequences
    from rkeras_port.demo.steps import WORDS, load

    train, test = load(data)[0]
    x, y = vectorize_sequences(train.x, dimension=WORDS), train.y.astype("float32")
    held_out = min(10_000, len(y) // 2)
    fitted = {
        "x": x[held_out:],
        "y": y[held_out:],
        "validation_data": (x[:held_out], y[:held_out]),
    }
    x_test = vectorize_sequences(test.x, dimension=WORDS)
    return fitted, (x_test, test.y.astype("float32"))


# Again --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Agreement:
    """How the figures of a repeated training agree with those of the run.

    Attributes
    ----------
    run_id : str
    compared : int
        How many figures.
    largest : float
        Their largest difference.
    worst : str
        The figure that differs most.
    changed : dict of str to tuple of str
        Versions that were others then: (then, now).
    """

    run_id: str
    compared: int
    largest: float
    worst: str
    changed: dict[str, tuple[str, str]]


def reproduce(run_id: str, tracking_uri: str | None = None) -> Agreement:
    """Train again from the logged parameters of a run, and compare the figures.

    Nothing is written to the store.

    Raises
    ------
    ArgumentError
        If there is no such run, it is no experiment on reviews or did not finish, or
        the data are not those that it was trained on.
    """
    from rkeras_port import clear_session, evaluate, fit, set_random_seed
    from rkeras_port.tracking import stored_run
    from rkeras_port.tracking.described import environment, fingerprint

    run = stored_run(run_id, tracking_uri)
    settings = Settings.of(run.params, run.run_id)
    if run.status != "FINISHED":
        raise ArgumentError(
            "reproduce",
            "run_id",
            "names a run that did not finish",
            received=f"{run.run_id} ({run.status.lower()})",
        )
    fitted, (x_test, y_test) = prepared(settings.data)
    if fingerprint(fitted["x"], fitted["y"]) != run.params.get("data_fingerprint"):
        raise ArgumentError(
            "reproduce",
            "run_id",
            f"names a run on other data than {settings.data!r} holds now",
            received=run.run_id,
        )
    clear_session()
    set_random_seed(settings.seed)
    made_of = {
        key: value
        for key, value in settings.row.items()
        if key not in ("epochs", "batch_size")
    }
    model = _network(settings.data, settings.seed, **made_of)
    history = model >> fit(
        **fitted, epochs=settings.epochs, batch_size=settings.batch_size, verbose=0
    )
    test = model >> evaluate(x_test, y_test, batch_size=512)
    then, now = run.history().metrics, history.metrics
    figures = {
        f"{name} of epoch {epoch}": (a, b)
        for name in now
        for epoch, (a, b) in enumerate(
            itertools.zip_longest(
                then.get(name, []), now[name], fillvalue=float("inf")
            ),
            1,
        )
    }
    figures |= {
        f"test {name}": (run.metrics.get(f"test_{name}", float("inf")), value)
        for name, value in test.items()
    }
    differences = {name: abs(a - b) for name, (a, b) in figures.items()}
    worst = max(differences, key=differences.__getitem__)
    versions = json.loads(run.read("environment.json"))
    current = environment()
    return Agreement(
        run.run_id,
        len(figures),
        differences[worst],
        worst,
        {
            key: (versions.get(key, "none"), current.get(key, "none"))
            for key in versions | current
            if versions.get(key) != current.get(key)
        },
    )


# Typed reviews ------------------------------------------------------------------------


def judge(run_id: str, texts: Sequence[str], tracking_uri: str | None = None) -> Any:
    """Return what the network of a run says about typed reviews.

    Letters become lower case and punctuation is left out, as in the data; words that
    the network does not know, or that are too rare, count as one unknown word.

    Returns
    -------
    list of rkeras_port.demo.steps.Verdict

    Raises
    ------
    ArgumentError
        If a review has no words, there is no such run, or it has no model.
    """
    from rkeras_port.demo import steps
    from rkeras_port.text import text_to_word_sequence
    from rkeras_port.tracking import load_tracked_model, stored_run

    for text in texts:
        if not text_to_word_sequence(text):
            raise ArgumentError(
                "predict", "review", "must have words in it", received=repr(text)
            )
    run = stored_run(run_id, tracking_uri)
    settings = Settings.of(run.params, run.run_id)
    model = load_tracked_model(run.run_id, run.store)
    return steps.judge_typed_reviews(model, texts, steps.word_index(settings.data))
