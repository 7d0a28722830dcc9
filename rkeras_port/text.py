"""Words to word indices and back, in the convention of the IMDB data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ._arguments import optional_whole_number, whole_number
from ._ragged import as_rows, flatten
from .errors import ArgumentError, ArgumentTypeError

#: The characters that separate words for Keras's tokeniser: all ASCII punctuation but
#: the apostrophe, tab and line feed.
FILTERS = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n'

#: Quotation marks, dashes and the ellipsis that word processors and telephones put in
#: place of the keys that were pressed.
_AS_TYPED = str.maketrans("\u2018\u2019\u201c\u201d\u2013\u2014\u2026", "''\"\"--.")


def text_to_word_sequence(
    text: str, filters: str = FILTERS, lower: bool = True, split: str = " "
) -> list[str]:
    """Split a text into words.

    R: `text_to_word_sequence()` of keras. The result is that of the function of this
    name in Keras's legacy preprocessing, which made the IMDB data.

    Parameters
    ----------
    text : str
        The text.
    filters : str
        Characters that separate words, as `split` does.
    lower : bool
        Whether to turn the text to lower case.
    split : str
        What separates words.

    Returns
    -------
    list of str
        The words, without empty ones.

    Raises
    ------
    ArgumentTypeError
        If `text` is not a string.
    ArgumentError
        If `split` is empty.

    Examples
    --------
    >>> text_to_word_sequence("It's GREAT -- 10/10!<br />See it.")
    ["it's", 'great', '10', '10', 'br', 'see', 'it']
    """
    _check_text("text_to_word_sequence", text)
    if not split:
        raise ArgumentError("text_to_word_sequence", "split", "must not be empty")
    if lower:
        text = text.lower()
    separators = {ord(character): split for character in filters}
    return [word for word in text.translate(separators).split(split) if word]


def text_to_utf8_words(text: str) -> list[bytes]:
    """Split a text as `text_to_word_sequence` does by default, several times as fast.

    Examples
    --------
    >>> text_to_utf8_words("It's GREAT!")
    [b"it's", b'great']
    """
    # A table for bytes is fast, and UTF-8 has no ASCII inside of other characters.
    # Lone halves of surrogate pairs, which are no UTF-8, pass through as they are.
    data = text.lower().encode(errors="surrogatepass").translate(_TO_SPACES)
    if b"\r" in data or b"\v" in data or b"\f" in data:
        return list(filter(None, data.split(b" ")))
    # Twice as fast, but at these three it would split too.
    return data.split()


_TO_SPACES = bytes.maketrans(FILTERS.encode(), b" " * len(FILTERS))


def encode_review(
    text: str,
    word_index: Mapping[str, int] | None = None,
    *,
    num_words: int | None = None,
    skip_top: int = 0,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> list[int]:
    """Encode a text as `dataset_imdb` encodes its reviews.

    Typographic quotation marks, dashes and ellipses count as the ASCII characters
    that the reviews have.

    Parameters
    ----------
    text : str
        A review in plain English.
    word_index : mapping of str to int, optional
        Rank by word, from 1; by default that of `dataset_imdb_word_index`.
    num_words, skip_top, start_char, oov_char, index_from
        As in `dataset_imdb`; give what the model's data were loaded with. Words that
        are not in `word_index` become `oov_char` too, or are left out if it is None.

    Returns
    -------
    list of int
        Word indices, `start_char` first.

    Raises
    ------
    ArgumentTypeError
        If `text` is not a string.

    Examples
    --------
    >>> encode_review("The film? Brillig!", {"the": 1, "film": 19})
    [1, 4, 22, 2]
    >>> encode_review("The film? Brillig!", {"the": 1, "film": 19}, num_words=20)
    [1, 4, 2, 2]
    """
    function = "encode_review"
    _check_text(function, text)
    index_from = whole_number(function, "index_from", index_from)
    skip_top = whole_number(function, "skip_top", skip_top)
    num_words = optional_whole_number(function, "num_words", num_words, minimum=1)
    start_char = optional_whole_number(function, "start_char", start_char)
    oov_char = optional_whole_number(function, "oov_char", oov_char)
    limit = float("inf") if num_words is None else num_words
    if word_index is None:
        word_index = _imdb_word_index()
    codes = [] if start_char is None else [start_char]
    for word in text_to_word_sequence(text.translate(_AS_TYPED)):
        rank = word_index.get(word)
        if rank is not None and skip_top <= rank + index_from < limit:
            codes.append(rank + index_from)
        elif oov_char is not None:
            codes.append(oov_char)
    return codes


def decode_review(
    sequence: Iterable[int],
    word_index: Mapping[str, int] | None = None,
    *,
    index_from: int = 3,
    unknown: str = "?",
) -> str:
    """Return the words of an encoded review.

    Parameters
    ----------
    sequence : iterable of int, length n_words
        One review of `dataset_imdb`.
    word_index : mapping of str to int, optional
        Rank by word; by default that of `dataset_imdb_word_index`. Bundled reviews
        need the bundled index.
    index_from : int
        As in `dataset_imdb`.
    unknown : str
        Stands for every index without a word: padding, the start, words left out.

    Returns
    -------
    str
        The words, separated by spaces.

    Raises
    ------
    ArgumentTypeError
        If `sequence` is not a sequence of numbers, e.g. if it holds several reviews.
    ArgumentError
        If it holds a number that is not whole.

    Examples
    --------
    >>> decode_review([1, 4, 22, 2], {"the": 1, "film": 19})
    '? the film ?'
    """
    function = "decode_review"
    index_from = whole_number(function, "index_from", index_from)
    indices = flatten(function, "sequence", [as_rows(function, "sequence", sequence)])
    if word_index is None:
        word_index = _imdb_word_index()
    words = {rank + index_from: word for word, rank in word_index.items()}
    return " ".join(words.get(index, unknown) for index in indices.values.tolist())


def _imdb_word_index() -> dict[str, int]:
    from .datasets import dataset_imdb_word_index

    return dataset_imdb_word_index()


def _check_text(function: str, text: object) -> None:
    if not isinstance(text, str):
        raise ArgumentTypeError(
            function,
            "text",
            "must be one string",
            received=type(text).__name__,
            remedy="Go through several texts one by one.",
        )
