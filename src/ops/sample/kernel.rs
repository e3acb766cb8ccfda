//! The loops of the samplers: forward, and both gradients in one pass.
//!
//! The neighbours of a point in one row are contiguous, with `LANES` channels each. The inner loops
//! therefore run over `TAPS` · `LANES` elements. They are compiled for the best instruction set of
//! the processor (`kernels::lanes`), because AVX2 halves the number of instructions.

use super::filter::{Bicubic, Bilinear, Filter, Nearest};
use super::geometry::Geometry;
use super::lookup::{Lookup, Tap};
use super::padded::{LANES, Padded};
use crate::kernels::{Instructions, Kernel, Lanes};
use crate::ops::Interpolation;
use crate::ops::storage::for_each_chunk;
use candle_core::WithDType;
use std::marker::PhantomData;
use std::ops::Range;

/// A batch of images, and the grids or matrices that sample them.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Operands<'a, T> {
    pub image: &'a [T],
    /// The shape [B, C, h, w] of the images.
    pub shape: [usize; 4],
    /// One grid or matrix per image.
    pub lookup: &'a [T],
}

impl<'a, T> Operands<'a, T> {
    /// The image and the grid or matrix of batch item `i`.
    pub(super) fn item(&self, i: usize) -> (&'a [T], &'a [T]) {
        let [batch, channels, height, width] = self.shape;
        let (image, lookup) = (channels * height * width, self.lookup.len() / batch);
        (&self.image[i * image..][..image], &self.lookup[i * lookup..][..lookup])
    }
}

/// The gradients of the image and of the lookup, if requested.
pub(in crate::ops) type Gradients<T> = (Option<Vec<T>>, Option<Vec<T>>);

/// The sampled images [B, C, H, W]. Not for [`Interpolation::Area`].
pub(in crate::ops) fn sample<'a, T: WithDType, L: Lookup<'a, T>>(
    operands: Operands<'a, T>,
    geometry: &'a Geometry,
) -> Vec<T> {
    match geometry.sampler.interpolation {
        Interpolation::Nearest => forward::<Nearest, T, L>(operands, geometry),
        Interpolation::Bilinear | Interpolation::Area => forward::<Bilinear, T, L>(operands, geometry),
        Interpolation::Bicubic => forward::<Bicubic, T, L>(operands, geometry),
    }
}

/// The gradients, given the gradient of the output [B, C, H, W]. Not for [`Interpolation::Area`].
pub(in crate::ops) fn gradients<'a, T: WithDType, L: Lookup<'a, T>>(
    operands: Operands<'a, T>,
    gradient: &[T],
    geometry: &'a Geometry,
    wanted: (bool, bool),
) -> Gradients<T> {
    match geometry.sampler.interpolation {
        Interpolation::Nearest => backward::<Nearest, T, L>(operands, gradient, geometry, wanted),
        Interpolation::Bilinear | Interpolation::Area => {
            backward::<Bilinear, T, L>(operands, gradient, geometry, wanted)
        }
        Interpolation::Bicubic => backward::<Bicubic, T, L>(operands, gradient, geometry, wanted),
    }
}

fn zero<T: WithDType>() -> T {
    T::from_f64(0.0)
}

fn forward<'a, F: Filter, T: WithDType, L: Lookup<'a, T>>(operands: Operands<'a, T>, geometry: &'a Geometry) -> Vec<T> {
    let ([batch, channels, ..], pixels) = (operands.shape, geometry.pixels());
    let mut out = vec![zero(); batch * channels * pixels];
    let scratch = || (Padded::new(), Vec::new(), Vec::new());
    let instructions = Instructions::best();
    for_each_chunk(&mut out, channels * pixels, scratch, |(padded, taps, values), item, out| {
        let (image, lookup) = operands.item(item);
        let Some(lookup) = L::new(lookup, geometry) else { return };
        padded.pack::<F>(image, channels, geometry);
        for j in 0..geometry.output.0 {
            lookup.row::<F>(j, instructions, taps);
            for (data, out) in padded.data.chunks_exact(padded.group).zip(out.chunks_mut(LANES * pixels)) {
                values.resize(taps.len(), [zero(); LANES]);
                instructions.run(ForwardRow::<F, T> { data, row: padded.row, taps, values, filter: PhantomData });
                let run = run(taps);
                for (lane, plane) in out.chunks_exact_mut(pixels).enumerate() {
                    match run.clone() {
                        Some(run) => plane[run].iter_mut().zip(&*values).for_each(|(out, value)| *out = value[lane]),
                        None => taps.iter().zip(&*values).for_each(|(tap, value)| plane[tap.index] = value[lane]),
                    }
                }
            }
        }
    });
    out
}

/// The output pixels of `taps`, if they are contiguous.
fn run<T>(taps: &[Tap<T>]) -> Option<Range<usize>> {
    let (first, last) = (taps.first()?.index, taps.last()?.index);
    (last - first + 1 == taps.len()).then_some(first..last + 1)
}

/// The values of the neighbours in one row; the first `TAPS` · `LANES` are used.
type Row<T> = [T; 4 * LANES];

