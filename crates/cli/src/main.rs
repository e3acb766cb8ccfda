//! The program `stgan`: fits glasses to photos, and trains and evaluates the networks.

mod clip;
mod cut_out;
mod device;
mod evaluate;
mod export;
mod files;
mod fit;
mod gallery;
mod glasses;
mod heads;
mod init;
mod inspect;
mod program;
mod rooms;
mod track;
mod train;
mod weights_file;

/// Training constantly allocates and frees large tensors. The system allocator returns them to the
/// kernel, which zeroes every page again. mimalloc does not, if its purge delay is negative.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    /// `mi_option_purge_delay` of mimalloc.h: the delay in milliseconds before free memory is
    /// returned to the kernel; −1 means never.
    const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
    #[allow(unsafe_code)]
    // SAFETY: this only sets an option, which the allocator reads later.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, -1)
    };
    program::main()
}
