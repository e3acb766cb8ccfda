//! Compositing: draws a foreground over a photo, at the photo's resolution, RGBA8 in and out.
//!
//! A homography h maps pixels of the foreground to pixels of the photo (the canvas), both from the
//! top-left corner of the first pixel. By convention `h[8] = 1`; any other scale of the same map
//! works as well.
//!
//! Each output pixel looks up its colour in the foreground through the inverse map, filtered over
//! its area. It is then composited over the photo with the Porter–Duff *over* operator (Porter &
//! Duff, SIGGRAPH 1984) in sRGB values, as in browsers:
//!
//! ```text
//!     α = αf + αp (1 − αf)            α c = αf cf + αp cp (1 − αf)
//! ```
//!
//! Here f is the foreground (glasses, furniture) and p the photo. Filtering uses premultiplied
//! alpha, so the colours of fully transparent pixels have no effect. Time and memory are
//! proportional to the footprint of the foreground, not to the size of the photo.

mod drawing;
mod shadow;

pub use shadow::ContactShadow;

use crate::bitmap::MAX_PIXELS;
use crate::image_size::ImageSize;
use crate::pose::CanonicalPose;
use crate::resample::Pyramid;
use crate::{Bitmap, BitmapRef, Error, Homography, Rect, Result};
use drawing::Drawing;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// The minimum alpha byte of a pixel inside the bounding box of a foreground: 10 %.
pub const MIN_OPAQUE_ALPHA: u8 = 26;

/// The maximum number of pixels of the finest pyramid level. More detail is invisible on any photo,
/// and a pyramid takes 21 bytes per pixel.
const MAX_LEVEL_PIXELS: u64 = 16_000_000;

/// An image of glasses or of another foreground, prepared for drawing.
///
/// Clones share the prepared pixels.
#[derive(Clone, Debug)]
pub struct Foreground {
    pyramid: Arc<Pyramid>,
    bounding_box: Rect,
    /// The bounding box of all pixels that are not fully transparent.
    visible: Rect,
    /// The view that networks of one size and task read, kept after the first fit.
    view: Arc<OnceLock<View>>,
}

/// The planes of a view, its size and the pose of the foreground in it.
#[derive(Debug)]
struct View {
    key: (ImageSize, CanonicalPose),
    planes: Vec<f32>,
}

/// A part of the canvas: straight-alpha RGBA and the position of its top-left corner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    /// The leftmost column on the canvas.
    pub x: u32,
    /// The top row on the canvas.
    pub y: u32,
    /// The pixels.
    pub bitmap: Bitmap,
}

impl Foreground {
    /// Prepares an image of glasses, to be drawn any number of times.
    ///
    /// # Errors
    /// [`Error::EmptyGlasses`] if no pixel is at least 10 % opaque.
    pub fn new(image: BitmapRef) -> Result<Self> {
        let empty = || Error::EmptyGlasses { width: image.width(), height: image.height() };
        let bounding_box = image.bounding_box(MIN_OPAQUE_ALPHA).ok_or_else(empty)?;
        let visible = image.bounding_box(1).ok_or_else(empty)?;
        let pixels = u64::from(image.width()) * u64::from(image.height());
        let skipped = (0..).find(|halvings| pixels >> (2 * halvings) <= MAX_LEVEL_PIXELS).unwrap_or_default();
        let pyramid = Arc::new(Pyramid::from_level(image, skipped)?);
        Ok(Self { pyramid, bounding_box, visible, view: Arc::default() })
    }

    /// Width of the image, in pixels.
    pub fn width(&self) -> u32 {
        self.pyramid.width()
    }

    /// Height of the image, in pixels.
    pub fn height(&self) -> u32 {
        self.pyramid.height()
    }

    /// The bounding box of all pixels that are at least 10 % opaque.
    ///
    /// The centre and the width of a [`Placement`](crate::Placement) refer to this box.
    pub fn bounding_box(&self) -> Rect {
        self.bounding_box
    }

    /// The image and its downscaled levels, for filtered lookups.
    pub fn pyramid(&self) -> &Pyramid {
        &self.pyramid
    }

    /// The planes of the view of this size and pose that networks read: the result of `compute`. It
    /// is kept for the first size and pose.
    ///
    /// # Errors
    /// Those of `compute`.
    pub(crate) fn view(
        &self,
        key: (ImageSize, CanonicalPose),
        compute: impl FnOnce() -> Result<Vec<f32>>,
    ) -> Result<Cow<'_, [f32]>> {
        let kept = || self.view.get().filter(|view| view.key == key).map(|view| Cow::from(&view.planes));
        if let Some(planes) = kept() {
            return Ok(planes);
        }
        match self.view.set(View { key, planes: compute()? }) {
            Ok(()) => Ok(kept().unwrap_or_default()),
            // A view of another size or pose is kept, or another thread was faster.
            Err(view) => Ok(Cow::from(view.planes)),
        }
    }
}

