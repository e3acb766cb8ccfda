# Everything needs rustup, Node 20.19 or later, and npm; the rest is installed into the project.
# Longer steps are scripts in scripts/; benchmarks and comparisons are in research/.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PORT ?= 8080

.PHONY: help demo site pkg pkg-web gallery clip test lint-js lint-text lint-rust test-rust test-wasm test-package test-demo browser bench-frontier bench-start bench-stn bench-track bench-train bench-web check-cuda evaluate-web clean

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 22

demo: site ## Build the demo and serve it on http://localhost:8080 (or the next free port)
	npm run preview --workspace www -- --outDir ../site --port $(PORT)

# Browsers decode images, so the demo does not need the decoder; it is used if it is built.
ALONE := $(if $(MAKECMDGOALS),$(if $(filter-out demo site bench-start,$(MAKECMDGOALS)),,yes))
site: $(if $(ALONE),$(if $(wildcard pkg/wasm/decoder.wasm),pkg,pkg-web),pkg) ## Write the demo to site/, as static files for any web host
	npm run build --workspace www -- --outDir ../site --emptyOutDir

pkg: node_modules/.package-lock.json ## Build the npm package into pkg/
	node scripts/pkg.mjs

pkg-web: node_modules/.package-lock.json
	node scripts/pkg.mjs --without-decoder

gallery: ## Render the demo's glasses and portraits into www/public/gallery, which is committed
	cargo run --release --quiet -- gallery --width 800 --out www/public/gallery

# The video of the simulated camera in tests.
clip: target/clip.mjpeg

target/clip.mjpeg: $(shell find crates/portraits -type f) crates/cli/src/clip.rs
	cargo run --release --quiet -- clip --output $@

test: lint-js lint-text test-rust test-wasm test-package test-demo ## Check and test everything

# Each feature of the library alone and all together, except `cuda` (see `make check-cuda`), and the
# NEON lanes, which no other target compiles.
ARM := aarch64-unknown-linux-gnu

lint-rust: ## Formatting and lints of the Rust code, with each feature, for other processors, and of its dependencies
	cargo fmt --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	@for features in "" bundled-weights internals bundled-weights,internals; do \
		echo "cargo clippy --package stgan --features '$$features'"; \
		cargo clippy --release --quiet --package stgan --lib --features "$$features" -- -D warnings; \
	done
	@test -d "$$(rustc --print target-libdir --target $(ARM))" || rustup target add $(ARM)
	cargo clippy --release --package stgan --lib --target $(ARM) -- -D warnings
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; \
		else echo "cargo-deny is not installed: licences and sources of dependencies are not checked"; fi

test-rust: lint-rust ## Lints, native tests, documentation
	cargo test --release --workspace
	RUSTDOCFLAGS='-D warnings' cargo doc --release --no-deps --workspace

lint-js: node_modules/.package-lock.json ## Formatting and lints of TypeScript, JavaScript, CSS and JSON
	npm run lint

lint-text: node_modules/.package-lock.json ## Spelling, vocabulary, line length, links and commands of documents and comments
	node scripts/lint-text.mjs

test-wasm: node_modules/.package-lock.json browser ## The library compiled to wasm32, in Node and in Chromium
	node scripts/wasm-test.mjs

test-package: pkg clip browser ## The packed npm package, in Node and in a page of an empty Vite project
	npx playwright test --project='package-*'

test-demo: site clip browser ## The demo: its modules, and its page in Chromium
	npx playwright test --project=www --project=demo

browser: node_modules/.package-lock.json
	@node scripts/browser.mjs

node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

# research/README.md lists what these need.

bench-start: site browser ## Time from opening the demo to its first fit, nothing cached
	node research/bench-start.mjs

bench-stn: ## CPU time of the sampler, compared with PyTorch's grid_sample (downloads PyTorch)
	node research/bench-stn.mjs

bench-train: ## CPU time of a training iteration, compared with PyTorch (downloads PyTorch)
	node research/bench-train.mjs

bench-frontier: pkg browser ## Size, time and landmark error of generators of other sizes
	node research/frontier.mjs

bench-web: pkg browser ## Inference in Chromium, compared with onnxruntime-web and TensorFlow.js (downloads both)
	node research/bench-web.mjs

bench-track: pkg browser ## Tracking in Chromium at 1280×720: video frames per second and time per part
	node research/bench-track.mjs

check-cuda: ## Build with the feature `cuda` on a machine without a GPU (downloads NVIDIA's compiler)
	node research/check-cuda.mjs

evaluate-web: pkg browser ## Compare landmark errors of the package in Chromium with the program's
	node research/evaluate-web.mjs

clean: ## Remove build output; installed dependencies stay
	rm -rf target pkg site www/dist
