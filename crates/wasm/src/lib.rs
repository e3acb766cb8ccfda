//! The wasm module of the npm package: a thin face over the library, without logic.
//!
//! The TypeScript of the package wraps it: it checks options, reads pixels out of whatever images it
//! is given, and hands over only those that are needed. Classes are named like the library's types,
//! and results are plain objects, the records.
//!
//! Images are RGBA8 with straight alpha, rows from top to bottom. Coordinates are pixels, (0, 0) at
//! the upper left corner of the upper left pixel.
//!
//! Functions throw an `Error` with a `code`, one of the package's error codes. If an exception has
//! none, the module has crashed and must not be used any more; only what a function of the caller's
//! throws comes back as it is.

#![forbid(unsafe_code)]

mod failure;
mod locate;
mod records;
mod track;
mod try_on;

use wasm_bindgen::prelude::*;

/// Makes panics exceptions. A panic leaves the instance in an unknown state; its message reaches
/// JavaScript, where an error without a code counts as a crash.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}
