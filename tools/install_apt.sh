#!/bin/sh
# Install a group of apt-packages.txt, where that can be done: on Debian and Ubuntu, as
# root or with a sudo that asks for nothing. Elsewhere nothing fails, and what needs them
# is left out.
set -eu

group=$1
packages=$(awk -v group="$group" '$1 == group { print $2 }' \
  "$(dirname "$0")/apt-packages.txt")

leave_out() {
  if [ "$group" = r ] && ! command -v R >/dev/null 2>&1; then
    cat <<'EOF'
R was not found, and it cannot be installed from here. The Python half works without
it. For the R half, install R 4.1 or newer (Debian, Ubuntu: apt-get install
r-base-core; others: your system's package manager), then run `make setup` again.
EOF
  fi
  exit 0
}

command -v apt-get >/dev/null 2>&1 || leave_out
missing=""
for package in $packages; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=""
elif sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  leave_out
fi

echo "Installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # lists of words
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
