"""Words to indices and back."""

from __future__ import annotations

import string
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras.src.legacy.preprocessing.text import text_to_word_sequence as of_keras

from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.text import (
    FILTERS,
    decode_review,
    encode_review,
    text_to_utf8_words,
    text_to_word_sequence,
)

INDEX = {"the": 1, "and": 2, "film": 19, "it's": 42, "brilliant": 530}


class TestTextToWordSequence:
    @given(st.text())
    def test_equals_keras(self, text):
        assert text_to_word_sequence(text) == of_keras(text)

    @given(
        st.text(alphabet=string.printable + "İßé\u2014\u2019"),
        st.text(alphabet=string.punctuation, max_size=5),
        st.booleans(),
        st.sampled_from([" ", ",", "ab", "\n"]),
    )
    def test_equals_keras_with_any_arguments(self, text, filters, lower, split):
        ours = text_to_word_sequence(text, filters, lower, split)
        assert ours == of_keras(text, filters, lower, split)

    @given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" !\t\r\v'"))))
    def test_bytes_equal_keras(self, text):
        expected = [word.encode(errors="surrogatepass") for word in of_keras(text)]
        assert text_to_utf8_words(text) == expected

    def test_filters_are_what_r_documents(self):
        # Default of `filters` in text_to_word_sequence() of R's keras 2.
        assert FILTERS == '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

    def test_bad_arguments(self):
        with pytest.raises(ArgumentTypeError, match=r"one string.*list"):
            text_to_word_sequence(["a", "b"])
        with pytest.raises(ArgumentError, match="`split` must not be empty"):
            text_to_word_sequence("a b", split="")


class TestEncodeReview:
    def test_typed_text(self):
        codes = encode_review("The FILM -- and... it's\nbrilliant!!", INDEX)
        assert codes == [1, 1 + 3, 19 + 3, 2 + 3, 42 + 3, 530 + 3]

    @pytest.mark.parametrize(
        "text", ["It\u2019s brilliant\u2026", "\u201cit's\u201d\u2014brilliant"]
    )
    def test_typographic_characters(self, text):
        assert encode_review(text, INDEX) == [1, 45, 533]

    def test_unknown_and_out_of_range_words(self):
        text = "the brillig film"
        assert encode_review(text, INDEX) == [1, 4, 2, 22]
        assert encode_review(text, INDEX, num_words=22) == [1, 4, 2, 2]
        assert encode_review(text, INDEX, num_words=23) == [1, 4, 2, 22]
        assert encode_review(text, INDEX, skip_top=5) == [1, 2, 2, 22]
        assert encode_review(text, INDEX, oov_char=None) == [1, 4, 22]
        assert encode_review(text, INDEX, start_char=None) == [4, 2, 22]
        assert encode_review(text, INDEX, index_from=0, oov_char=9) == [1, 1, 9, 19]

    def test_no_words(self):
        assert encode_review(" ... ", INDEX) == [1]

    def test_bad_arguments(self):
        with pytest.raises(ArgumentTypeError, match="one string"):
            encode_review(["the", "film"], INDEX)
        with pytest.raises(ArgumentError, match="num_words"):
            encode_review("the film", INDEX, num_words=0)


class TestDecodeReview:
    def test_indices_without_a_word(self):
        assert decode_review([1, 0, 4, 2, 22, 999], INDEX) == "? ? the ? film ?"
        assert decode_review([1, 19], INDEX, index_from=0, unknown="_") == "the film"

    @given(st.lists(st.sampled_from(sorted(INDEX)), min_size=1))
    def test_undoes_encoding(self, words):
        text = " ".join(words)
        assert decode_review(encode_review(text, INDEX), INDEX) == "? " + text

    def test_bad_sequences(self):
        with pytest.raises(ArgumentTypeError, match="decode_review"):
            decode_review([[1, 4], [1, 5]], INDEX)
        with pytest.raises(ArgumentTypeError, match="decode_review"):
            decode_review("the film", INDEX)
        with pytest.raises(ArgumentError, match=r"4\.5"):
            decode_review([4.5], INDEX)


def test_text_and_data_import_neither_keras_nor_pandas():
    code = (
        "import sys, rkeras_port.text, rkeras_port.encoding, rkeras_port.datasets\n"
        "import rkeras_port.reviews, rkeras_port.splits\n"
        "sys.exit(bool({'keras', 'tensorflow', 'pandas', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
