//! A foreground in canonical pose, warped directly into the inputs of a stage.

use super::StageMap;
use crate::Homography;
use crate::image_size::ImageSize;

/// Added to the divisor of homographies, as in [`crate::ops::warp`].
const EPSILON: f64 = 1e-8;

/// A foreground in canonical pose: RGBA and, for stages that take one, the pose channel.
#[derive(Clone)]
pub struct CanonicalForeground {
    size: ImageSize,
    /// RGBA with a border of zeros, one pixel wide.
    colours: Vec<[f32; 4]>,
    /// The pose channel with the same border.
    pose: Option<Vec<f32>>,
    /// The first and last column, and the first and last row, that are not zero, counted with the
    /// border. `None` if all pixels are zero.
    bounds: Option<[[f64; 2]; 2]>,
}

impl CanonicalForeground {
    /// `planes` [4, H, W] is RGBA, `pose` [H, W] the pose channel; `size` is H × W.
    ///
    /// # Panics
    /// If an argument has the wrong length.
    pub fn new(size: ImageSize, planes: &[f32], pose: Option<&[f32]>) -> Self {
        let (pixels, ImageSize { height, width }) = (size.area(), size);
        assert!(
            planes.len() == 4 * pixels && pose.is_none_or(|pose| pose.len() == pixels),
            "each plane needs {height}×{width} values"
        );
        let (side, bordered) = (width + 2, (height + 2) * (width + 2));
        let (mut colours, mut with_border) = (vec![[0.0; 4]; bordered], pose.map(|_| vec![0.0; bordered]));
        let (mut columns, mut rows) = ([f64::INFINITY, 0.0], [f64::INFINITY, 0.0]);
        for i in 0..pixels {
            let (x, y) = (i % width + 1, i / width + 1);
            let colour: [f32; 4] = std::array::from_fn(|k| planes[k * pixels + i]);
            let value = pose.map_or(0.0, |pose| pose[i]);
            if colour != [0.0; 4] || value != 0.0 {
                columns = [columns[0].min(x as f64), columns[1].max(x as f64)];
                rows = [rows[0].min(y as f64), rows[1].max(y as f64)];
            }
            colours[y * side + x] = colour;
            if let Some(values) = &mut with_border {
                values[y * side + x] = value;
            }
        }
        let bounds = (columns[0] <= columns[1]).then_some([columns, rows]);
        Self { size, colours, pose: with_border, bounds }
    }

    /// Warps the foreground by `h` into the channels of `view` from `first` on, bilinear and zero
    /// outside as [`crate::ops::warp`]. Writes the mirror image to `mirror`, if given.
    ///
    /// `h` maps output points to input points in canonical coordinates.
    ///
    /// # Panics
    /// If a map has another size or too few channels.
    pub fn warp(&self, h: &Homography, view: &mut StageMap, mut mirror: Option<&mut StageMap>, first: usize) {
        let channels = first..first + 4 + usize::from(self.pose.is_some());
        for plane in std::iter::once(&*view).chain(mirror.as_deref()) {
            assert!(
                plane.size() == self.size && plane.channels() >= channels.end,
                "the map does not match the foreground's size and channels"
            );
        }
        let map = PixelMap::new(h, self.size);
        for y in 0..self.size.height {
            let stride = view.channels();
            let row = view.row_mut(y);
            let (start, end) = match (&map, &self.bounds) {
                (Some(map), Some(bounds)) => map.columns(y, bounds),
                _ => (0, 0),
            };
            for (x, pixel) in row.chunks_exact_mut(stride).enumerate() {
                let out = &mut pixel[channels.clone()];
                match &map {
                    Some(map) if (start..end).contains(&x) => self.sample(map.at(x, y), out),
                    _ => out.fill(0.0),
                }
            }
            if let Some(mirror) = &mut mirror {
                let mirrored = mirror.row_mut(y).chunks_exact_mut(stride).rev();
                for (pixel, mirrored) in view.row_mut(y).chunks_exact(stride).zip(mirrored) {
                    mirrored[channels.clone()].copy_from_slice(&pixel[channels.clone()]);
                }
            }
        }
    }

