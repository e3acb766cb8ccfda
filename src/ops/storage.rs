//! What every custom op shares: reading contiguous storage, dispatch on the element type, and the loop over chunks.

use candle_core::{CpuStorage, Layout, Result, WithDType, bail};

/// The elements of a contiguous operand.
pub(super) fn slice<'a, T: WithDType>(op: &str, storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<T>()?[start..end]),
        None => bail!("{op}: the operand of shape {:?} is not contiguous", layout.shape()),
    }
}

/// Runs a generic kernel for the element type of the first operand.
macro_rules! dispatch {
    ($op:expr, $storage:expr, $kernel:ident $(, $argument:expr)* $(,)?) => {
        match $storage {
            CpuStorage::F32(_) => CpuStorage::F32($kernel::<f32>($($argument),*)?),
            CpuStorage::F64(_) => CpuStorage::F64($kernel::<f64>($($argument),*)?),
            _ => candle_core::bail!("{}: needs f32 or f64", $op),
        }
    };
}
pub(super) use dispatch;

/// Calls `work(scratch, index, chunk)` for every chunk of `size` elements, on all threads where there are threads.
/// `scratch` is made by `init` once a thread.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn for_each_chunk<T: Send, S>(
    data: &mut [T],
    size: usize,
    init: impl Fn() -> S + Sync + Send,
    work: impl Fn(&mut S, usize, &mut [T]) + Sync + Send,
) {
    use rayon::prelude::*;
    data.par_chunks_mut(size.max(1))
        .enumerate()
        .for_each_init(init, |scratch, (index, chunk)| work(scratch, index, chunk));
}

/// The same on the one thread of a wasm module.
#[cfg(target_arch = "wasm32")]
pub(super) fn for_each_chunk<T: Send, S>(
    data: &mut [T],
    size: usize,
    init: impl Fn() -> S,
    work: impl Fn(&mut S, usize, &mut [T]),
) {
    let mut scratch = init();
    for (index, chunk) in data.chunks_mut(size.max(1)).enumerate() {
        work(&mut scratch, index, chunk);
    }
}

/// How many threads [`for_each_chunk`] spreads its chunks over.
pub(super) fn threads() -> usize {
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    return 1;
}
