//! Generates the JavaScript bindings of a wasm module.
//!
//! Usage: `stgan-bindgen MODULE.wasm FOLDER`. It writes `stgan.js`, `stgan.d.ts` and
//! `stgan_bg.wasm` to `FOLDER`.
//!
//! The generator and the `wasm-bindgen` library must have the same version. As a workspace member,
//! this program is pinned by `Cargo.lock` together with the library, so no installed `wasm-bindgen`
//! is needed.

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
        bail!("expected 2 arguments, got {}; usage: stgan-bindgen MODULE.wasm FOLDER", arguments.len());
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(module)
        .out_name("stgan")
        .web(true)?
        .typescript(true)
        // The package's TypeScript passes the module's URL, in a form that bundlers recognise.
        .omit_default_module_path(true)
        // After a crash, the package creates a new instance.
        .reset_state_function(true);
    bindgen.generate(folder).with_context(|| format!("cannot generate bindings for `{module}`"))
}
