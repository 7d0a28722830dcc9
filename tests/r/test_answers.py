"""What R's functions answer, against what each row of the table says and why.

`answers.tsv` has R code and the R code of its answer, which base R computes or which
was worked out by hand from Keras's documentation and R's conventions.
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

with Path(__file__).with_name("answers.tsv").open(encoding="utf-8") as file:
    ANSWERS = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))

SETUP = """
suppressPackageStartupMessages(library(keras3))
A <- function(x) as.array(x)
f32 <- function(x) op_array(x, "float32")
m3 <- matrix(c(1, 5, 2, 8, 3, 0), 2)
sq <- matrix(1:4 + 0, 2)
cube <- array(1:24, c(2, 3, 4))
rn <- array(1:20, c(4, 5))
tn <- op_convert_to_tensor(rn)
# Numbers differ by the precision of float32 at most; all else is the same.
compared <- function(value, answer) {
  if (is.list(value) && is.list(answer) && length(value) == length(answer)) {
    each <- unlist(Map(compared, value, answer))
    same <- identical(names(value), names(answer)) && all(each == "same")
    return(if (same) "same" else paste(deparse(value), collapse = " "))
  }
  same <- identical(typeof(value), typeof(answer)) &&
    identical(dim(value), dim(answer)) &&
    isTRUE(all.equal(value, answer, tolerance = 1e-6))
  if (same) "same" else paste(deparse(value), collapse = " ")
}
"""


@pytest.fixture(scope="module")
def answering(R):
    """The R session with what the table's code names."""
    R.run(f"local({{{SETUP}}}, answers <- new.env())")
    return R


@pytest.mark.parametrize("row", ANSWERS, ids=lambda row: row["code"][:60])
def test_answer(row, answering):
    code, answer = row["code"], row["answer"]
    found = f"compared({code}, {answer})"
    assert answering.eval(f"local({found}, new.env(parent = answers))") == "same"


def test_every_answer_has_its_reason():
    assert all(len(row["why"].split()) > 1 for row in ANSWERS)
