//! The decoder as a separate wasm module, for Node.
//!
//! It exports plain functions and imports nothing. JavaScript creates an instance for each image
//! and drops it after one use, which frees all of its memory.
//!
//! 1. `allocate(length)` returns the address to which JavaScript writes the file.
//! 2. `decode()` decodes the file; it returns 0 on success and 1 on error.
//! 3. `address()` and `length()` locate the result. On success it is `width() × height()` RGBA
//!    pixels. On error it is UTF-8 text: the error code, a line feed, and the message.

use crate::decode as decode_bytes;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct State {
    file: Vec<u8>,
    width: u32,
    height: u32,
    result: Vec<u8>,
}

static STATE: Mutex<State> = Mutex::new(State { file: Vec::new(), width: 0, height: 0, result: Vec::new() });

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
            state.result = image.pixels;
            0
        }
        Err(error) => {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
            state.result = format!("{}\n{error}{cause}", error.code()).into_bytes();
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
    state().result.as_ptr()
}

#[unsafe(no_mangle)]
extern "C" fn length() -> usize {
    state().result.len()
}
