//! Random glasses for training.
//!
//! A generator that is trained on too little variety misplaces unseen glasses. Outline, spacing,
//! rim, bridge, hinges, arms, colours, lenses and reflections therefore all vary. All glasses share
//! one rule, which placement relies on: the bounding box of the pixels with at least 10 % opacity
//! spans the image.

mod paint;
mod parts;
mod shape;

use super::render_svg;
use paint::Finish;
use rand::Rng;
use shape::{Outline, Point};
use std::fmt::Write;
use stgan::Bitmap;
use stgan::compose::MIN_OPAQUE_ALPHA;

/// Half the width and half the height of the drawing before cropping. The glasses end at x = ±100.
pub(crate) const CANVAS: [f64; 2] = [106.0, 96.0];

/// Draws random glasses from the front, cropped to their bounding box.
///
/// The image is about `width` pixels wide, but at least 14. Equal states of `rng` give equal
/// images.
pub fn glasses(rng: &mut impl Rng, width: u32) -> Bitmap {
    let width = width.max(16);
    let canvas = (f64::from(width) * CANVAS[0] / 100.0).round() as u32;
    loop {
        // Rimless glasses can be almost invisible; a drawing that is empty or too narrow is
        // retried.
        let Ok(image) = render_svg(&draw(rng).svg("", &[Part::Back, Part::Lenses, Part::Front]), canvas) else {
            continue;
        };
        let Some(found) = image.as_ref().bounding_box(MIN_OPAQUE_ALPHA) else { continue };
        if found.width * 10 < width * 9 {
            continue;
        }
        if let Ok(cropped) = image.as_ref().crop(found) {
            return cropped;
        }
    }
}

/// The dimensions of one pair of glasses, in units of 1 % of half its width.
pub(crate) struct Layout {
    /// Half the gap between the rims.
    pub(crate) gap: f64,
    /// The x coordinate at which the rims end. The end pieces reach from there to 100.
    end: f64,
    /// The lens opening of the right half (x > 0) and the outer edge of its rim.
    inner: Outline,
    outer: Outline,
    /// The minimum thickness of the rim; 0 for rimless glasses.
    pub(crate) rim: f64,
    rimless: bool,
    /// The y coordinate at which a half rim is cut; `None` for a full rim.
    half: Option<f64>,
    /// Whether a half rim is the part below the cut, not the part above it.
    half_below: bool,
    /// The y coordinate of the hinges.
    pub(crate) hinge: f64,
    /// Whether the dimensions are those of glasses on sale. Half of the glasses go far beyond them.
    plain: bool,
}

impl Layout {
    /// The top and the bottom of the rims.
    pub(crate) fn heights(&self) -> [f64; 2] {
        let (low, high) = self.outer.bounds();
        [low[1], high[1]]
    }
}

fn layout(rng: &mut impl Rng) -> Layout {
    let plain = rng.random_bool(0.5);
    let gap = if plain { rng.random_range(8.0..18.0) } else { rng.random_range(5.0..24.0) };
    let flush = rng.random_bool(if plain { 0.6 } else { 0.4 });
    let end = if flush { rng.random_range(96.5..100.0) } else { rng.random_range(78.0..98.0) };
    let rimless = rng.random_bool(0.14);
    let rim = match (rimless, plain) {
        (true, _) => 0.0,
        // Wire and acetate are equally likely.
        (false, true) if rng.random_bool(0.5) => rng.random_range(3.0..10.0),
        (false, true) => log_uniform(rng, 0.7, 6.0),
        (false, false) => log_uniform(rng, 0.7, 15.0),
    };
    let half_width = (end - gap) / 2.0;
    let half_height = half_width * if plain { rng.random_range(0.55..1.05) } else { rng.random_range(0.42..1.15) };
    let unit = shape::lens(rng, if plain { 0.35 } else { 1.0 });
    // The rim may be thicker at the brow, the temples and the lower edge.
    let mut heavier = |chance: f64, most: f64| {
        if rng.random_bool(chance) { rng.random_range(0.0..most) } else { 0.0 }
    };
    let (brow, temple, chin) = (heavier(0.45, 1.8), heavier(0.3, 1.5), heavier(0.15, 0.8));
    let weight = |p: Point| {
        1.0 + brow * (-p[1]).max(0.0).powi(2) + temple * p[0].max(0.0).powi(2) + chin * p[1].max(0.0).powi(2)
    };
    let middle = [(gap + end) / 2.0, 0.0];
    let opening = [(half_width - rim).max(8.0), (half_height - 0.6 * rim).max(7.0)];
    let inner = unit.map(|p| [middle[0] + p[0] * opening[0], middle[1] + p[1] * opening[1]]);
    let outer = inner.offset(|i| rim * weight(unit.0[i]));
    // The thickness varies, so the scale is chosen by the outer edge.
    let (low, high) = outer.bounds();
    let scale = (end - gap) / (high[0] - low[0]);
    let place = |p: Point| [gap + (p[0] - low[0]) * scale, p[1]];
    let (inner, outer) = (inner.map(place), outer.map(place));
    let (low, high) = outer.bounds();
    let half = (!rimless && rng.random_bool(0.16)).then(|| rng.random_range(-0.35..0.45) * high[1]);
    let hinge = if rng.random_bool(0.85) {
        rng.random_range(0.3..0.95) * low[1]
    } else {
        rng.random_range(-0.3..0.3) * high[1]
    };
    Layout { gap, end, inner, outer, rim, rimless, half, half_below: rng.random_bool(0.1), hinge, plain }
}

