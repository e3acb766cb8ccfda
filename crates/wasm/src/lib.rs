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

/// While the memory is smaller, in bytes, it can be expected to grow.
const AMPLE: u64 = 256_000_000;

/// Whether `bytes` bytes can be allocated in one piece.
///
/// An allocation that fails ends the module, so the package asks before large ones.
#[wasm_bindgen(js_name = hasRoom)]
pub fn has_room(bytes: u32) -> bool {
    if memory_size() + u64::from(bytes) < AMPLE {
        return true;
    }
    let mut probe = Vec::<u8>::new();
    let has_room = probe.try_reserve_exact(bytes as usize).is_ok();
    // Otherwise the compiler may omit the allocation.
    std::hint::black_box(&probe);
    has_room
}

#[cfg(target_arch = "wasm32")]
fn memory_size() -> u64 {
    core::arch::wasm32::memory_size(0) as u64 * 65_536
}

#[cfg(not(target_arch = "wasm32"))]
fn memory_size() -> u64 {
    0
}
