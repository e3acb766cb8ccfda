//! The program: fits glasses to photos, trains and evaluates the networks.

mod clip;
mod device;
mod evaluate;
mod export;
mod files;
mod fit;
mod gallery;
mod init;
mod inspect;
mod program;
mod track;
mod train;
mod weights_file;

/// Training allocates and frees large tensors all the time; the system's allocator hands each back to the kernel, which
/// clears every page before it gives it out again. So does this one, a little later, unless told not to.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    /// `mi_option_purge_delay` of mimalloc.h: after how many milliseconds free memory is handed back, −1 for never.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    #[allow(unsafe_code)]
    // SAFETY: sets a number that the allocator reads later.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1)
    };
    program::main()
}