pub(crate) fn log_uniform(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..high.ln()).exp()
}

/// Random glasses as parts, so that each part can be rendered alone. All parts share one coordinate
/// system: the glasses end at x = ±100, and y points down.
pub(crate) struct Drawing {
    /// The gradients of front and metal, and the same without transparency.
    finish: String,
    opaque: String,
    /// All other definitions.
    defs: String,
    /// Temple arms and nose pads.
    back: String,
    lenses: String,
    /// Reflections on the lenses.
    glare: String,
    /// Bridge, rims and hinges.
    front: String,
    /// Degrees, clockwise.
    tilt: f64,
    pub(crate) layout: Layout,
}

/// A part of a [`Drawing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Temple arms and nose pads.
    Back,
    /// Lenses with reflections.
    Lenses,
    /// Bridge, rims and hinges.
    Front,
    /// The front without transparency.
    FrontShape,
    /// The filled openings of the lenses.
    LensShape,
}

impl Drawing {
    /// The SVG document of `parts` in drawing order, on top of `below`: markup in the coordinates
    /// of the drawing.
    pub(crate) fn svg(&self, below: &str, parts: &[Part]) -> String {
        let [x, y] = CANVAS;
        let mut body = below.to_owned();
        for part in parts {
            match part {
                Part::Back => body.push_str(&self.back),
                Part::Lenses => {
                    body.push_str(&self.lenses);
                    body.push_str(&self.glare);
                }
                Part::Front | Part::FrontShape => body.push_str(&self.front),
                Part::LensShape => {
                    let path = self.layout.inner.path();
                    let _ = write!(body, r#"<path d="{path}"/><g transform="scale(-1 1)"><path d="{path}"/></g>"#);
                }
            }
        }
        let finish = if parts.contains(&Part::FrontShape) { &self.opaque } else { &self.finish };
        let (defs, tilt, width, height) = (&self.defs, self.tilt, 2.0 * x, 2.0 * y);
        format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-{x} -{y} {width} {height}"><defs>{finish}{defs}</defs><g transform="rotate({tilt:.2})">{body}</g></svg>"#
        )
    }
}

