//! The sample portraits: names, pupils, and rendering at any width.

use std::sync::LazyLock;

use crate::{people, render};
use stgan::{Bitmap, Error, Result};

/// A sample portrait.
#[derive(Clone, Debug, PartialEq)]
pub struct Portrait {
    /// A short name for files and URLs.
    pub id: &'static str,
    /// The display name.
    pub name: &'static str,
    /// The alternative text of the image.
    pub alt: &'static str,
    /// The pupils as fractions of width and height, the one on the left of the image first.
    pub pupils: [[f64; 2]; 2],
    /// The additional yaw of the head in degrees, positive towards the right of the image.
    yaw: f32,
    index: usize,
}

static PORTRAITS: LazyLock<Vec<Portrait>> = LazyLock::new(|| {
    people::PEOPLE
        .iter()
        .enumerate()
        .map(|(index, p)| {
            let pupils = render::pupils(p, index, 0.0);
            Portrait { id: p.id, name: p.name, alt: p.alt, pupils, yaw: 0.0, index }
        })
        .collect()
});

/// All portraits, in display order.
pub fn portraits() -> &'static [Portrait] {
    &PORTRAITS
}

impl Portrait {
    /// The minimum width of a rendering in pixels.
    pub const MIN_WIDTH: u32 = 16;

    /// Renders the portrait as an opaque image, `width` pixels wide and 1.25 × `width` pixels high.
    ///
    /// # Errors
    /// - [`Error::Argument`] if `width` is less than [`Self::MIN_WIDTH`].
    /// - [`Error::ImageTooLarge`] if the image would have more than [`stgan::MAX_PIXELS`] pixels.
    pub fn render(&self, width: u32) -> Result<Bitmap> {
        self.render_wide(width, 0.0)
    }

    /// Renders the portrait with more background on both sides.
    ///
    /// `margin` is the additional width on each side, as a fraction of `width`.
    ///
    /// # Errors
    /// The errors of [`Self::render`], and [`Error::Argument`] if `margin` is not 0 to 10.
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
        let framing = render::Framing { yaw: self.yaw, margin: margin as f32 };
        render::render(&people::PEOPLE[self.index], self.index, width, framing)
    }

    /// Turns the head by `degrees`, positive towards the right of the image.
    ///
    /// Light and clothes turn too, because the camera moves around the person.
    ///
    /// # Errors
    /// [`Error::Argument`] if `degrees` is not −60 to 60.
    pub fn turned(&self, degrees: f64) -> Result<Self> {
        if !(-60.0..=60.0).contains(&degrees) {
            return Err(Error::Argument { name: "degrees", value: degrees.to_string(), expected: "-60 to 60".into() });
        }
        let yaw = degrees as f32;
        Ok(Self { yaw, pupils: render::pupils(&people::PEOPLE[self.index], self.index, yaw), ..self.clone() })
    }

    /// A rough initial placement for glasses, as a user might choose it: centre x, centre y and
    /// width.
    ///
    /// The unit is one pixel of the portrait at `width`. The placement is off by 0.2 inter-pupil
    /// distances to the side and down, and 10 % too wide.
    pub fn placement(&self, width: u32) -> (f64, f64, f64) {
        let (w, h) = (f64::from(width), f64::from(width) * f64::from(render::ASPECT));
        let [[rx, ry], [lx, ly]] = self.pupils.map(|[x, y]| [x * w, y * h]);
        let apart = (lx - rx).hypot(ly - ry);
        let side = if self.index.is_multiple_of(2) { 1.0 } else { -1.0 };
        ((rx + lx) / 2.0 + side * 0.2 * apart, (ry + ly) / 2.0 + 0.2 * apart, 2.2 * 1.1 * apart)
    }
}
