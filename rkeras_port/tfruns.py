"""Run folders in the layout of R's tfruns, written while training and read back.

``runs/<time>/tfruns.d/`` holds ``flags.json``, ``metrics.json``, ``evaluation.json``,
``error.json``, ``source.tar.gz``, and a text file per property under ``properties/``.
R's `ls_runs()` lists such folders, whoever wrote them.
"""

from __future__ import annotations

import base64
import html
import json
import math
import os
import shutil
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkeras_port import observers
from rkeras_port.errors import ArgumentError, StateError

if TYPE_CHECKING:
    import pandas as pd
    from keras.callbacks import Callback

_META = "tfruns.d"
_JSON = ("flags", "metrics", "evaluation", "error")

#: Files of these kinds are a run's source.
_SOURCES = (".r", ".rmd", ".py", ".yml", ".yaml")

#: Columns of `ls_runs` that come first; the other properties follow.
_FIRST = ("samples", "validation_samples", "batch_size", "epochs", "epochs_completed")


def unique_run_dir(runs_dir: str | os.PathLike[str] = "runs") -> str:
    """Make a new run folder, named by the time in UTC, and return its path.

    R: `unique_run_dir()` of tfruns.
    """
    while True:
        path = Path(runs_dir, time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime()))
        try:
            path.mkdir(parents=True)
        except FileExistsError:
            time.sleep(0.1)
            continue
        except OSError as error:
            raise ArgumentError(
                "unique_run_dir",
                "runs_dir",
                "must be a folder that can be written to",
                received=f"{runs_dir} ({error.strerror})",
            ) from error
        return str(path)


