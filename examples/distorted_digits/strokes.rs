//! Synthetic digits: drawn as strokes with random shape, proportions, slant, thickness and wobble.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

/// The side of an image in pixels.
pub(crate) const SIZE: usize = 28;
/// The height of a digit in pixels.
const HEIGHT: f32 = 19.0;

type Point = [f32; 2];
/// The strokes of a digit in a unit square, y down. Each stroke is a smooth curve through its
/// points; a corner is the end of one stroke and the start of the next.
type Glyph = &'static [&'static [Point]];

/// The alternative glyphs of each digit.
const FONT: [&[Glyph]; 10] = [
    &[&[&[[0.5, 0.0], [0.15, 0.25], [0.1, 0.6], [0.35, 0.97], [0.7, 0.95], [0.9, 0.6], [0.82, 0.2], [0.5, 0.0]]]],
    &[
        &[&[[0.5, 0.0], [0.5, 1.0]]],
        &[&[[0.25, 0.25], [0.55, 0.0]], &[[0.55, 0.0], [0.55, 1.0]]],
        &[&[[0.25, 0.2], [0.5, 0.0]], &[[0.5, 0.0], [0.5, 1.0]], &[[0.2, 1.0], [0.8, 1.0]]],
    ],
    &[
        &[
            &[[0.12, 0.25], [0.3, 0.04], [0.62, 0.0], [0.86, 0.22], [0.72, 0.48], [0.4, 0.75], [0.1, 1.0]],
            &[[0.1, 1.0], [0.92, 1.0]],
        ],
        &[&[[0.15, 0.2], [0.5, 0.0], [0.82, 0.2], [0.6, 0.6], [0.2, 0.95], [0.15, 0.8], [0.4, 0.82], [0.9, 1.0]]],
    ],
    &[
        &[
            &[[0.14, 0.12], [0.5, 0.0], [0.84, 0.2], [0.7, 0.42], [0.38, 0.48]],
            &[[0.38, 0.48], [0.78, 0.55], [0.9, 0.78], [0.6, 1.0], [0.1, 0.9]],
        ],
        &[
            &[[0.15, 0.0], [0.85, 0.0]],
            &[[0.85, 0.0], [0.45, 0.4]],
            &[[0.45, 0.4], [0.84, 0.54], [0.85, 0.85], [0.5, 1.0], [0.1, 0.9]],
        ],
    ],
    &[
        &[&[[0.7, 1.0], [0.7, 0.0]], &[[0.7, 0.0], [0.08, 0.66]], &[[0.08, 0.66], [0.96, 0.66]]],
        &[&[[0.2, 0.0], [0.14, 0.52]], &[[0.14, 0.52], [0.86, 0.5]], &[[0.76, 0.05], [0.72, 1.0]]],
    ],
    &[&[
        &[[0.86, 0.0], [0.25, 0.02]],
        &[[0.25, 0.02], [0.18, 0.45]],
        &[[0.18, 0.45], [0.5, 0.38], [0.86, 0.58], [0.8, 0.88], [0.45, 1.0], [0.08, 0.9]],
    ]],
    &[&[&[
        [0.78, 0.02],
        [0.4, 0.2],
        [0.14, 0.6],
        [0.25, 0.92],
        [0.55, 1.0],
        [0.86, 0.8],
        [0.75, 0.55],
        [0.45, 0.5],
        [0.17, 0.7],
    ]]],
    &[
        &[&[[0.1, 0.02], [0.9, 0.0]], &[[0.9, 0.0], [0.55, 0.5], [0.4, 1.0]]],
        &[&[[0.1, 0.02], [0.9, 0.0]], &[[0.9, 0.0], [0.4, 1.0]], &[[0.28, 0.52], [0.8, 0.48]]],
    ],
    &[&[&[
        [0.5, 0.48],
        [0.2, 0.28],
        [0.3, 0.05],
        [0.5, 0.0],
        [0.72, 0.06],
        [0.78, 0.28],
        [0.5, 0.48],
        [0.16, 0.74],
        [0.3, 0.96],
        [0.52, 1.0],
        [0.75, 0.95],
        [0.84, 0.72],
        [0.5, 0.48],
    ]]],
    &[&[
        &[[0.82, 0.26], [0.6, 0.5], [0.3, 0.48], [0.14, 0.25], [0.35, 0.02], [0.65, 0.02], [0.82, 0.26]],
        &[[0.82, 0.26], [0.78, 1.0]],
    ]],
];

/// A Catmull–Rom spline through the points, as a polyline.
fn curve(points: &[Point]) -> Vec<Point> {
    if points.len() == 2 {
        return points.to_vec();
    }
    const PIECES: usize = 5;
    let at = |i: isize| points[i.clamp(0, points.len() as isize - 1) as usize];
    let mut out = Vec::new();
    for i in 0..points.len() as isize - 1 {
        let [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
        for k in 0..PIECES {
            let t = k as f32 / PIECES as f32;
            out.push(std::array::from_fn(|j| {
                let (a, b, c, d) = (a[j], b[j], c[j], d[j]);
                b + 0.5 * t * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            }));
        }
    }
    out.push(at(points.len() as isize - 1));
    out
}

/// The squared distance of a point from a line segment.
fn distance([x, y]: Point, [ax, ay]: Point, [bx, by]: Point) -> f32 {
    let (dx, dy) = (bx - ax, by - ay);
    let t = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1e-9)).clamp(0.0, 1.0);
    (x - ax - t * dx).powi(2) + (y - ay - t * dy).powi(2)
}

/// Draws a digit, upright and centred: SIZE × SIZE values in [0, 1].
pub(crate) fn draw(digit: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let glyphs = FONT[digit];
    let glyph = glyphs[rng.random_range(0..glyphs.len())];
    let wobble = Normal::new(0.0, 0.035f32).expect("the standard deviation is valid");
    let (width, slant) = (rng.random_range(0.5..0.75), rng.random_range(-0.25..0.25f32));
    let thickness = rng.random_range(1.4..3.4f32);
    let mut pieces = Vec::new();
    // A point shared by several strokes has the same wobble in all of them.
    let mut moved: Vec<(Point, Point)> = Vec::new();
    for stroke in glyph {
        let points: Vec<Point> = stroke
            .iter()
            .map(|&[x, y]| {
                if let Some((_, to)) = moved.iter().find(|(from, _)| *from == [x, y]) {
                    return *to;
                }
                let (x1, y1) = (x - 0.5 + wobble.sample(rng), y - 0.5 + wobble.sample(rng));
                let to = [(x1 * width - slant * y1) * HEIGHT, y1 * HEIGHT];
                moved.push(([x, y], to));
                to
            })
            .collect();
        pieces.extend(curve(&points).windows(2).map(|pair| [pair[0], pair[1]]));
    }
    let middle = 0.5 * (SIZE as f32 - 1.0);
    let pixel = |i: usize| {
        let point = [(i % SIZE) as f32 - middle, (i / SIZE) as f32 - middle];
        let nearest = pieces.iter().map(|&[a, b]| distance(point, a, b)).fold(f32::INFINITY, f32::min).sqrt();
        (0.5 + 0.5 * thickness - nearest).clamp(0.0, 1.0)
    };
    (0..SIZE * SIZE).map(pixel).collect()
}
