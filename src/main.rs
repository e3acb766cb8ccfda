//! The program: fits frames to photos, trains and evaluates the networks.

#[cfg(not(target_arch = "wasm32"))]
mod cli;

/// Training allocates and frees large tensors all the time; the system's allocator hands each back to the kernel.
#[cfg(not(target_arch = "wasm32"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    cli::main()
}

#[cfg(target_arch = "wasm32")]
fn main() {}
