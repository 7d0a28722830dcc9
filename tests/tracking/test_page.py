"""MLflow's web page on a store, looked at in a real browser."""

import socket

import browser
import pytest

from rkeras_port.errors import ArgumentError
from rkeras_port.tracking import page as pages


@browser.needed
def test_the_run_its_metrics_and_its_pictures_are_on_the_page(tracked, tmp_path):
    run, *_ = tracked
    experiment = run._client.get_run(run.run_id).info.experiment_id
    with (
        pages.page(run.store) as (url, server),
        browser.opened(tmp_path / "profile") as opened,
    ):
        tab = opened.new_page()
        tab.set_default_timeout(60_000)
        start = f"{url}/#/experiments/{experiment}/runs"
        tab.goto(start)
        tab.get_by_text("tiny", exact=True).first.wait_for()
        tab.goto(f"{start}/{run.run_id}")
        tab.get_by_text("rmsprop", exact=True).first.wait_for()
        tab.goto(f"{start}/{run.run_id}/model-metrics")
        tab.get_by_text("tiny (loss)").first.wait_for()
        tab.locator(".js-plotly-plot svg.main-svg").first.wait_for()
        tab.goto(f"{start}/{run.run_id}/artifacts/pictures/test_curves.png")
        picture = tab.locator("img[src^='blob:'], img[src*='get-artifact']").first
        picture.wait_for()
        assert (
            picture.evaluate("image => image.decode().then(() => image.naturalWidth)")
            > 300
        )
    assert server.poll() is not None


def test_a_port_that_is_taken(tracked):
    run, *_ = tracked
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(ArgumentError, match="cannot be used"),
            pages.page(run.store, port),
        ):
            raise AssertionError("a page was served")


def test_no_page_of_a_store_that_is_not_there_or_of_a_server(tmp_path):
    for uri, problem in (
        (tmp_path / "no.db", "does not exist"),
        ("http://127.0.0.1:9", "has a page of its own"),
    ):
        with pytest.raises(ArgumentError, match=problem), pages.page(uri):
            raise AssertionError("a page was served")
