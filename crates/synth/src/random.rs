//! Random frames for training.
//!
//! A generator that learns from frames which are too much alike misplaces the ones it has never seen, so everything
//! about a frame varies here: outline, spacing, rim, bridge, hinges, arms, colours, lenses, reflections. The one thing
//! that all of them share is the rule by which frames are placed: the bounding box of the pixels that are at least 10 %
//! opaque spans the picture.

mod paint;
mod parts;
mod shape;

use super::render_svg;
use paint::Finish;
use rand::Rng;
use shape::{Outline, Point};
use stgan::Bitmap;
use stgan::compose::MIN_OPAQUE_ALPHA;

/// The half width and the half height of the drawing before it is cropped. The frame itself ends at x = ±100.
const CANVAS: [f64; 2] = [106.0, 96.0];

/// Draws a random frame, seen from the front, about `width` pixels wide (at least 16) and cropped to its bounding box.
/// The same state of `rng` gives the same picture.
pub fn frame(rng: &mut impl Rng, width: u32) -> Bitmap {
    let width = width.max(16);
    let canvas = (f64::from(width) * CANVAS[0] / 100.0).round() as u32;
    loop {
        // A drawing that comes out empty or lopsided (a rimless frame of almost nothing) is drawn anew.
        let Ok(image) = render_svg(&draw(rng), canvas) else { continue };
        let Some(found) = image.as_ref().bounding_box(MIN_OPAQUE_ALPHA) else { continue };
        if found.width * 10 < width * 9 {
            continue;
        }
        if let Ok(cropped) = image.as_ref().crop(found) {
            return cropped;
        }
    }
}

/// The measures of one frame, in units of 1 % of its half width.
struct Layout {
    /// Half the gap between the rims.
    gap: f64,
    /// Where the rims end; from there to 100 reach the end pieces.
    end: f64,
    /// The lens opening of the right half (x > 0) and the outer edge of its rim.
    inner: Outline,
    outer: Outline,
    /// The thickness of the rim where it is thinnest; 0 for rimless frames.
    rim: f64,
    rimless: bool,
    /// The rim is drawn down to here (or from here, where `half_below`); none draws it all.
    half: Option<f64>,
    half_below: bool,
    /// The height of the hinges.
    hinge: f64,
    /// Half of the frames keep to the measures that frames on sale have; the others go far beyond.
    plain: bool,
}

fn layout(rng: &mut impl Rng) -> Layout {
    let plain = rng.random_bool(0.5);
    let gap = if plain { rng.random_range(8.0..18.0) } else { rng.random_range(5.0..24.0) };
    let flush = rng.random_bool(if plain { 0.6 } else { 0.4 });
    let end = if flush { rng.random_range(96.5..100.0) } else { rng.random_range(78.0..98.0) };
    let rimless = rng.random_bool(0.14);
    let rim = match (rimless, plain) {
        (true, _) => 0.0,
        // Wires and acetate in equal parts.
        (false, true) if rng.random_bool(0.5) => rng.random_range(3.0..10.0),
        (false, true) => log_uniform(rng, 0.7, 6.0),
        (false, false) => log_uniform(rng, 0.7, 15.0),
    };
    let half_width = (end - gap) / 2.0;
    let half_height = half_width * if plain { rng.random_range(0.55..1.05) } else { rng.random_range(0.42..1.15) };
    let unit = shape::lens(rng, if plain { 0.35 } else { 1.0 });
    // Along the rim: a heavier brow, heavier temples, a heavier lower edge, each often none.
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
    // The thickness varies, so the outer edge is what has to be brought to its place.
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

fn log_uniform(rng: &mut impl Rng, low: f64, high: f64) -> f64 {
    rng.random_range(low.ln()..high.ln()).exp()
}

/// The SVG document of a random frame.
fn draw(rng: &mut impl Rng) -> String {
    let layout = layout(rng);
    let front = Finish::sample(rng);
    let metal = if rng.random_bool(0.6) { Finish::metal(rng) } else { front.clone() };
    let (low, high) = layout.outer.bounds();
    let mut defs = String::new();
    let front_fill = front.define(&mut defs, "front", low[1], high[1]);
    let metal_fill = metal.define(&mut defs, "metal", low[1], high[1]);
    let hardware = if layout.rimless || rng.random_bool(0.35) { &metal_fill } else { &front_fill };
    // Behind the lenses, in the order of drawing: arms, pads; then lenses and their reflections, bridge, rims, hinges.
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
    // The reflections of the two lenses fall the same way on most pictures, and are mirrored on others.
    let other = if rng.random_bool(0.7) {
        format!("translate({:.1} 0)", -layout.gap - layout.end)
    } else {
        "scale(-1 1)".to_owned()
    };
    let tilt = if rng.random_bool(0.2) { rng.random_range(-1.5..1.5) } else { 0.0 };
    let [x, y] = CANVAS;
    let mirrored = |part: &str| format!(r#"<g>{part}</g><g transform="scale(-1 1)">{part}</g>"#);
    let (back, lens, half) = (mirrored(&back), mirrored(&lens), mirrored(&half));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="-{x} -{y} {} {}"><defs>{defs}<clipPath id="right"><path d="{right}"/></clipPath><clipPath id="left"><path d="{left}"/></clipPath></defs><g transform="rotate({tilt:.2})">{back}{lens}<g clip-path="url(#right)">{glare}</g><g clip-path="url(#left)"><g transform="{other}">{glare}</g></g>{middle}{half}</g></svg>"#,
        2.0 * x,
        2.0 * y,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn a_seed_gives_the_same_frames_and_another_seed_others() {
        let frames = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            [frame(&mut rng, 96), frame(&mut rng, 96)]
        };
        assert_eq!(frames(7), frames(7));
        assert_ne!(frames(7), frames(8));
        assert_ne!(frames(7)[0], frames(7)[1]);
    }

    #[test]
    fn the_bounding_box_spans_the_picture() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..60 {
            let image = frame(&mut rng, 120);
            assert!((108..=128).contains(&image.width()), "{image:?}");
            assert!((15..=140).contains(&image.height()), "{image:?}");
            let found = image.as_ref().bounding_box(MIN_OPAQUE_ALPHA).unwrap();
            assert_eq!((found.width, found.height), (image.width(), image.height()));
        }
    }

    #[test]
    fn frames_differ_in_proportion_cover_and_colour() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let mut aspects = Vec::new();
        let mut covers = Vec::new();
        let mut tones = Vec::new();
        for _ in 0..60 {
            let image = frame(&mut rng, 96);
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
    fn a_tiny_width_is_drawn_all_the_same() {
        let image = frame(&mut ChaCha8Rng::seed_from_u64(3), 0);
        assert!(image.width() >= 14);
    }
}
