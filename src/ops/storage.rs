//! Helpers of the custom operations: access to contiguous storage, dispatch on the element type,
//! and a parallel loop over chunks.

use candle_core::{CpuStorage, Layout, Result, Storage, Tensor, WithDType, bail};

/// The elements of a contiguous operand.
pub(super) fn slice<'a, T: WithDType>(op: &str, storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [T]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<T>()?[start..end]),
        None => bail!("{op}: the operand of shape {:?} is not contiguous", layout.shape()),
    }
}

/// Calls a kernel with the elements of two operands and a gradient, all on the CPU, and returns its
/// results as tensors with the shapes of the operands, outside the graph.
pub(super) fn tensors<T: WithDType>(
    [a, b]: [&Tensor; 2],
    gradient: &Tensor,
    kernel: impl FnOnce([&[T]; 3]) -> (Option<Vec<T>>, Option<Vec<T>>),
) -> Result<(Option<Tensor>, Option<Tensor>)> {
    let operands = [a.contiguous()?, b.contiguous()?, gradient.contiguous()?];
    let borrowed = operands.each_ref().map(|tensor| tensor.storage_and_layout());
    let [x, y, z] = borrowed.each_ref().map(|(storage, layout)| match &**storage {
        Storage::Cpu(storage) => slice::<T>("gradient", storage, layout),
        _ => bail!("gradient: an operand is not on the CPU"),
    });
    let (to_a, to_b) = kernel([x?, y?, z?]);
    let tensor = |values: Option<Vec<T>>, like: &Tensor| {
        values.map(|values| Tensor::from_vec(values, like.shape(), like.device())).transpose()
    };
    Ok((tensor(to_a, a)?, tensor(to_b, b)?))
}

/// Calls a generic kernel with the element type of the first operand.
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

/// Calls `work(scratch, index, chunk)` for every chunk of `size` elements, in parallel.
///
/// `init` creates the scratch memory of a thread.
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

/// Calls `work(scratch, index, chunk)` for every chunk of `size` elements; wasm has one thread.
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

/// The number of threads that [`for_each_chunk`] uses.
pub(super) fn threads() -> usize {
    #[cfg(not(target_arch = "wasm32"))]
    return rayon::current_num_threads();
    #[cfg(target_arch = "wasm32")]
    return 1;
}
