//! Colours, paths, and the SVG document that collects them.

pub(crate) use crate::colour::Colour;
use rand::Rng;
use std::fmt::{Display, Write};

pub(crate) type Point = [f64; 2];

impl Colour {
    pub(crate) const fn hex(rgb: u32) -> Self {
        Self([(rgb >> 16 & 255) as f64 / 255.0, (rgb >> 8 & 255) as f64 / 255.0, (rgb & 255) as f64 / 255.0])
    }

    /// A random hue, with a saturation of at most `saturation` and a value in `value`.
    pub(crate) fn muted(rng: &mut impl Rng, saturation: f64, value: std::ops::Range<f64>) -> Self {
        let hue = rng.random();
        Self::hsv(hue, saturation * rng.random::<f64>(), rng.random_range(value))
    }

    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + share * (other.0[i] - self.0[i])))
    }

    /// Adds uniform noise in ±`by` to each component.
    pub(crate) fn varied(self, rng: &mut impl Rng, by: f64) -> Self {
        Self(self.0.map(|v| (v + by * rng.random_range(-1.0..1.0)).clamp(0.0, 1.0)))
    }

    /// Interpolates along a scale of colours; `at` is in [0, 1].
    pub(crate) fn along(scale: &[u32], at: f64) -> Self {
        let at = at.clamp(0.0, 1.0) * (scale.len() - 1) as f64;
        let i = (at as usize).min(scale.len().saturating_sub(2));
        Self::hex(scale[i]).mix(Self::hex(scale[(i + 1).min(scale.len() - 1)]), at - i as f64)
    }
}

/// A gradient stop: offset, colour, opacity.
pub(crate) type Stop = (f64, Colour, f64);

/// An SVG document. Elements are appended in drawing order.
#[derive(Default)]
pub(crate) struct Sheet {
    defs: String,
    body: String,
    named: usize,
}

