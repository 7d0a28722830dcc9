#!/bin/sh
# Run the core tests with other versions of what the package needs.
#
#   tools/test_versions.sh RESOLUTION PYTHON
#
# RESOLUTION is uv's: "lowest-direct" takes the oldest versions that pyproject.toml
# allows, "highest" the newest. Needs the network, or uv's cache.
set -eu
resolution=$1
python=$2

core="tests/test_imports.py tests/test_pipe.py tests/test_models.py
tests/test_encoding.py tests/test_training.py tests/test_saving.py tests/test_history.py
tests/test_plots.py tests/test_tables.py tests/test_estimators.py tests/test_streaming.py
tests/test_sparse_feed.py tests/tracking/test_runs.py"
if command -v R >/dev/null 2>&1; then
  core="$core tests/r/test_session.py tests/r/test_conversion.py tests/r/test_objects.py"
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
uv venv --quiet --python "$python" "$folder"
uv pip compile --quiet pyproject.toml --extra all --extra dev --no-header \
  --no-annotate --resolution "$resolution" --python "$folder/bin/python" \
  --output-file "$folder/versions.txt"
uv pip install --quiet --python "$folder/bin/python" -r "$folder/versions.txt"
uv pip install --quiet --python "$folder/bin/python" --no-deps --editable .
# shellcheck disable=SC2086 # a list of words
"$folder/bin/python" -m pytest -q -p no:cacheprovider $core
