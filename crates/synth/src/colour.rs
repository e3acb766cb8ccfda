//! sRGB colours, formatted as in SVG.

use std::fmt::{self, Display};

/// An sRGB colour with components in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Colour(pub [f64; 3]);

impl Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [r, g, b] = self.0.map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8);
        write!(f, "#{r:02x}{g:02x}{b:02x}")
    }
}

impl Colour {
    pub(crate) const BLACK: Self = Self([0.0; 3]);
    pub(crate) const WHITE: Self = Self([1.0; 3]);

    /// Converts from HSV. The hue is a fraction of a full turn; saturation and value are in [0, 1].
    pub(crate) fn hsv(hue: f64, saturation: f64, value: f64) -> Self {
        let channel = |n: f64| {
            let k = (n + hue * 6.0).rem_euclid(6.0);
            value - value * saturation * k.min(4.0 - k).clamp(0.0, 1.0)
        };
        Self([channel(5.0), channel(3.0), channel(1.0)])
    }

    pub(crate) fn scaled(self, by: f64) -> Self {
        Self(self.0.map(|v| v * by))
    }
}
