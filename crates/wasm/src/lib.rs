//! The wasm module of the npm package: a thin binding to the library, without logic of its own.
//!
//! The package's TypeScript wraps it. The TypeScript validates options, reads pixels from all kinds
//! of image sources, and passes on only the pixels that are needed. Classes have the names of the
//! library's types. Results are plain objects, declared in `records`.
//!
//! Images are RGBA8 with straight alpha, rows from top to bottom. Coordinates are in pixels, and
//! the origin is the top-left corner of the first pixel.
//!
//! Functions throw an `Error` whose `code` is one of the package's error codes. Exceptions of
//! JavaScript callbacks are rethrown unchanged. Any other exception without a code means that the
//! module has crashed; it must not be used again.

#![forbid(unsafe_code)]

mod failure;
mod glasses;
mod locate;
mod records;
mod track;
mod try_on;

use wasm_bindgen::prelude::*;

/// Turns panics into exceptions.
///
/// A panic leaves the instance in an undefined state. Its message reaches JavaScript as an error
/// without a code, which counts as a crash.
#[wasm_bindgen(start)]
pub fn start() {
    std::panic::set_hook(Box::new(|panic| wasm_bindgen::throw_str(&panic.to_string())));
}