/// The bounding rectangle of the canvas pixels that the glasses can affect; `None` if they lie
/// outside the canvas (width, height).
///
/// # Errors
/// - [`Error::Degenerate`] for a map that is not finite, has no inverse, or maps a point of the
///   glasses to infinity.
/// - [`Error::Argument`] for an empty canvas.
/// - [`Error::ImageTooLarge`] for a canvas of more than [`MAX_PIXELS`].
pub fn footprint(foreground: &Foreground, h: &Homography, canvas: (u32, u32)) -> Result<Option<Rect>> {
    Ok(Drawing::new(foreground, h)?.clip(whole(canvas)?))
}

/// Draws the glasses alone on a transparent canvas (width, height), cropped to their footprint.
///
/// Use it to show the glasses as a separate layer, for example over a video. `None` if the glasses
/// lie outside the canvas.
///
/// # Errors
/// The errors of [`footprint`].
pub fn overlay(foreground: &Foreground, h: &Homography, canvas: (u32, u32)) -> Result<Option<Patch>> {
    let Some(rect) = footprint(foreground, h, canvas)? else { return Ok(None) };
    Ok(Some(Patch { x: rect.x, y: rect.y, bitmap: part(foreground, h, rect)? }))
}

/// Draws the glasses alone on a transparent canvas, cropped to `rect`.
///
/// # Errors
/// - [`Error::Degenerate`] for the maps that [`footprint`] rejects.
/// - [`Error::EmptyImage`] if a side of `rect` is 0.
/// - [`Error::ImageTooLarge`] if `rect` has more than [`MAX_PIXELS`].
pub fn part(foreground: &Foreground, h: &Homography, rect: Rect) -> Result<Bitmap> {
    let mut bitmap = Bitmap::transparent(rect.width, rect.height)?;
    let drawing = Drawing::new(foreground, h)?;
    if let Some(clipped) = drawing.clip(rect) {
        drawing.draw(clipped, rect, bitmap.data_mut(), |pixel, drawn| *pixel = straight(drawn));
    }
    Ok(bitmap)
}

/// Draws the glasses over a part of the photo, in place.
///
/// `region` holds the pixels of `rect` in straight-alpha RGBA. Pixels that the glasses do not cover
/// keep their exact bytes.
///
/// # Errors
/// - [`Error::Degenerate`] for the maps that [`footprint`] rejects.
/// - [`Error::ImageSize`] if the length of `region` is not `rect.width × rect.height × 4`.
/// - [`Error::EmptyImage`] if a side of `rect` is 0.
/// - [`Error::ImageTooLarge`] if `rect` has more than [`MAX_PIXELS`].
pub fn blend(foreground: &Foreground, h: &Homography, region: &mut [u8], rect: Rect) -> Result<()> {
    BitmapRef::new(rect.width, rect.height, region)?;
    let drawing = Drawing::new(foreground, h)?;
    if let Some(clipped) = drawing.clip(rect) {
        drawing.draw(clipped, rect, region, over);
    }
    Ok(())
}

/// Draws the glasses over a copy of the photo. Bytes outside [`footprint`] equal the photo's.
///
/// # Errors
/// [`Error::Degenerate`] for the maps that [`footprint`] rejects.
pub fn composite(photo: BitmapRef, foreground: &Foreground, h: &Homography) -> Result<Bitmap> {
    let mut result = photo.to_owned();
    let rect = Rect { x: 0, y: 0, width: photo.width(), height: photo.height() };
    blend(foreground, h, result.data_mut(), rect)?;
    Ok(result)
}

fn whole((width, height): (u32, u32)) -> Result<Rect> {
    if width == 0 || height == 0 {
        return Err(Error::argument("canvas", format!("{width}×{height}"), "at least 1×1 pixel"));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::ImageTooLarge { width, height, limit: MAX_PIXELS });
    }
    Ok(Rect { x: 0, y: 0, width, height })
}

/// Converts a premultiplied pixel with values from 0 to 1 to straight-alpha bytes.
#[inline]
pub(crate) fn straight([r, g, b, alpha]: [f32; 4]) -> [u8; 4] {
    let a = byte(255.0 * alpha);
    if a == 0 {
        return [0; 4];
    }
    let z = 255.0 / alpha;
    [byte(r * z), byte(g * z), byte(b * z), a]
}

/// Composites a premultiplied pixel with values from 0 to 1 over straight-alpha bytes.
#[inline]
fn over(pixel: &mut [u8; 4], drawn: [f32; 4]) {
    let [r, g, b, alpha] = drawn;
    if alpha <= 0.0 {
        return;
    }
    let rest = 1.0 - alpha;
    if pixel[3] == 255 {
        // The same formula for all four channels vectorises; alpha stays 255.
        *pixel = std::array::from_fn(|k| byte(255.0 * drawn[k] + rest * f32::from(pixel[k])));
        return;
    }
    let under = rest * f32::from(pixel[3]) / 255.0;
    let total = alpha + under;
    for (value, drawn) in pixel.iter_mut().zip([r, g, b]) {
        *value = byte((255.0 * drawn + under * f32::from(*value)) / total);
    }
    pixel[3] = byte(255.0 * total);
}

/// Rounds to the nearest byte; float-to-integer casts saturate.
#[inline]
fn byte(value: f32) -> u8 {
    (value + 0.5) as u8
}
