//! The program: fits frames to photos, trains and evaluates the networks.

#[cfg(not(target_arch = "wasm32"))]
mod cli;

/// Training allocates and frees large tensors all the time; the system's allocator hands each back to the kernel, which
/// clears every page before it gives it out again. So does this one, a little later, unless told not to.
#[cfg(not(target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    /// `mi_option_purge_delay` of mimalloc.h: after how many milliseconds free memory is handed back, −1 for never.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    // SAFETY: sets a number that the allocator reads later.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, -1) };
    cli::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
