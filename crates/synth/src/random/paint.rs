//! Colours and finishes of random glasses.

use super::log_uniform;
pub(super) use crate::colour::Colour;
use rand::Rng;
use std::fmt::Write;
use std::ops::Range;

impl Colour {
    pub(crate) fn grey(rng: &mut impl Rng, value: Range<f64>) -> Self {
        Self::hsv(rng.random(), rng.random_range(0.0..0.12), rng.random_range(value))
    }

    /// A colour near white.
    pub(crate) fn pale(rng: &mut impl Rng) -> Self {
        Self::hsv(rng.random(), rng.random_range(0.0..0.15), rng.random_range(0.85..1.0))
    }

    pub(crate) fn bright(rng: &mut impl Rng) -> Self {
        Self::hsv(rng.random(), rng.random_range(0.3..1.0), rng.random_range(0.4..1.0))
    }

    /// A lens tint: mostly grey, brown or green, sometimes any colour.
    pub(crate) fn lens(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..5) {
            0 | 1 => Self::grey(rng, 0.03..0.4),
            2 => Self::hsv(rng.random_range(0.04..0.12), rng.random_range(0.3..0.8), rng.random_range(0.1..0.6)),
            3 => Self::hsv(rng.random_range(0.25..0.45), rng.random_range(0.1..0.5), rng.random_range(0.1..0.5)),
            _ => Self::hsv(rng.random(), rng.random_range(0.2..1.0), rng.random_range(0.1..1.0)),
        }
    }
}

/// The paint of the front or of the metal parts.
#[derive(Clone)]
pub(super) struct Finish {
    /// Gradient stops: offset, colour, opacity.
    stops: Vec<(f64, Colour, f64)>,
    /// The direction of the gradient: 0 is vertical, 1 is horizontal.
    across: f64,
    /// The colour of tortoiseshell blotches.
    blotch: Option<Colour>,
}

impl Finish {
    pub(super) fn sample(rng: &mut impl Rng) -> Self {
        match rng.random_range(0..20) {
            // Black or near black.
            0..=4 => Self::shaded(Colour::hsv_in(rng, 0.0..1.0, 0.0..0.4, 0.02..0.22), 1.0, rng),
            // Tortoiseshell.
            5..=7 => {
                let base = Colour::hsv_in(rng, 0.03..0.12, 0.4..0.95, 0.3..0.9);
                let alpha = rng.random_range(0.7..1.0);
                let mut finish = Self::shaded(base, alpha, rng);
                finish.blotch = Some(base.scaled(rng.random_range(0.1..0.6)));
                finish
            }
            // Bright, pastel, grey or brown.
            8 | 9 => Self::shaded(Colour::bright(rng), 1.0, rng),
            10 => Self::shaded(Colour::hsv_in(rng, 0.0..1.0, 0.05..0.35, 0.7..1.0), 1.0, rng),
            11 => Self::shaded(Colour::grey(rng, 0.2..1.0), 1.0, rng),
            12 => Self::shaded(Colour::hsv_in(rng, 0.0..0.13, 0.2..0.8, 0.1..0.6), 1.0, rng),
            // Clear or tinted acetate: the background shows through.
            13 | 14 => {
                let alpha = rng.random_range(0.16..0.75);
                let colour = if rng.random_bool(0.5) { Colour::pale(rng) } else { Colour::bright(rng) };
                Self::shaded(colour, alpha, rng)
            }
            // Two colours, one above or beside the other.
            15 | 16 => {
                let (a, b) = (Colour::any(rng), Colour::any(rng));
                let at = rng.random_range(0.2..0.7);
                let soft = if rng.random_bool(0.5) { 0.02 } else { rng.random_range(0.05..0.3) };
                let alpha = rng.random_range(0.4..1.4_f64).min(1.0);
                let across = if rng.random_bool(0.2) { 1.0 } else { 0.0 };
                Self {
                    stops: vec![(0.0, a, 1.0), (at, a, 1.0), (at + soft, b, alpha), (1.0, b, alpha)],
                    across,
                    blotch: None,
                }
            }
            _ => Self::metal(rng),
        }
    }

