//! An image in the layout of the sampling kernels: four channels interleaved, with a margin of
//! padding.

use super::filter::Filter;
use super::geometry::{Axis, Geometry};
use candle_core::WithDType;

/// Number of channels that are computed together.
pub(super) const LANES: usize = 4;

/// An image [groups of channels][rows][columns][LANES]; the last group is padded with zeros.
pub(super) struct Padded<T> {
    pub data: Vec<T>,
    /// Elements per row.
    pub row: usize,
    /// Elements per group.
    pub group: usize,
    margin: usize,
}

impl<T: WithDType> Padded<T> {
    pub(crate) fn new() -> Self {
        Self { data: Vec::new(), row: 0, group: 0, margin: 0 }
    }

    /// Resizes the image and sets it to zero.
    pub(crate) fn clear<F: Filter>(&mut self, channels: usize, geometry: &Geometry) {
        let [across, down] = geometry.axes;
        self.margin = F::MARGIN;
        self.row = (across.size + 2 * F::MARGIN) * LANES;
        self.group = (down.size + 2 * F::MARGIN) * self.row;
        self.data.clear();
        self.data.resize(channels.div_ceil(LANES) * self.group, T::from_f64(0.0));
    }

    /// Copies an image [channels, height, width]. All images must have the same size.
    pub(crate) fn pack<F: Filter>(&mut self, planes: &[T], channels: usize, geometry: &Geometry) {
        // Pixels that the previous image did not write are still zero.
        if self.data.is_empty() {
            self.clear::<F>(channels, geometry);
        }
        let [across, down] = geometry.axes;
        let (row, group, margin) = (self.row, self.group, self.margin);
        for (group, planes) in self.data.chunks_exact_mut(group).zip(planes.chunks(LANES * across.size * down.size)) {
            for (j, out) in group.chunks_exact_mut(row).enumerate() {
                let Some(j) = down.source(j as isize - margin as isize) else { continue };
                let (before, rest) = out.split_at_mut(margin * LANES);
                let (inside, after) = rest.split_at_mut(across.size * LANES);
                let size = across.size * down.size;
                let line = |lane: usize| &planes[lane * size + j * across.size..][..across.size];
                let full = planes.len() == LANES * size;
                if full {
                    let lines = line(0).iter().zip(line(1)).zip(line(2)).zip(line(3));
                    for (pixel, (((a, b), c), d)) in inside.as_chunks_mut::<LANES>().0.iter_mut().zip(lines) {
                        *pixel = [*a, *b, *c, *d];
                    }
                }
                for lane in 0..planes.len() / size {
                    let line = line(lane);
                    if !full {
                        for (pixel, &value) in inside.chunks_exact_mut(LANES).zip(line) {
                            pixel[lane] = value;
                        }
                    }
                    for (i, pixel) in outside(&across, margin, before, after) {
                        if let Some(i) = across.source(i) {
                            pixel[lane] = line[i];
                        }
                    }
                }
            }
        }
    }

    /// Adds the image to `planes` [channels, height, width]: the transpose of [`Padded::pack`],
    /// which adds each margin pixel to the pixel that it was copied from.
    pub(crate) fn unpack(&mut self, planes: &mut [T], geometry: &Geometry) {
        let [across, down] = geometry.axes;
        let (row, group, margin) = (self.row, self.group, self.margin);
        let groups = self.data.chunks_exact_mut(group);
        for (group, planes) in groups.zip(planes.chunks_mut(LANES * across.size * down.size)) {
            for (j, data) in group.chunks_exact_mut(row).enumerate() {
                let Some(j) = down.source(j as isize - margin as isize) else { continue };
                let (before, rest) = data.split_at_mut(margin * LANES);
                let (inside, after) = rest.split_at_mut(across.size * LANES);
                for (lane, plane) in planes.chunks_exact_mut(across.size * down.size).enumerate() {
                    let line = &mut plane[j * across.size..][..across.size];
                    for (pixel, value) in inside.chunks_exact(LANES).zip(line.iter_mut()) {
                        *value += pixel[lane];
                    }
                    for (i, pixel) in outside(&across, margin, before, after) {
                        if let Some(i) = across.source(i) {
                            line[i] += pixel[lane];
                        }
                    }
                }
            }
        }
    }
}

/// The pixels in the margins of a row, with their columns.
fn outside<'a, T>(
    across: &Axis,
    margin: usize,
    before: &'a mut [T],
    after: &'a mut [T],
) -> impl Iterator<Item = (isize, &'a mut [T])> {
    let (first, size) = (-(margin as isize), across.size as isize);
    let before = (first..).zip(before.chunks_exact_mut(LANES));
    before.chain((size..).zip(after.chunks_exact_mut(LANES)))
}