/// Repeats the weight of each neighbour for all its lanes.
#[inline(always)]
fn spread<F: Filter, T: WithDType>(weights: [T; 4]) -> Row<T> {
    let mut row = [zero(); 4 * LANES];
    for i in 0..F::TAPS * LANES {
        row[i] = weights[i / LANES];
    }
    row
}

/// Forward pass of one row of output pixels and one group of channels.
struct ForwardRow<'a, F, T> {
    data: &'a [T],
    row: usize,
    taps: &'a [Tap<T>],
    values: &'a mut [[T; LANES]],
    filter: PhantomData<F>,
}

impl<F: Filter, T: WithDType> Kernel for ForwardRow<'_, F, T> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for (tap, value) in self.taps.iter().zip(self.values) {
            let (wx, wy) = (spread::<F, T>(F::weights(tap.fraction[0])), F::weights(tap.fraction[1]));
            let mut offset = tap.first[1] * self.row + tap.first[0] * LANES;
            let mut sums = [zero::<T>(); 4 * LANES];
            for (j, &weight) in wy.iter().enumerate().take(F::TAPS) {
                let pixels = &self.data[offset..][..F::TAPS * LANES];
                for i in 0..F::TAPS * LANES {
                    let share = weight * pixels[i];
                    sums[i] = if j == 0 { share } else { sums[i] + share };
                }
                offset += self.row;
            }
            for i in 0..F::TAPS * LANES {
                sums[i] *= wx[i];
            }
            for lane in 0..LANES {
                value[lane] = (1..F::TAPS).fold(sums[lane], |sum, i| sum + sums[i * LANES + lane]);
            }
        }
    }
}

/// The slices of both gradients that belong to one image.
pub(super) type Part<'a, T> = (Option<&'a mut [T]>, Option<&'a mut [T]>);

/// Allocates zeroed gradients and calls `work` with the parts of all images.
pub(super) fn with_parts<T: WithDType>(
    operands: &Operands<T>,
    wanted: (bool, bool),
    work: impl FnOnce(&mut [Part<T>]),
) -> Gradients<T> {
    let make = |wanted: bool, count: usize| wanted.then(|| vec![zero::<T>(); count]);
    let (mut image, mut lookup) = (make(wanted.0, operands.image.len()), make(wanted.1, operands.lookup.len()));
    let batch = operands.shape[0];
    let mut images = image.as_deref_mut().map(|all| all.chunks_exact_mut((operands.image.len() / batch).max(1)));
    let mut lookups = lookup.as_deref_mut().map(|all| all.chunks_exact_mut((operands.lookup.len() / batch).max(1)));
    let mut parts: Vec<Part<T>> = (0..batch)
        .map(|_| (images.as_mut().and_then(|parts| parts.next()), lookups.as_mut().and_then(|parts| parts.next())))
        .collect();
    work(&mut parts);
    (image, lookup)
}

struct BackwardScratch<T> {
    image: Padded<T>,
    gradient: Padded<T>,
    taps: Vec<Tap<T>>,
    /// The gradient of each tap's value, for one group of channels.
    values: Vec<[T; LANES]>,
    /// The gradients of each tap's pixel coordinates, summed over groups of channels.
    slopes: Vec<[[T; LANES]; 2]>,
    /// The gradients of each tap's canonical coordinates, summed over all channels.
    sums: Vec<[T; 2]>,
}