class RunFolder:
    """A run that is being written. `begin` makes one.

    Parameters
    ----------
    path : path
        The run folder, which exists.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path).resolve()
        (self.path / _META / "properties").mkdir(parents=True, exist_ok=True)

    def write(self, kind: str, data: Mapping[str, Any]) -> None:
        """Write metadata: "flags", "metrics", "evaluation", "error" or "properties".

        Raises
        ------
        ArgumentError
            If `kind` is none of these.
        """
        if kind == "properties":
            for name, value in data.items():
                text = _text(value)
                if text is not None:
                    _write(self.path / _META / "properties" / str(name), text)
            return
        if kind not in _JSON:
            raise ArgumentError(
                "write_run_metadata",
                "type",
                f"must be properties or one of {', '.join(_JSON)}",
                received=repr(kind),
            )
        text = json.dumps(_jsonable(dict(data)), indent=2)
        _write(self.path / _META / f"{kind}.json", text)

    def keep_source(self, folder: str | os.PathLike[str]) -> None:
        """Pack the source files of a folder, without what is under hidden folders."""
        files = [
            file
            for file in sorted(Path(folder).iterdir())
            if file.is_file() and file.suffix.lower() in _SOURCES
        ]
        with tarfile.open(self.path / _META / "source.tar.gz", "w:gz") as packed:
            for file in files:
                packed.add(file, f"source/{file.name}")

    def finish(self, error: str | None = None, trace: str = "") -> None:
        """End the run, as failed if there is an error."""
        observers.remove(self)
        if error is not None:
            self.write("error", {"message": error, "traceback": trace})
        self.write("properties", {"end": time.time(), "completed": error is None})

    # What is told ---------------------------------------------------------------------

    def fitting(self, model: Any, arguments: dict[str, Any]) -> Callback:
        """Write what is about to be trained; return the callback for it."""
        import numpy as np

        from rkeras_port.tracking.described import _named, _rows

        lines: list[str] = []
        model.summary(print_fn=lambda line, **_: lines.append(line))
        validation = arguments.get("validation_data")
        samples = _rows(arguments.get("x"))
        held_out = _rows(validation[0]) if isinstance(validation, tuple) else None
        split = arguments.get("validation_split") or 0
        if samples is not None and held_out is None and split:
            kept = math.floor(samples * (1.0 - split))
            samples, held_out = kept, samples - kept
        self.write(
            "properties",
            {
                "samples": samples,
                "validation_samples": held_out,
                "epochs": arguments.get("epochs", 1),
                "batch_size": arguments.get("batch_size") or 32,
                "model": "\n".join(lines),
                "loss_function": _named(model.loss),
                "optimizer": type(model.optimizer).__name__,
                "learning_rate": float(str(np.float32(model.optimizer.learning_rate))),
            },
        )
        return _callback(self)

    def evaluated(
        self, model: Any, arguments: dict[str, Any], results: dict[str, float]
    ) -> None:
        """Write what `evaluate` has found."""
        self.write("evaluation", results)


def begin(
    path: str | os.PathLike[str],
    script: str = "",
    context: str = "local",
    properties: Mapping[str, Any] | None = None,
) -> RunFolder:
    """Begin to write a run; from now on it is told of training."""
    Path(path).mkdir(parents=True, exist_ok=True)
    run = RunFolder(path)
    run.write(
        "properties",
        {
            "type": "training",
            "context": context,
            "script": Path(script).name,
            "start": time.time(),
            **(properties or {}),
        },
    )
    if script:
        run.keep_source(Path(script).resolve().parent)
    observers.add(run)
    return run


def _callback(run: RunFolder) -> Callback:
    from rkeras_port._keras import keras

    class Metrics(keras.callbacks.Callback):
        """Writes the metrics of all epochs so far, after each."""

        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self._metrics: dict[str, list[float]] = {}

        def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
            for name, value in (logs or {}).items():
                self._metrics.setdefault(name, []).append(float(value))
            run.write("metrics", self._metrics)
            run.write("properties", {"epochs_completed": epoch + 1})

    return Metrics()


def _text(value: Any) -> str | None:
    """Return a property as R writes it."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_jsonable(one) for one in value]
    if hasattr(value, "tolist"):
        return _jsonable(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _write(path: Path, text: str) -> None:
    """Write a file that is there whole or not at all."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)


# Reading ------------------------------------------------------------------------------


def run_dirs(runs_dir: str | os.PathLike[str] = "runs") -> list[str]:
    """Return the run folders in a folder, the latest first."""
    if not Path(runs_dir).is_dir():
        return []
    found = [one for one in Path(runs_dir).iterdir() if (one / _META).is_dir()]
    return [str(one) for one in sorted(found, reverse=True)]


def run_info(run_dir: str | os.PathLike[str]) -> dict[str, Any]:
    """Return all that is known of a run.

    Returns
    -------
    dict
        ``run_dir``, ``flags``, ``metrics`` (series by name), ``evaluation``, ``error``
        and the properties, each where there is one.

    Raises
    ------
    ArgumentError
        If there is no such run, or a file of it is damaged.
    """
    meta = Path(run_dir, _META)
    if not meta.is_dir():
        raise ArgumentError(
            "run_info", "run_dir", "is no run folder", received=str(run_dir)
        )
    info: dict[str, Any] = {"run_dir": str(run_dir)}
    for kind in _JSON:
        file = meta / f"{kind}.json"
        if file.is_file():
            try:
                info[kind] = json.loads(file.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ArgumentError(
                    "run_info",
                    "run_dir",
                    f"has a damaged {file.name}",
                    received=f"{run_dir} ({error})",
                ) from error
    properties = meta / "properties"
    if properties.is_dir():
        for file in sorted(properties.iterdir()):
            if not file.name.startswith("."):
                info[file.name] = _value(file.read_text(encoding="utf-8").strip("\n"))
    return info


def _value(text: str) -> Any:
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() and "." not in text else number


def ls_runs(runs_dir: str | os.PathLike[str] = "runs") -> pd.DataFrame:
    """Return a table of the runs in a folder, the latest first.

    Returns
    -------
    pandas.DataFrame
        ``run_dir``, ``eval_*``, the last value of each metric as ``metric_*``,
        ``flag_*``, and the properties.
    """
    import pandas as pd

    rows = []
    for path in run_dirs(runs_dir):
        info = run_info(path)
        row: dict[str, Any] = {"run_dir": path}
        for kind, prefix in (("evaluation", "eval"), ("flags", "flag")):
            row |= {f"{prefix}_{k}": v for k, v in (info.get(kind) or {}).items()}
        for name, values in (info.get("metrics") or {}).items():
            known = [v for v in values if v is not None]
            row[f"metric_{name}"] = known[-1] if known else None
        row |= {k: v for k, v in info.items() if k not in (*_JSON, "run_dir")}
        rows.append(row)
    frame = pd.DataFrame(rows)
    columns = list(map(str, frame))
    order = ["run_dir"]
    for prefix in ("eval_", "metric_", "flag_"):
        order += [c for c in columns if c.startswith(prefix)]
    order += [c for c in _FIRST if c in columns]
    order += [c for c in columns if c not in order]
    return frame[[c for c in order if c in columns]]


# Tidying ------------------------------------------------------------------------------


def copy_run(run_dir: str, to: str = ".", rename: str | None = None) -> str:
    """Copy a run folder into another folder; return the copy's path.

    Raises
    ------
    ArgumentError
        If there is no such run, or something of that name.
    """
    run_info(run_dir)
    target = Path(to, rename or Path(run_dir).name)
    if target.exists():
        raise ArgumentError(
            "copy_run", "to", "has something of that name", received=str(target)
        )
    shutil.copytree(run_dir, target)
    return str(target)


def archive_runs(run_dirs: list[str]) -> list[str]:
    """Move runs into the folder ``archive`` beside them; return where they are."""
    moved = []
    for path in map(Path, run_dirs):
        run_info(path)
        archive = path.parent / "archive"
        archive.mkdir(exist_ok=True)
        if (archive / path.name).exists():
            raise StateError(f"clean_runs(): {archive / path.name} is there already.")
        moved.append(str(path.rename(archive / path.name)))
    return moved


def purge_runs(runs_dir: str) -> int:
    """Delete the archived runs of a folder for good; return how many there were."""
    archived = run_dirs(Path(runs_dir, "archive"))
    for path in archived:
        shutil.rmtree(path)
    return len(archived)


def keep_artifacts(run_dir: str, folder: str, since: float, runs_dir: str) -> list[str]:
    """Copy files that were made or changed since then into the run folder."""
    root, runs = Path(folder).resolve(), Path(runs_dir).resolve()
    kept = []
    for file in sorted(root.rglob("*")):
        inside = file.relative_to(root)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or not file.is_file() or file.is_relative_to(runs):
            continue
        if file.is_relative_to(Path(run_dir).resolve()) or file.stat().st_mtime < since:
            continue
        target = Path(run_dir, inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)
        kept.append(str(inside))
    return kept


# The page -----------------------------------------------------------------------------


def view(run_dirs: list[str], file: str) -> str:
    """Write a page on one run, or on several side by side; return its path."""
    parts = [_section(run_info(path)) for path in run_dirs]
    title = "Training run" if len(parts) == 1 else f"{len(parts)} training runs"
    style = (
        "body{font-family:sans-serif;margin:2em;display:flex;gap:3em;flex-wrap:wrap}"
        "td,th{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}"
        "pre{font-size:80%}img{max-width:34em}"
    )
    Path(file).write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style><body>{''.join(parts)}</body></html>\n",
        encoding="utf-8",
    )
    return file


def _section(info: dict[str, Any]) -> str:
    parts = [f"<section><h1>{html.escape(Path(info['run_dir']).name)}</h1>"]
    parts += [
        f"<h2>{kind.title()}</h2>{_table(info[kind])}"
        for kind in ("evaluation", "flags")
        if info.get(kind)
    ]
    if info.get("metrics"):
        parts.append(f"<h2>Metrics</h2>{_picture(info['metrics'])}")
    if info.get("error"):
        message = html.escape(str(info["error"].get("message")))
        parts.append(f"<h2>Error</h2><pre>{message}</pre>")
    rest = {k: v for k, v in info.items() if k not in (*_JSON, "run_dir", "model")}
    for name in ("start", "end"):
        if name in rest:
            rest[name] = time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(rest[name]))
    parts.append(f"<h2>Properties</h2>{_table(rest)}")
    if "model" in info:
        parts.append(f"<h2>Model</h2><pre>{html.escape(str(info['model']))}</pre>")
    return "".join([*parts, "</section>"])


def _table(values: Mapping[str, Any]) -> str:
    rows = (
        f"<tr><th>{html.escape(str(k))}</th><td>{html.escape(str(v))}</td></tr>"
        for k, v in values.items()
    )
    return f"<table>{''.join(rows)}</table>"


def _picture(metrics: dict[str, list[float]]) -> str:
    from rkeras_port.history import TrainingHistory
    from rkeras_port.tracking.pictures import history_picture

    known = {
        k: [float("nan") if v is None else v for v in vs] for k, vs in metrics.items()
    }
    history = TrainingHistory({"epochs": max(map(len, known.values()))}, known)
    data = base64.b64encode(history_picture(history).png()).decode()
    return f'<img alt="Metrics by epoch" src="data:image/png;base64,{data}">'