    /// Samples a point bilinearly, in pixels counted with the border.
    #[inline(always)]
    fn sample(&self, [x, y]: [f32; 2], out: &mut [f32]) {
        // The last coordinate whose right neighbour is still on the border. NaN becomes zero.
        let limit = |side: usize| ((side + 1) as f32).next_down();
        let clamped = |x: f32, limit: f32| {
            let x = if x > 0.0 { x } else { 0.0 };
            if x < limit { x } else { limit }
        };
        let (x, y) = (clamped(x, limit(self.size.width)), clamped(y, limit(self.size.height)));
        let (i, j) = (x as i32, y as i32);
        let (fx, fy) = (x - i as f32, y - j as f32);
        let side = self.size.width + 2;
        let start = j as usize * side + i as usize;
        let weights = [(1.0 - fx) * (1.0 - fy), fx * (1.0 - fy), (1.0 - fx) * fy, fx * fy];
        let window = &self.colours[start..start + side + 2];
        let four = [window[0], window[1], window[side], window[side + 1]];
        let mut sum = [0.0; 4];
        for (colour, weight) in four.iter().zip(weights) {
            for (sum, value) in sum.iter_mut().zip(colour) {
                *sum += weight * value;
            }
        }
        out[..4].copy_from_slice(&sum);
        if let Some(pose) = &self.pose {
            let window = &pose[start..start + side + 2];
            let four = [window[0], window[1], window[side], window[side + 1]];
            out[4] = four.iter().zip(weights).map(|(value, weight)| value * weight).sum();
        }
    }
}

/// A homography in pixels, counted with the border: it maps output pixel q = (x, y, 1) to the input
/// point (x·q / z·q, y·q / z·q).
struct PixelMap {
    x: [f64; 3],
    y: [f64; 3],
    z: [f64; 3],
    /// The sign of z in the entire view; zero if the horizon crosses the view.
    sign: f64,
    /// Number of columns of the view.
    width: usize,
}

impl PixelMap {
    /// `None` for a homography that is not finite.
    fn new(h: &Homography, size: ImageSize) -> Option<Self> {
        if !h.is_finite() {
            return None;
        }
        let [across, down] = [size.width, size.height].map(|side| 2.0 / (side.max(2) - 1) as f64);
        let row = |r: usize| [h.0[r] * across, h.0[r + 1] * down, h.0[r + 2] - h.0[r] - h.0[r + 1]];
        let (x, y, mut z) = (row(0), row(3), row(6));
        z[2] += EPSILON;
        // Canonical coordinate c is pixel (c + 1) · (size − 1) / 2, plus one for the border.
        let [right, bottom] = [size.width, size.height].map(|side| (side - 1) as f64);
        let pixels = |row: [f64; 3], last: f64| std::array::from_fn(|k| (row[k] + z[k]) * (0.5 * last) + z[k]);
        let depths =
            [[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]].map(|[x, y]| z[0] * x + z[1] * y + z[2]);
        let sign = match depths {
            depths if depths.iter().all(|&z| z > 0.0) => 1.0,
            depths if depths.iter().all(|&z| z < 0.0) => -1.0,
            _ => 0.0,
        };
        Some(Self { x: pixels(x, right), y: pixels(y, bottom), z, sign, width: size.width })
    }

    #[inline(always)]
    fn at(&self, x: usize, y: usize) -> [f32; 2] {
        let (i, j) = (x as f32, y as f64);
        let value = |row: &[f64; 3]| row[0] as f32 * i + (row[1] * j + row[2]) as f32;
        let inverse = 1.0 / value(&self.z);
        [value(&self.x) * inverse, value(&self.y) * inverse]
    }

    /// The columns (start, end) of row `y` that may map into `bounds`, rounded outwards.
    fn columns(&self, y: usize, bounds: &[[f64; 2]; 2]) -> (usize, usize) {
        if self.sign == 0.0 {
            return (0, self.width);
        }
        // One pixel for interpolation, and one for rounding errors.
        const MARGIN: f64 = 2.0;
        let along = |row: &[f64; 3]| [self.sign * row[0], self.sign * (row[1] * y as f64 + row[2])];
        let z = along(&self.z);
        let (mut first, mut last) = (0.0f64, self.width as f64);
        for (row, [low, high]) in [&self.x, &self.y].into_iter().zip(bounds) {
            let row = along(row);
            let (low, high) = (low - MARGIN, high + MARGIN);
            // low ≤ u / z ≤ high is two half-lines, slope · x + start ≥ 0.
            let half_lines = [[row[0] - low * z[0], row[1] - low * z[1]], [high * z[0] - row[0], high * z[1] - row[1]]];
            for [slope, start] in half_lines {
                if slope > 0.0 {
                    first = first.max(-start / slope);
                } else if slope < 0.0 {
                    last = last.min(-start / slope);
                } else if start < 0.0 {
                    return (0, 0);
                }
            }
        }
        (first.max(0.0) as usize, (last.max(-1.0) + 1.0).ceil() as usize)
    }
}

impl std::fmt::Debug for CanonicalForeground {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CanonicalForeground({}×{})", self.size.height, self.size.width)
    }
}
