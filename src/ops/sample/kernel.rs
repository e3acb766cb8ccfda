//! The samplers' loops: forward, and both gradients in one pass.

use super::filter::{Bicubic, Bilinear, Filter, Nearest};
use super::geometry::Geometry;
use super::lookup::Lookup;
use super::padded::{LANES, Padded};
use crate::ops::Interpolation;
use crate::ops::storage::for_each_chunk;
use candle_core::WithDType;

/// The images and what they are looked up by.
#[derive(Clone, Copy)]
pub(in crate::ops) struct Operands<'a, T> {
    pub image: &'a [T],
    /// [B, C, h, w].
    pub shape: [usize; 4],
    /// Of each image the same number: its grid or its matrix.
    pub lookup: &'a [T],
}

impl<'a, T> Operands<'a, T> {
    pub(super) fn item(&self, i: usize) -> (&'a [T], &'a [T]) {
        let [batch, channels, height, width] = self.shape;
        let (image, lookup) = (channels * height * width, self.lookup.len() / batch);
        (&self.image[i * image..][..image], &self.lookup[i * lookup..][..lookup])
    }
}

/// Gradients of the image and of the lookup, of those that are wanted.
pub(in crate::ops) type Gradients<T> = (Option<Vec<T>>, Option<Vec<T>>);

/// The images looked up: [B, C, H, W]. Not for [`Interpolation::Area`].
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

/// The gradients, from that of the output [B, C, H, W]. Not for [`Interpolation::Area`].
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
    let scratch = || (Padded::new(), Vec::new());
    for_each_chunk(&mut out, channels * pixels, scratch, |(padded, taps), item, out| {
        let (image, lookup) = operands.item(item);
        let Some(lookup) = L::new(lookup, geometry) else { return };
        padded.pack::<F>(image, channels, geometry);
        for j in 0..geometry.output.0 {
            lookup.row::<F>(j, taps);
            for (data, out) in padded.data.chunks_exact(padded.group).zip(out.chunks_mut(LANES * pixels)) {
                for tap in taps.iter() {
                    let (wx, wy) = (F::weights(tap.fraction[0]), F::weights(tap.fraction[1]));
                    let mut offset = tap.first[1] * padded.row + tap.first[0] * LANES;
                    let mut sum = [zero::<T>(); LANES];
                    for weight in wy.iter().take(F::TAPS) {
                        let pixels = &data[offset..][..F::TAPS * LANES];
                        let mut line = [zero::<T>(); LANES];
                        for (i, &weight) in wx.iter().take(F::TAPS).enumerate() {
                            for lane in 0..LANES {
                                line[lane] += weight * pixels[i * LANES + lane];
                            }
                        }
                        for lane in 0..LANES {
                            sum[lane] += *weight * line[lane];
                        }
                        offset += padded.row;
                    }
                    for (plane, value) in out.chunks_exact_mut(pixels).zip(sum) {
                        plane[tap.index] = value;
                    }
                }
            }
        }
    });
    out
}

/// The parts of the gradients that belong to one image.
pub(super) type Part<'a, T> = (Option<&'a mut [T]>, Option<&'a mut [T]>);

/// Zeros, and the parts of each image in them.
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

struct Scratch<T> {
    image: Padded<T>,
    gradient: Padded<T>,
    taps: Vec<super::lookup::Tap<T>>,
    slopes: Vec<[T; 2]>,
}

fn backward<'a, F: Filter, T: WithDType, L: Lookup<'a, T>>(
    operands: Operands<'a, T>,
    gradient: &[T],
    geometry: &'a Geometry,
    wanted: (bool, bool),
) -> Gradients<T> {
    let ([_, channels, ..], pixels) = (operands.shape, geometry.pixels());
    let scratch =
        || Scratch::<T> { image: Padded::new(), gradient: Padded::new(), taps: Vec::new(), slopes: Vec::new() };
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
                lookup.row::<F>(j, &mut scratch.taps);
                scratch.slopes.clear();
                scratch.slopes.resize(scratch.taps.len(), [zero(); 2]);
                for (group, gradient) in gradient.chunks(LANES * pixels).enumerate() {
                    match (to_image.is_some(), to_lookup.is_some()) {
                        (true, true) => scratch.row::<F, true, true>(group, gradient, pixels),
                        (true, false) => scratch.row::<F, true, false>(group, gradient, pixels),
                        (false, _) => scratch.row::<F, false, true>(group, gradient, pixels),
                    }
                }
                if let Some(out) = to_lookup {
                    for (slope, tap) in scratch.slopes.iter_mut().zip(&scratch.taps) {
                        *slope = [slope[0] * tap.slope[0], slope[1] * tap.slope[1]];
                    }
                    lookup.collect(&scratch.taps, &scratch.slopes, out);
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

impl<T: WithDType> Scratch<T> {
    /// One row of output pixels and one group of channels.
    fn row<F: Filter, const IMAGE: bool, const LOOKUP: bool>(&mut self, group: usize, gradient: &[T], pixels: usize) {
        let padded = if IMAGE { &self.gradient } else { &self.image };
        let (row, size) = (padded.row, padded.group);
        let start = group * size;
        let image: &[T] = if LOOKUP { &self.image.data[start..][..size] } else { &[] };
        let target: &mut [T] = if IMAGE { &mut self.gradient.data[start..][..size] } else { &mut [] };
        for (tap, slope) in self.taps.iter().zip(&mut self.slopes) {
            let mut value = [zero::<T>(); LANES];
            for (value, plane) in value.iter_mut().zip(gradient.chunks_exact(pixels)) {
                *value = plane[tap.index];
            }
            let (wx, wy) = (F::weights(tap.fraction[0]), F::weights(tap.fraction[1]));
            let (sx, sy) = (F::slopes(tap.fraction[0]), F::slopes(tap.fraction[1]));
            let (mut along_x, mut along_y) = ([zero::<T>(); LANES], [zero::<T>(); LANES]);
            let mut offset = tap.first[1] * row + tap.first[0] * LANES;
            for j in 0..F::TAPS {
                if LOOKUP {
                    let pixels = &image[offset..][..F::TAPS * LANES];
                    let (mut line, mut line_slope) = ([zero::<T>(); LANES], [zero::<T>(); LANES]);
                    for i in 0..F::TAPS {
                        for lane in 0..LANES {
                            line[lane] += wx[i] * pixels[i * LANES + lane];
                            line_slope[lane] += sx[i] * pixels[i * LANES + lane];
                        }
                    }
                    for lane in 0..LANES {
                        along_x[lane] += wy[j] * line_slope[lane];
                        along_y[lane] += sy[j] * line[lane];
                    }
                }
                if IMAGE {
                    let pixels = &mut target[offset..][..F::TAPS * LANES];
                    for i in 0..F::TAPS {
                        let weight = wx[i] * wy[j];
                        for lane in 0..LANES {
                            pixels[i * LANES + lane] += value[lane] * weight;
                        }
                    }
                }
                offset += row;
            }
            if LOOKUP {
                for lane in 0..LANES {
                    slope[0] += value[lane] * along_x[lane];
                    slope[1] += value[lane] * along_y[lane];
                }
            }
        }
    }
}
