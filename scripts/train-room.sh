#!/usr/bin/env bash
# Trains weights for furniture from nothing, exports and evaluates them, and builds the demo with
# them. Each step that is done already is skipped or continued.
#   scripts/train-room.sh OUT [MODELS]
# OUT gets samples, run and weights. MODELS is the folder of `make models`; without it furniture is
# built of boxes and cylinders. ITERATIONS=n and SAMPLES=n make a shorter run.
set -euo pipefail
out=$1 models=${2:-}
samples=${SAMPLES:-36000}
data=(--data "$out/drawn") settings=()
stgan=target/release/stgan
cargo build --release --quiet
mkdir -p "$out"

time_of() {
    local start=$SECONDS
    "${@:2}"
    echo "$1: $(((SECONDS - start + 30) / 60)) minutes"
}

# A third of the samples is drawn furniture if there are models.
if [ -n "$models" ]; then
    data+=(--extra-data "$out/models")
    settings+=(--set "rooms.models=\"$models\"")
    time_of "drawn samples" "$stgan" rooms --count $((samples / 3)) --seed 5 --out "$out/drawn"
    time_of "samples with models" "$stgan" rooms --count $((samples * 2 / 3)) --seed 6 --models "$models" --out "$out/models"
else
    time_of "samples" "$stgan" rooms --count "$samples" --seed 5 --out "$out/drawn"
fi
if [ -n "${ITERATIONS:-}" ]; then settings+=(--set "regression.iterations=[$ITERATIONS]"); fi
if [ -d "$out/run/checkpoints" ]; then settings=(--resume); else settings+=(--config configs/room.toml); fi
time_of training "$stgan" train "${settings[@]}" "${data[@]}" --out "$out/run"
"$stgan" export "$out/run" --last --storage i8 -o "$out/room.safetensors"
time_of evaluation "$stgan" evaluate --task room ${models:+--models "$models"} --weights "$out/room.safetensors"

# Until the next `make pkg`, package and demo have these weights.
make pkg
cp "$out/room.safetensors" pkg/weights/
npm run build --workspace www -- --outDir ../site --emptyOutDir
echo "The demo in site/ has the weights of $out/room.safetensors. Serve it with:"
echo "    npm run preview --workspace www -- --outDir ../site"
