//! A sample portrait: who it shows, where its pupils are, and its rendering at any width.

use std::sync::LazyLock;

use crate::{people, render};
use stgan::{Bitmap, Error, Result};

/// A sample portrait.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// A short name for files and addresses.
    pub id: &'static str,
    /// The name on screen.
    pub name: &'static str,
    /// What the image shows, for those who do not see it.
    pub alt: &'static str,
    /// The pupils' centres as fractions of width and height; the image's left one first.
    pub eyes: [[f64; 2]; 2],
    /// Degrees by which the head is turned, positive to the image's right.
    yaw: f32,
    index: usize,
}

static PORTRAITS: LazyLock<Vec<Portrait>> = LazyLock::new(|| {
    people::PEOPLE
        .iter()
        .enumerate()
        .map(|(index, p)| {
            let eyes = render::pupils(p, index, 0.0);
            Portrait { id: p.id, name: p.name, alt: p.alt, eyes, yaw: 0.0, index }
        })
        .collect()
});

/// The portraits, in the order in which a gallery should show them.
pub fn portraits() -> &'static [Portrait] {
    &PORTRAITS
}

impl Portrait {
    /// The least width that shows anything.
    pub const MIN_WIDTH: u32 = 16;

    /// Renders the portrait, opaque, at a width in pixels; it is a quarter higher than wide.
    ///
    /// # Errors
    /// [`Error::Argument`] below [`Self::MIN_WIDTH`], [`Error::ImageTooLarge`] beyond [`stgan::MAX_PIXELS`].
    pub fn render(&self, width: u32) -> Result<Bitmap> {
        self.render_wide(width, 0.0)
    }

    /// The same with more of the room on both sides: `margin` is each side's share of `width`.
    ///
    /// # Errors
    /// As [`Self::render`], and [`Error::Argument`] for a margin that is not between 0 and 10.
    pub fn render_wide(&self, width: u32, margin: f64) -> Result<Bitmap> {
        if !(0.0..=10.0).contains(&margin) {
            return Err(Error::Argument { name: "margin", value: margin.to_string(), expected: "0 to 10".into() });
        }
        if width < Self::MIN_WIDTH {
            return Err(Error::Argument {
                name: "width",
                value: width.to_string(),
                expected: format!("at least {}", Self::MIN_WIDTH),
            });
        }
        let view = render::View { yaw: self.yaw, margin: margin as f32 };
        render::render(&people::PEOPLE[self.index], self.index, width, view)
    }

    /// The same person with the head turned, in degrees, positive to the image's right. Light and clothes turn with it:
    /// it is the camera that goes round.
    ///
    /// # Errors
    /// [`Error::Argument`] beyond 60 degrees.
    pub fn turned(&self, degrees: f64) -> Result<Self> {
        if !(-60.0..=60.0).contains(&degrees) {
            return Err(Error::Argument { name: "degrees", value: degrees.to_string(), expected: "-60 to 60".into() });
        }
        let yaw = degrees as f32;
        Ok(Self { yaw, eyes: render::pupils(&people::PEOPLE[self.index], self.index, yaw), ..self.clone() })
    }

    /// A first placement for a frame, deliberately rough as a person's would be: centre and width of the frame in pixels of
    /// the portrait at `width`. It is off by a fifth of the eye distance sideways and down, and a tenth too large.
    pub fn placement(&self, width: u32) -> (f64, f64, f64) {
        let (w, h) = (f64::from(width), f64::from(width) * f64::from(render::ASPECT));
        let [[rx, ry], [lx, ly]] = self.eyes.map(|[x, y]| [x * w, y * h]);
        let apart = (lx - rx).hypot(ly - ry);
        let side = if self.index.is_multiple_of(2) { 1.0 } else { -1.0 };
        ((rx + lx) / 2.0 + side * 0.2 * apart, (ry + ly) / 2.0 + 0.2 * apart, 2.2 * 1.1 * apart)
    }
}
