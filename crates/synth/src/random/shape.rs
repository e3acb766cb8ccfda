//! Lens outlines as closed polylines.

use rand::Rng;
use std::f64::consts::TAU;
use std::fmt::Write;

pub(super) type Point = [f64; 2];

/// The number of corners of a lens outline, enough to look smooth at a few hundred pixels.
const CORNERS: usize = 72;

/// A closed polyline, clockwise on screen (y down), starting on the temple side (x > 0).
#[derive(Clone)]
pub(super) struct Outline(pub Vec<Point>);

impl Outline {
    pub(super) fn map(&self, f: impl Fn(Point) -> Point) -> Self {
        Self(self.0.iter().map(|&p| f(p)).collect())
    }

    /// The top-left and the bottom-right corner of the bounding box.
    pub(super) fn bounds(&self) -> (Point, Point) {
        self.0.iter().fold(([f64::MAX; 2], [f64::MIN; 2]), |(low, high), p| {
            ([low[0].min(p[0]), low[1].min(p[1])], [high[0].max(p[0]), high[1].max(p[1])])
        })
    }

    /// Moves corner `i` outwards along its normal by `distance(i)`.
    pub(super) fn offset(&self, distance: impl Fn(usize) -> f64) -> Self {
        let n = self.0.len();
        let moved = (0..n).map(|i| {
            let (a, p, b) = (self.0[(i + n - 1) % n], self.0[i], self.0[(i + 1) % n]);
            let (tx, ty) = (b[0] - a[0], b[1] - a[1]);
            let scale = distance(i) / tx.hypot(ty).max(1e-9);
            [p[0] + ty * scale, p[1] - tx * scale]
        });
        Self(moved.collect())
    }

    /// Interpolates linearly to another outline with the same number of corners; `t` is in [0, 1].
    pub(super) fn between(&self, other: &Self, t: f64) -> Self {
        let mix = |(a, b): (&Point, &Point)| [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])];
        Self(self.0.iter().zip(&other.0).map(mix).collect())
    }

    /// The minimum and the maximum x of the outline at height `y`.
    fn crossings(&self, y: f64) -> Option<(f64, f64)> {
        let n = self.0.len();
        let mut found: Option<(f64, f64)> = None;
        for i in 0..n {
            let (a, b) = (self.0[i], self.0[(i + 1) % n]);
            if (a[1] <= y) != (b[1] <= y) {
                let x = a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]);
                let (low, high) = found.unwrap_or((x, x));
                found = Some((low.min(x), high.max(x)));
            }
        }
        found
    }

    pub(super) fn left_at(&self, y: f64) -> Option<f64> {
        self.crossings(y).map(|(low, _)| low)
    }

    pub(super) fn right_at(&self, y: f64) -> Option<f64> {
        self.crossings(y).map(|(_, high)| high)
    }

    /// The whole outline as SVG path data.
    pub(super) fn path(&self) -> String {
        let mut out = self.arc(0.0, 1.0);
        out.push('z');
        out
    }

    /// The part between two fractions of the corners, as SVG path data.
    pub(super) fn arc(&self, from: f64, to: f64) -> String {
        let index = |t: f64| ((t * self.0.len() as f64) as usize).min(self.0.len());
        let mut out = String::with_capacity(12 * self.0.len());
        for (i, p) in self.0[index(from)..index(to)].iter().enumerate() {
            let _ = write!(out, "{}{:.2} {:.2}", if i == 0 { 'M' } else { 'L' }, p[0], p[1]);
        }
        out
    }
}

/// A random lens outline that fills the square [−1, 1]². A larger `wild`, in (0, 1], allows shapes
/// that are further from those of glasses on sale.
pub(super) fn lens(rng: &mut impl Rng, wild: f64) -> Outline {
    let mut radius: Vec<f64> = if rng.random_bool(0.2 * wild) { polygon(rng) } else { superellipse(rng) };
    if rng.random_bool(0.6) {
        ripple(rng, 0.12 * wild, &mut radius);
    }
    let mut maybe = |chance: f64, low: f64, high: f64| {
        if rng.random_bool(chance) { rng.random_range(low..high) } else { 0.0 }
    };
    let taper = maybe(0.5, -0.35, 0.12);
    let cut = maybe(0.35, 0.0, 0.5);
    let lift = maybe(0.25, 0.0, 0.75);
    let sharp = maybe(1.0, 1.0, 3.5);
    let bow = maybe(0.25, -0.2, 0.2);
    let turn = maybe(0.5, -0.25, 0.25) * wild;
    let shear = maybe(0.3, -0.3, 0.3) * wild;
    let outline = Outline(
        radius.iter().enumerate().map(|(i, r)| (angle(i), r)).map(|(t, r)| [r * t.cos(), r * t.sin()]).collect(),
    )
    .map(|[x, y]| {
        // Taper below or above; cut on the nose side, as aviator lenses; lift at the temples, as
        // cat-eye lenses.
        let x = x * (1.0 + taper * y) + cut * (-x).max(0.0) * y.max(0.0);
        let y = y - lift * x.max(0.0).powf(sharp) * (0.6 - 0.4 * y) + bow * x * x;
        let (sin, cos) = turn.sin_cos();
        [x * cos - y * sin + shear * y, x * sin + y * cos]
    });
    let (low, high) = outline.bounds();
    let fit = |v: f64, axis: usize| (2.0 * v - low[axis] - high[axis]) / (high[axis] - low[axis]);
    outline.map(|[x, y]| [fit(x, 0), fit(y, 1)])
}

fn angle(i: usize) -> f64 {
    i as f64 / CORNERS as f64 * TAU
}

/// A superellipse with separate exponents for the upper and the lower half: round, panto (flat
/// above, round below) or rectangular.
fn superellipse(rng: &mut impl Rng) -> Vec<f64> {
    let above = rng.random_range(1.7..6.5);
    let below = if rng.random_bool(0.5) { above } else { rng.random_range(1.7..6.5) };
    let radius = |t: f64| {
        let n: f64 = if t.sin() < 0.0 { above } else { below };
        (t.cos().abs().powf(n) + t.sin().abs().powf(n)).powf(-1.0 / n)
    };
    (0..CORNERS).map(|i| radius(angle(i))).collect()
}

/// A polygon with four to eight sides and rounded corners.
fn polygon(rng: &mut impl Rng) -> Vec<f64> {
    let sides = f64::from(rng.random_range(4..9));
    let phase = rng.random_range(0.0..TAU);
    let round = rng.random_range(0.0..0.6);
    let half = TAU / sides / 2.0;
    let radius = |t: f64| half.cos() / ((t - phase).rem_euclid(2.0 * half) - half).cos();
    (0..CORNERS).map(|i| radius(angle(i)) * (1.0 - round) + round).collect()
}

/// Adds low harmonics to the radius.
fn ripple(rng: &mut impl Rng, most: f64, radius: &mut [f64]) {
    let strength = rng.random_range(0.0..most);
    for k in 2..6 {
        let (size, phase) = (strength * rng.random_range(0.0..1.0) / f64::from(k - 1), rng.random_range(0.0..TAU));
        for (i, r) in radius.iter_mut().enumerate() {
            *r *= 1.0 + size * (f64::from(k) * angle(i) + phase).cos();
        }
    }
}
