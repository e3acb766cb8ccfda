//! The decoder as a wasm module of its own, for Node: plain functions and no imports, so that JavaScript can make an
//! instance for each image and drop it, with all of its memory, after one use.
//!
//! `allocate(length)` says where to write the file, `decode()` returns 0 or 1, and `address()`, `length()` say where the
//! outcome lies: for 0 `width() × height()` RGBA pixels, for 1 UTF-8 text, the error's code, a line feed and its message.

use crate::decode as decode_bytes;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct State {
    file: Vec<u8>,
    width: u32,
    height: u32,
    outcome: Vec<u8>,
}

static STATE: Mutex<State> = Mutex::new(State { file: Vec::new(), width: 0, height: 0, outcome: Vec::new() });

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[unsafe(no_mangle)]
extern "C" fn allocate(length: usize) -> *mut u8 {
    let mut state = state();
    state.file = vec![0; length];
    state.file.as_mut_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn decode() -> u32 {
    let mut state = state();
    let file = std::mem::take(&mut state.file);
    match decode_bytes(&file) {
        Ok(image) => {
            (state.width, state.height) = (image.width, image.height);
            state.outcome = image.pixels;
            0
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            state.outcome = format!("{}\n{error}{cause}", error.code()).into_bytes();
            1
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn width() -> u32 {
    state().width
}

#[unsafe(no_mangle)]
extern "C" fn height() -> u32 {
    state().height
}

#[unsafe(no_mangle)]
extern "C" fn address() -> *const u8 {
    state().outcome.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn length() -> usize {
    state().outcome.len()
}