impl Sheet {
    pub(crate) fn finish(self, width: f64, height: f64) -> String {
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><defs>{}</defs>{}</svg>"#,
            self.defs, self.body
        )
    }

    pub(crate) fn fill(&mut self, path: &str, paint: impl Display, opacity: f64) {
        let _ = write!(self.body, r#"<path d="{path}" fill="{paint}" fill-opacity="{opacity:.3}"/>"#);
    }

    pub(crate) fn stroke(&mut self, path: &str, colour: Colour, width: f64, opacity: f64) {
        let _ = write!(
            self.body,
            r#"<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width:.2}" stroke-opacity="{opacity:.3}" stroke-linecap="round" stroke-linejoin="round"/>"#
        );
    }

    /// Appends an ellipse with the given radii, rotated by `degrees`.
    pub(crate) fn ellipse(&mut self, [x, y]: Point, [rx, ry]: Point, degrees: f64, paint: impl Display, opacity: f64) {
        let (rx, ry) = (rx.abs().max(0.05), ry.abs().max(0.05));
        let _ = write!(
            self.body,
            r#"<ellipse cx="{x:.2}" cy="{y:.2}" rx="{rx:.2}" ry="{ry:.2}" transform="rotate({degrees:.1} {x:.2} {y:.2})" fill="{paint}" fill-opacity="{opacity:.3}"/>"#
        );
    }

    pub(crate) fn linear(&mut self, from: Point, to: Point, stops: &[Stop]) -> String {
        let shape = format!(r#"x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}""#, from[0], from[1], to[0], to[1]);
        self.gradient("linearGradient", &shape, stops)
    }

    pub(crate) fn radial(&mut self, centre: Point, radius: f64, stops: &[Stop]) -> String {
        let shape = format!(r#"cx="{:.1}" cy="{:.1}" r="{:.1}""#, centre[0], centre[1], radius.max(0.1));
        self.gradient("radialGradient", &shape, stops)
    }

    fn gradient(&mut self, kind: &str, shape: &str, stops: &[Stop]) -> String {
        let id = self.name();
        let _ = write!(self.defs, r#"<{kind} id="{id}" gradientUnits="userSpaceOnUse" {shape}>"#);
        for (at, colour, opacity) in stops {
            let _ = write!(self.defs, r#"<stop offset="{at:.2}" stop-color="{colour}" stop-opacity="{opacity:.3}"/>"#);
        }
        let _ = write!(self.defs, "</{kind}>");
        format!("url(#{id})")
    }

    /// Clips everything that `draw` appends to `path`.
    pub(crate) fn clipped(&mut self, path: &str, draw: impl FnOnce(&mut Self)) {
        let id = self.name();
        let _ = write!(self.defs, r#"<clipPath id="{id}"><path d="{path}"/></clipPath>"#);
        let _ = write!(self.body, r#"<g clip-path="url(#{id})">"#);
        draw(self);
        self.body.push_str("</g>");
    }

    fn name(&mut self) -> String {
        self.named += 1;
        format!("n{}", self.named)
    }
}

/// A closed curve through the points.
pub(crate) fn closed(points: &[Point]) -> String {
    let n = points.len();
    let mut path = start(points);
    for i in 0..n {
        curve(&mut path, [points[(i + n - 1) % n], points[i], points[(i + 1) % n], points[(i + 2) % n]]);
    }
    path.push('Z');
    path
}

/// A curve through the points.
pub(crate) fn open(points: &[Point]) -> String {
    let n = points.len();
    let mut path = start(points);
    for i in 0..n.saturating_sub(1) {
        curve(&mut path, [points[i.saturating_sub(1)], points[i], points[i + 1], points[(i + 2).min(n - 1)]]);
    }
    path
}

/// A closed polygon through the points.
pub(crate) fn polygon(points: &[Point]) -> String {
    let mut path = start(points);
    for [x, y] in points.iter().skip(1) {
        let _ = write!(path, "L{x:.2} {y:.2}");
    }
    path.push('Z');
    path
}

fn start(points: &[Point]) -> String {
    let mut path = String::with_capacity(points.len() * 40);
    if let Some([x, y]) = points.first() {
        let _ = write!(path, "M{x:.2} {y:.2}");
    }
    path
}

/// Appends the Catmull–Rom segment from the second to the third point as a Bézier curve.
fn curve(path: &mut String, [a, b, c, d]: [Point; 4]) {
    let first = [b[0] + (c[0] - a[0]) / 6.0, b[1] + (c[1] - a[1]) / 6.0];
    let second = [c[0] - (d[0] - b[0]) / 6.0, c[1] - (d[1] - b[1]) / 6.0];
    let _ = write!(path, "C{:.2} {:.2} {:.2} {:.2} {:.2} {:.2}", first[0], first[1], second[0], second[1], c[0], c[1]);
}

/// Subdivides a curve through the points. Borders and outlines can then share one path without
/// overshoot at their junction.
pub(crate) fn smoothed(points: &[Point]) -> Vec<Point> {
    let n = points.len();
    let mut result = Vec::with_capacity(3 * n);
    for i in 0..n {
        let [a, b, c, d] = [points[(i + n - 1) % n], points[i], points[(i + 1) % n], points[(i + 2) % n]];
        for t in [0.0, 1.0 / 3.0, 2.0 / 3.0] {
            result.push([0, 1].map(|k| {
                // Catmull–Rom tangents are 0.5; 0.3 overshoots less.
                let (m0, m1) = (0.3 * (c[k] - a[k]), 0.3 * (d[k] - b[k]));
                let (t2, t3) = (t * t, t * t * t);
                (2.0 * t3 - 3.0 * t2 + 1.0) * b[k]
                    + (t3 - 2.0 * t2 + t) * m0
                    + (3.0 * t2 - 2.0 * t3) * c[k]
                    + (t3 - t2) * m1
            }));
        }
    }
    result
}
