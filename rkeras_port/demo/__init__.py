"""`rkeras demo`: the seven steps of the workflow, run, told and reported."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from rkeras_port.errors import ArgumentError

from . import narrative, report, steps
from .folder import FILES, results_folder
from .narrative import Course
from .report import Outcome
from .screen import Screen

#: What is judged when the user types no review.
SAMPLE_REVIEWS = (
    "A wonderful film: warm, funny and beautifully acted. I loved every minute.",
    "Dull, loud and badly written. Two hours of my life that I will never get back.",
)


def run(
    *,
    data: str = "bundled",
    epochs: int = 20,
    seed: int = 1,
    out: Path = Path("demo-output"),
    reviews: Sequence[str] = (),
    console: Console | None = None,
) -> Outcome:
    """Go through the workflow, tell it on the screen, and leave a folder of results.

    Parameters
    ----------
    data : str
        "bundled", "download" or the path of an ``imdb.npz``; see `steps.prepare`.
    epochs : int
        Epochs of the first training and of the fine-tuning.
    seed : int
        Every network is built and trained from this seed.
    out : path
        The folder; see `results_folder`.
    reviews : sequence of str
        Reviews to judge, in plain English.
    console : rich.console.Console, optional
        Where to tell it; by default standard output.

    Returns
    -------
    Outcome
        All that was found, as in the report.

    Raises
    ------
    ArgumentError
        If a review is empty, or `out` cannot be used.
    DataUnavailableError, MissingDependencyError
        If the reviews cannot be had.
    """
    if not all(text.strip() for text in reviews):
        raise ArgumentError("demo", "review", "must not be empty")
    screen = Screen(console)
    with results_folder(out) as folder:
        outcome = _seven_steps(
            screen, folder, data, epochs, seed, reviews or SAMPLE_REVIEWS
        )
        report.write(outcome, folder)
    screen.files(out, FILES)
    return outcome


def _seven_steps(
    screen: Screen,
    folder: Path,
    data: str,
    epochs: int,
    seed: int,
    typed: Sequence[str],
) -> Outcome:
    screen.title(
        "Binary classification of movie reviews", "R's Keras workflow, in Python"
    )

    screen.step("Prepare the reviews")
    reviews = steps.prepare(data)
    screen.say(*narrative.preparation(reviews))

    screen.step("Construct the network")
    code = steps.code(steps.network)
    steps.start_afresh(seed)
    layers = steps.layers(steps.network())
    screen.code(code)
    screen.layers(layers)

    screen.step("Compile and fit")
    start = time.perf_counter()
    watch = screen.epochs(epochs, validated=True)
    history = steps.train_with_validation(
        steps.network, reviews, epochs=epochs, seed=seed, watch=watch
    )
    course = Course.of(history)
    screen.say(*narrative.overfitting(course))

    screen.step("Retrain from scratch, and evaluate")
    again = min(steps.RETRAINING_EPOCHS, epochs)
    watch = screen.epochs(again, validated=False)
    model = steps.train_on_all(reviews, epochs=again, seed=seed, watch=watch)
    test = steps.evaluate_on_test(model, reviews)
    seconds = time.perf_counter() - start
    screen.say(*narrative.evaluation(test, reviews, again))

    screen.step("Predict")
    verdicts = steps.judge_test_reviews(model, reviews)
    screen.verdicts(verdicts)
    typed_verdicts = steps.judge_typed_reviews(model, typed, reviews.word_index)
    screen.say("Reviews that were typed:")
    screen.verdicts(typed_verdicts)

    screen.step("Try one change: dropout")
    with screen.progress(epochs) as watch:
        changed_history = steps.train_with_validation(
            steps.network_with_dropout, reviews, epochs=epochs, seed=seed, watch=watch
        )
    changed = Course.of(changed_history)
    screen.say(*narrative.comparison("dropout", changed, course))

    screen.step("Save and reload")
    difference = steps.save_and_reload(model, folder / "model.keras", reviews)
    screen.say(narrative.reloading(difference, reviews))

    return Outcome(
        reviews=reviews,
        seed=seed,
        code=code,
        layers=layers,
        history=history,
        changed_history=changed_history,
        retraining_epochs=again,
        test=test,
        verdicts=verdicts,
        typed_verdicts=typed_verdicts,
        difference=difference,
        seconds=seconds,
    )