fn backward<'a, F: Filter, T: WithDType, L: Lookup<'a, T>>(
    operands: Operands<'a, T>,
    gradient: &[T],
    geometry: &'a Geometry,
    wanted: (bool, bool),
) -> Gradients<T> {
    let ([_, channels, ..], pixels) = (operands.shape, geometry.pixels());
    let scratch = || BackwardScratch::<T> {
        image: Padded::new(),
        gradient: Padded::new(),
        taps: Vec::new(),
        values: Vec::new(),
        slopes: Vec::new(),
        sums: Vec::new(),
    };
    let instructions = Instructions::best();
    with_parts(&operands, wanted, |parts| {
        for_each_chunk(parts, 1, scratch, |scratch, item, part| {
            let (to_image, to_lookup) = &mut part[0];
            let (image, lookup) = operands.item(item);
            let Some(mut lookup) = L::new(lookup, geometry) else { return };
            let gradient = &gradient[item * channels * pixels..][..channels * pixels];
            if to_lookup.is_some() {
                scratch.image.pack::<F>(image, channels, geometry);
            }
            if to_image.is_some() {
                scratch.gradient.clear::<F>(channels, geometry);
            }
            for j in 0..geometry.output.0 {
                lookup.row::<F>(j, instructions, &mut scratch.taps);
                scratch.slopes.clear();
                scratch.slopes.resize(scratch.taps.len(), [[zero(); LANES]; 2]);
                for (group, gradient) in gradient.chunks(LANES * pixels).enumerate() {
                    scratch.load_values(gradient, pixels);
                    let (image, lookup) = (to_image.is_some(), to_lookup.is_some());
                    match (image, lookup) {
                        (true, true) => instructions.run(scratch.row::<F, true, true>(group)),
                        (true, false) => instructions.run(scratch.row::<F, true, false>(group)),
                        (false, _) => instructions.run(scratch.row::<F, false, true>(group)),
                    }
                }
                if let Some(out) = to_lookup {
                    let sum = |lanes: &[T; LANES]| (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
                    let sums = scratch.slopes.iter().zip(&scratch.taps);
                    scratch.sums.clear();
                    scratch.sums.extend(sums.map(|([x, y], tap)| [sum(x) * tap.slope[0], sum(y) * tap.slope[1]]));
                    lookup.collect(&scratch.taps, &scratch.sums, out);
                }
            }
            if let Some(out) = to_image {
                scratch.gradient.unpack(out, geometry);
            }
            if let Some(out) = to_lookup {
                lookup.finish(out);
            }
        });
    })
}

impl<T: WithDType> BackwardScratch<T> {
    /// Reads the gradients of the taps' values from planes [up to `LANES` channels, pixels].
    fn load_values(&mut self, gradient: &[T], pixels: usize) {
        self.values.clear();
        self.values.resize(self.taps.len(), [zero(); LANES]);
        let (taps, values, run) = (&self.taps, &mut self.values, run(&self.taps));
        for (lane, plane) in gradient.chunks_exact(pixels).enumerate() {
            match run.clone() {
                Some(run) => values.iter_mut().zip(&plane[run]).for_each(|(value, &from)| value[lane] = from),
                None => values.iter_mut().zip(taps).for_each(|(value, tap)| value[lane] = plane[tap.index]),
            }
        }
    }

    /// The kernel of the current row for channel group `group`.
    fn row<F: Filter, const IMAGE: bool, const LOOKUP: bool>(
        &mut self,
        group: usize,
    ) -> BackwardRow<'_, F, T, IMAGE, LOOKUP> {
        let padded = if IMAGE { &self.gradient } else { &self.image };
        let (row, size) = (padded.row, padded.group);
        let start = group * size;
        BackwardRow {
            image: if LOOKUP { &self.image.data[start..][..size] } else { &[] },
            target: if IMAGE { &mut self.gradient.data[start..][..size] } else { &mut [] },
            row,
            taps: &self.taps,
            values: &self.values,
            slopes: &mut self.slopes,
            filter: PhantomData,
        }
    }
}

/// Backward pass of one row of output pixels and one group of channels.
struct BackwardRow<'a, F, T, const IMAGE: bool, const LOOKUP: bool> {
    image: &'a [T],
    target: &'a mut [T],
    row: usize,
    taps: &'a [Tap<T>],
    values: &'a [[T; LANES]],
    slopes: &'a mut [[[T; LANES]; 2]],
    filter: PhantomData<F>,
}

impl<F: Filter, T: WithDType, const IMAGE: bool, const LOOKUP: bool> Kernel for BackwardRow<'_, F, T, IMAGE, LOOKUP> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for ((tap, value), slope) in self.taps.iter().zip(self.values).zip(self.slopes) {
            let (wx, wy) = (spread::<F, T>(F::weights(tap.fraction[0])), F::weights(tap.fraction[1]));
            let (sx, sy) = (spread::<F, T>(F::slopes(tap.fraction[0])), F::slopes(tap.fraction[1]));
            // Per column: the share of the gradient, and sums over the rows.
            let mut shares = [zero::<T>(); 4 * LANES];
            let (mut sums, mut slopes) = ([zero::<T>(); 4 * LANES], [zero::<T>(); 4 * LANES]);
            for i in 0..F::TAPS * LANES {
                shares[i] = wx[i] * value[i % LANES];
            }
            let offset = tap.first[1] * self.row + tap.first[0] * LANES;
            if LOOKUP {
                for j in 0..F::TAPS {
                    let pixels = &self.image[offset + j * self.row..][..F::TAPS * LANES];
                    for i in 0..F::TAPS * LANES {
                        let (sum, rise) = (wy[j] * pixels[i], sy[j] * pixels[i]);
                        sums[i] = if j == 0 { sum } else { sums[i] + sum };
                        slopes[i] = if j == 0 { rise } else { slopes[i] + rise };
                    }
                }
            }
            if IMAGE {
                // Column by column: the next tap adds to some of the same pixels, and processors
                // forward stores only to loads that are not wider.
                for (i, shares) in shares.as_chunks::<LANES>().0.iter().enumerate().take(F::TAPS) {
                    for (j, &weight) in wy.iter().enumerate().take(F::TAPS) {
                        let pixel = &mut self.target[offset + j * self.row + i * LANES..][..LANES];
                        for lane in 0..LANES {
                            pixel[lane] += shares[lane] * weight;
                        }
                    }
                }
            }
            if LOOKUP {
                for i in 0..F::TAPS * LANES {
                    sums[i] *= sx[i] * value[i % LANES];
                    slopes[i] *= shares[i];
                }
                for (slope, terms) in slope.iter_mut().zip([sums, slopes]) {
                    for lane in 0..LANES {
                        slope[lane] += (1..F::TAPS).fold(terms[lane], |sum, i| sum + terms[i * LANES + lane]);
                    }
                }
            }
        }
    }
}
