"""MLflow's web page on a store: its server, on this machine only, started and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rkeras_port.errors import ArgumentError, StateError

from . import stores

_HOST = "127.0.0.1"

#: Seconds that the server may take to answer.
_START = 120


def serve(
    tracking_uri: str | os.PathLike[str] | None = None,
    port: int = 5000,
    *,
    open_browser: bool = True,
    say: Callable[[str], object] = print,
) -> None:
    """Show the runs of a store until the process is interrupted.

    Raises
    ------
    ArgumentError
        If there is no such store, or the port is taken.
    StateError
        If the server does not start.
    """
    with page(tracking_uri, port) as (url, server):
        say(f"{url} shows the runs. Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(url)
        try:
            server.wait()
        except KeyboardInterrupt:
            say("Ended.")


@contextmanager
def page(
    tracking_uri: str | os.PathLike[str] | None = None, port: int = 0
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Give the address of the page and its server, which ends with the block.

    Raises
    ------
    ArgumentError, StateError
        As `serve`.
    """
    uri = stores.resolve(tracking_uri)
    if stores.is_remote(uri):
        raise ArgumentError(
            "ui",
            "tracking_uri",
            "names a server, which has a page of its own",
            received=uri,
        )
    stores.existing("ui", uri)
    port = _free(port)
    url = f"http://{_HOST}:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri,
               "--host", _HOST, "--port", str(port), "--workers", "1"]  # fmt: skip
    file = stores.sqlite_file(uri)
    if file is not None:
        root = (file.parent / "mlruns").as_uri()
        command += ["--default-artifact-root", root]
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    server = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | quiet,
        # Its workers end with it, as a group of their own.
        start_new_session=True,
    )
    try:
        _wait(url, server)
        yield url, server
    finally:
        _end(server)


def _free(port: int) -> int:
    with socket.socket() as tried:
        # A port that a page was on a moment ago is free.
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((_HOST, port))
        except OSError as error:
            raise ArgumentError(
                "ui",
                "port",
                "cannot be used",
                received=f"{port} ({error.strerror})",
                remedy="Choose another, or 0 for any free one.",
            ) from error
        return int(tried.getsockname()[1])


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START
    # Straight to this machine, whatever proxies are set.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with opener.open(f"{url}/health", timeout=2):
                return
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise StateError(
        f"ui(): MLflow's server did not start ({' '.join(map(str, server.args))})."  # type: ignore[arg-type]
    )


def _end(server: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, how)
        except ProcessLookupError:
            return
        try:
            server.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            continue
