#!/usr/bin/env bash
# Unpacks the furniture of Sweet Home 3D from Debian's package into models/, and lists licences and
# creators of the models that the catalogue names in models/ATTRIBUTION.md.
# Needs apt-get or PACKAGE=file.deb, and dpkg and unzip.
set -euo pipefail
cd "$(dirname "$0")/.."
catalogue=$PWD/crates/synth/src/furniture/catalogue.csv
scratch=$(mktemp -d)
trap 'rm -r "$scratch"' EXIT
package=${PACKAGE:-}
if [ -z "$package" ]; then
    (cd "$scratch" && apt-get download sweethome3d-furniture)
    package=$(echo "$scratch"/sweethome3d-furniture_*.deb)
fi
dpkg -x "$package" "$scratch/package"
mkdir -p models
for library in "$scratch"/package/usr/share/sweethome3d/furniture/*.sh3f; do
    unzip -qo "$library" -d "models/$(basename "$library" .sh3f)"
done
{
    echo "# Furniture models"
    echo
    echo "From Debian's package sweethome3d-furniture; see LICENSE.TXT in each library."
    echo
    echo "| model | licence | creator | file |"
    echo "|---|---|---|---|"
    tail -n +2 "$catalogue" | awk -F, '{ printf "| %s | %s | %s | %s/%s |\n", $4, $9, $10, $1, $2 }'
} >models/ATTRIBUTION.md
echo "models: $(($(wc -l <"$catalogue") - 1)) models of the catalogue; licences in models/ATTRIBUTION.md"