/// Draws random glasses.
pub(crate) fn draw(rng: &mut impl Rng) -> Drawing {
    let layout = layout(rng);
    let front = Finish::sample(rng);
    let metal = if rng.random_bool(0.6) { Finish::metal(rng) } else { front.clone() };
    let (low, high) = layout.outer.bounds();
    let (mut finish, mut opaque, mut defs) = (String::new(), String::new(), String::new());
    let front_fill = front.define(&mut finish, "front", low[1], high[1]);
    let metal_fill = metal.define(&mut finish, "metal", low[1], high[1]);
    front.opaque().define(&mut opaque, "front", low[1], high[1]);
    metal.opaque().define(&mut opaque, "metal", low[1], high[1]);
    let hardware = if layout.rimless || rng.random_bool(0.35) { &metal_fill } else { &front_fill };
    // Drawing order: arms and nose pads behind the lenses; then lenses, reflections, bridge, rims
    // and hinges.
    let (mut back, mut middle, mut half) = (String::new(), String::new(), String::new());
    parts::arms(rng, &layout, [&front_fill, &metal_fill], &mut back);
    if rng.random_bool(if layout.rim < 3.0 { 0.75 } else { 0.3 }) {
        parts::nose_pad(rng, &layout, &metal_fill, &mut back);
    }
    let lens = parts::lens(rng, &layout, &mut defs);
    let glare = parts::glare(rng, &layout);
    parts::bridge(rng, &layout, hardware, &mut middle);
    if rng.random_bool(0.07) {
        parts::brow_bar(rng, &layout, &metal_fill, &mut middle);
    }
    parts::rim(rng, &layout, &front, [&front_fill, &metal_fill], &mut defs, &mut half);
    parts::end_piece(rng, &layout, [hardware, &metal_fill], &mut half);
    let right = layout.inner.path();
    let left = layout.inner.map(|p| [-p[0], p[1]]).path();
    // Reflections have the same direction on both lenses in 70 % of the drawings and are mirrored
    // in the rest.
    let other = if rng.random_bool(0.7) {
        format!("translate({:.1} 0)", -layout.gap - layout.end)
    } else {
        "scale(-1 1)".to_owned()
    };
    let tilt = if rng.random_bool(0.2) { rng.random_range(-1.5..1.5) } else { 0.0 };
    let _ = write!(
        defs,
        r#"<clipPath id="right"><path d="{right}"/></clipPath><clipPath id="left"><path d="{left}"/></clipPath>"#
    );
    let mirrored = |part: &str| format!(r#"<g>{part}</g><g transform="scale(-1 1)">{part}</g>"#);
    let glare = format!(
        r#"<g clip-path="url(#right)">{glare}</g><g clip-path="url(#left)"><g transform="{other}">{glare}</g></g>"#
    );
    let front = middle + &mirrored(&half);
    Drawing { finish, opaque, defs, back: mirrored(&back), lenses: mirrored(&lens), glare, front, tilt, layout }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn equal_seeds_give_equal_glasses_and_other_seeds_other_glasses() {
        let two = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            [glasses(&mut rng, 96), glasses(&mut rng, 96)]
        };
        assert_eq!(two(7), two(7));
        assert_ne!(two(7), two(8));
        assert_ne!(two(7)[0], two(7)[1]);
    }

    #[test]
    fn the_bounding_box_spans_the_image() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..60 {
            let image = glasses(&mut rng, 120);
            assert!((108..=128).contains(&image.width()), "{image:?}");
            assert!((15..=140).contains(&image.height()), "{image:?}");
            let found = image.as_ref().bounding_box(MIN_OPAQUE_ALPHA).unwrap();
            assert_eq!((found.width, found.height), (image.width(), image.height()));
        }
    }

    #[test]
    fn glasses_vary_in_aspect_ratio_coverage_and_brightness() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut aspects = Vec::new();
        let mut covers = Vec::new();
        let mut tones = Vec::new();
        for _ in 0..60 {
            let image = glasses(&mut rng, 96);
            let pixels: Vec<&[u8]> = image.data().chunks_exact(4).collect();
            let opaque: Vec<&&[u8]> = pixels.iter().filter(|pixel| pixel[3] >= 128).collect();
            aspects.push(f64::from(image.height()) / f64::from(image.width()));
            covers.push(opaque.len() as f64 / pixels.len() as f64);
            let sum: f64 = opaque.iter().map(|pixel| pixel[..3].iter().map(|&v| f64::from(v)).sum::<f64>()).sum();
            tones.push(sum / (765.0 * opaque.len().max(1) as f64));
        }
        let spread = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        assert!(spread(&aspects) > 0.06, "{}", spread(&aspects));
        assert!(spread(&covers) > 0.15, "{}", spread(&covers));
        assert!(spread(&tones) > 0.15, "{}", spread(&tones));
    }

    #[test]
    fn a_width_of_zero_gives_the_minimum_width() {
        let image = glasses(&mut ChaCha8Rng::seed_from_u64(3), 0);
        assert!(image.width() >= 14);
    }
}