    /// Gold, silver, gunmetal, copper or coloured metal: bands of light and dark.
    pub(super) fn metal(rng: &mut impl Rng) -> Self {
        let base = match rng.random_range(0..5) {
            0 => Colour::hsv_in(rng, 0.1..0.14, 0.25..0.65, 0.7..1.0),
            1 => Colour::grey(rng, 0.65..0.95),
            2 => Colour::grey(rng, 0.15..0.5),
            3 => Colour::hsv_in(rng, 0.02..0.07, 0.3..0.6, 0.6..0.95),
            _ => Colour::any(rng),
        };
        let bands = rng.random_range(3..9);
        let contrast = rng.random_range(0.0..0.6);
        let stops = (0..bands).map(|i| {
            let light = 1.0 + contrast * rng.random_range(-1.0..0.7);
            (f64::from(i) / f64::from(bands - 1), base.scaled(light), 1.0)
        });
        Self { stops: stops.collect(), across: rng.random(), blotch: None }
    }

    /// One colour that gets lighter or darker towards the lower edge.
    fn shaded(colour: Colour, alpha: f64, rng: &mut impl Rng) -> Self {
        let end = colour.scaled(log_uniform(rng, 0.5, 1.8));
        Self { stops: vec![(0.0, colour, alpha), (1.0, end, alpha)], across: 0.0, blotch: None }
    }

    /// The finish without transparency.
    pub(super) fn opaque(&self) -> Self {
        let stops = self.stops.iter().map(|&(at, colour, _)| (at, colour, 1.0)).collect();
        Self { stops, ..self.clone() }
    }

    pub(super) fn blotched(&self) -> bool {
        self.blotch.is_some()
    }

    /// Appends the gradient from y = `top` to y = `bottom` to `defs` and returns its `url(…)`.
    pub(super) fn define(&self, defs: &mut String, id: &str, top: f64, bottom: f64) -> String {
        let _ = write!(
            defs,
            r#"<linearGradient id="{id}" gradientUnits="userSpaceOnUse" x1="0" y1="{top:.1}" x2="{:.1}" y2="{:.1}">"#,
            self.across * 100.0,
            top + (1.0 - self.across) * (bottom - top)
        );
        for (at, colour, alpha) in &self.stops {
            let _ = write!(defs, r#"<stop offset="{at:.3}" stop-color="{colour}" stop-opacity="{alpha:.2}"/>"#);
        }
        defs.push_str("</linearGradient>");
        format!("url(#{id})")
    }

    /// The dark patches of tortoiseshell inside a box.
    pub(super) fn blotches(&self, rng: &mut impl Rng, low: [f64; 2], high: [f64; 2]) -> String {
        let mut out = String::new();
        let Some(colour) = self.blotch else { return out };
        for _ in 0..rng.random_range(8..30) {
            let (x, y) = (rng.random_range(low[0]..high[0]), rng.random_range(low[1]..high[1]));
            let _ = write!(
                out,
                r#"<ellipse cx="{x:.1}" cy="{y:.1}" rx="{:.1}" ry="{:.1}" transform="rotate({:.0} {x:.1} {y:.1})" fill="{colour}" fill-opacity="{:.2}"/>"#,
                log_uniform(rng, 2.0, 14.0),
                log_uniform(rng, 1.0, 6.0),
                rng.random_range(0.0..180.0),
                rng.random_range(0.3..0.95)
            );
        }
        out
    }
}

impl Colour {
    fn hsv_in(rng: &mut impl Rng, hue: Range<f64>, saturation: Range<f64>, value: Range<f64>) -> Self {
        Self::hsv(rng.random_range(hue), rng.random_range(saturation), rng.random_range(value))
    }

    fn any(rng: &mut impl Rng) -> Self {
        Self::hsv_in(rng, 0.0..1.0, 0.0..1.0, 0.02..1.0)
    }
}
