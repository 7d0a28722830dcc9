"""Chunks of Python in R Markdown documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from rkeras_port.r import RError, documents

DOCUMENT = """
```{r}
library(reticulate)
a <- c(1, 2, 3)
frame <- data.frame(x = 1:3, y = c(2, 4, 8))
```

```{python}
total = sum(r.a)
print("total is", total)
total * 2
r.left = total + 1

def twice(x):
    return x * 2

"seen" if False else None
twice(total)
```

```{r}
py$total
left
py$twice(5)
```

```{python picture, echo = FALSE}
import matplotlib.pyplot as plt
lines = plt.plot([1, 2], [3, 4])
plt.show()
```

```{python drawn, echo = FALSE}
from plotnine import aes, geom_point, ggplot
ggplot(r.frame, aes("x", "y")) + geom_point()
```

```{python, echo = FALSE}
from rkeras_port.tracking import BinaryScores
BinaryScores.of([0, 1], [0.2, 0.7]).plot_scores()
```

```{python, error = TRUE}
1 / 0
```

```{python, error = TRUE}
x = = 1
```

```{python, eval = FALSE}
never()
```
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def rendered(text: str) -> str:
    Path("doc.Rmd").write_text(text)
    html = documents.run(Path("doc.Rmd"))
    assert html is not None
    return html.read_text("utf-8")


def outputs(html: str) -> list[str]:
    blocks = re.findall(r"<pre><code>(.*?)</code></pre>", html, re.S)
    return [block.strip() for block in blocks]


def test_chunks_share_variables_and_show_what_they_print(R):
    html = rendered(DOCUMENT)
    assert outputs(html)[:6] == [
        "## total is 6.0",
        "## 12.0",
        "## 12.0",
        "## [1] 6",
        "## [1] 7",
        "## [1] 10",
    ]
    assert html.count('src="data:image/png') == 3
    assert any("ZeroDivisionError: division by zero" in out for out in outputs(html))
    assert any("SyntaxError" in out for out in outputs(html))
    assert "never()" in re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "a = 1\n\nb = a / 0",
            r"^ZeroDivisionError: division by zero \(doc\.Rmd, chunk 'bad', line 6\)$",
        ),
        (
            "def f():\n    raise KeyError('k')\n\nf()",
            r"KeyError: 'k' \(doc\.Rmd, chunk 'bad', line 5\)$",
        ),
        ("a = 1\nb = = 2", r"SyntaxError: .*\(doc\.Rmd, chunk 'bad', line 5\)$"),
    ],
)
def test_an_error_names_chunk_and_line(R, body, message):
    with pytest.raises(RError, match=message):
        rendered(f"Text.\n\n```{{python bad}}\n{body}\n```\n")
    assert R.eval("1 + 1") == 2
