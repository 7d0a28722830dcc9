"""The README's first example, without R and without an extra: `base.py README.md`."""

import functools
import re
import sys
from pathlib import Path

import numpy as np

import rkeras_port as rk

assert "site-packages" in str(rk.__file__), rk.__file__
assert not {"keras", "tensorflow", "rpy2"} & set(sys.modules)

# Reviews in Keras's layout: a positive one has the word of rank 7 in it.
random = np.random.default_rng(1)
parts = {}
for part, n in (("train", 12_000), ("test", 1_000)):
    y = random.integers(0, 2, n)
    x = np.empty(n, object)
    x[:] = [[*random.integers(20, 200, 10).tolist(), 7 if good else 8] for good in y]
    parts |= {f"x_{part}": x, f"y_{part}": y}
np.savez("imdb.npz", **parts)

(example,) = re.findall(
    r"^```python\n(.*?)^```", Path(sys.argv[1]).read_text("utf-8"), re.M | re.S
)[:1]
rk.dataset_imdb = functools.partial(rk.dataset_imdb, path="imdb.npz")
rk.set_random_seed(1)
namespace: dict[str, object] = {}
exec(example.replace("epochs=20", "epochs=10"), namespace)
assert namespace["model"].count_params() == 160_305
assert namespace["history"].metrics["val_accuracy"][-1] > 0.9
namespace["history"].plot().save("history.png")
assert Path("history.png").stat().st_size > 10_000

# What needs an extra says which.
for use in (
    lambda: rk.tracked_run("imdb").__enter__(),
    lambda: rk.vfold_cv(rk.dataset_sonar(), v=2),
    lambda: rk.parquet_multi_hot("reviews.parquet", 10),
    lambda: rk.dataset_imdb.func(source="bundled"),
    lambda: __import__("rkeras_port.r").r.session(),
):
    try:
        use()
    except rk.MissingDependencyError as error:
        said = str(error)
    else:
        said = ""
    assert "install" in said.lower(), said
