//! Writes the JavaScript bindings of a wasm module: `stgan-bindgen MODULE.wasm FOLDER` writes
//! `stgan.js`, `stgan.d.ts` and `stgan_bg.wasm` into `FOLDER`.
//!
//! Generated code and library must be of one version. As a member of the workspace this program is
//! pinned by Cargo.lock together with the library; an installed `wasm-bindgen` is not needed.

use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("stgan-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [module, folder] = arguments.as_slice() else {
        bail!("expected two arguments: MODULE.wasm FOLDER");
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("stgan")
        .web(true)?
        .typescript(true)
        // The package's TypeScript finds the module: bundlers see a path of its own.
        .omit_default_module_path(true)
        // After a crash the package starts over with a new instance.
        .reset_state_function(true);
    bindgen.generate(folder).with_context(|| module.clone())
}
