#!/bin/sh
# Install R and the R packages that documents and plots use, where that can be done:
# on Debian and Ubuntu, as root or with a sudo that asks for nothing.
set -eu

packages="r-base-core r-cran-ggplot2 r-cran-knitr r-cran-rmarkdown r-cran-jsonlite
r-cran-matrix r-cran-magrittr r-cran-purrr r-cran-dplyr r-cran-generics r-cran-r6 pandoc"

missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

say_how() {
  command -v R >/dev/null 2>&1 && exit 0
  cat <<'EOF'
R was not found, and it cannot be installed from here. The Python half works without
it. For the R half, install R 4.0 or newer (Debian, Ubuntu: apt-get install
r-base-core; others: your system's package manager), then run `make setup` again.
EOF
  exit 0
}

command -v apt-get >/dev/null 2>&1 || say_how
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  say_how
fi

echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # lists of words
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
