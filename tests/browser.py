"""A real browser for pages on this machine: the Chromium that is installed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium")

needed = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

_FLAGS = (
    "--disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-gpu --no-sandbox"
)


@contextmanager
def opened(profile: Path, **settings: Any) -> Iterator[Any]:
    """Give a browser, as Playwright's context, that ends with the block.

    `profile` is a folder of its own; `settings` are those of a Playwright context.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            str(profile),
            executable_path=CHROMIUM,
            headless=True,
            args=_FLAGS.split(),
            **{"viewport": {"width": 1400, "height": 1000}} | settings,
        )
        try:
            yield browser
        finally:
            browser.close()
