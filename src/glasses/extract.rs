//! From a source image to glasses, in the source image's own pixels.

use super::report::{Kind, Report, Warning};
use super::shape::Shape;
use super::{Glasses, Refusal, Removal, alpha};
use crate::compose::{Foreground, MIN_OPAQUE_ALPHA};
use crate::cutout::{self, CutOut, FRONT, Ground, LABELS, LENS, Labelled};
use crate::resample::Pyramid;
use crate::{Bitmap, BitmapRef, Homography, Rect, Result};
use std::sync::Arc;

/// Smaller rotations, in degrees, are left.
const STRAIGHT: f64 = 0.5;
/// Narrower glasses, in pixels, look soft on a large photo.
const LOW_RESOLUTION: f64 = 300.0;
/// Labels less certain than this, in the mean, should be looked at.
const CERTAIN: f64 = 0.85;
/// Arms of a smaller area, as a share of the front's, are not worth a warning.
const FEW_ARMS: f64 = 0.01;
/// A removal that takes a smaller share of the alpha, of the width and of the height of a
/// transparent source image is none.
const NOTHING: f64 = 0.03;

/// Pixels of a transparent image are removed below the first probability of front or lens, and kept
/// above the second. Labels are coarse, so the edge of the front is uncertain and must stay.
const REMOVED: f32 = 0.1;
const KEPT: f32 = 0.4;

/// Glasses in the pixels of a source image, before they are straightened and cropped.
#[derive(Clone, Debug)]
pub struct Extract {
    /// The glasses with transparency.
    pub image: Bitmap,
    /// The part of the source image that `image` covers.
    pub rect: Rect,
    /// The most probable label of each pixel of `image`, if a network labelled it: 0 background, 1
    /// front, 2 lens, 3 arm.
    pub labels: Option<Vec<u8>>,
    /// The clockwise rotation in degrees.
    pub rotation: f64,
    /// The lens centres (x, y) in pixels of `image`, the left one first.
    pub lens_centres: [[f64; 2]; 2],
    /// What was found and done.
    pub report: Report,
}

/// Finds the glasses of a source image.
///
/// # Errors
/// Those of [`Glasses::new`].
pub fn extract(source: BitmapRef, removal: Removal) -> Result<Extract> {
    let cut = match removal {
        Removal::Never => None,
        Removal::Auto(cut) => alpha::needs_removal(source).then_some(cut),
        Removal::Always(cut) => Some(cut),
    };
    match cut {
        Some(cut) if alpha::is_opaque(source) => without_ground(source, cut),
        Some(cut) => without_extras(source, cut),
        None => respected(source),
    }
}

/// A source image that was prepared before.
pub(super) fn unchanged(source: BitmapRef) -> Result<Extract> {
    let (lens_centres, lenses) = alpha::inspect(source)?;
    let rect = Rect { x: 0, y: 0, width: source.width(), height: source.height() };
    let report = Report { kind: Kind::Untouched, lenses, confidence: 1.0, warnings: Vec::new() };
    Ok(Extract { image: source.to_owned(), rect, labels: None, rotation: 0.0, lens_centres, report })
}

/// A source image whose alpha is kept.
fn respected(source: BitmapRef) -> Result<Extract> {
    if alpha::is_opaque(source) {
        let mut extract = unchanged(source)?;
        extract.report.warnings.push(Warning::OpaqueBackground);
        return Ok(extract);
    }
    let alpha::Cleaned { image, lens_centres, lenses, mut warnings } = alpha::clean(source)?;
    let kind = if warnings.is_empty() { Kind::Untouched } else { Kind::Cleaned };
    warnings.sort_unstable();
    let rect = Rect { x: 0, y: 0, width: source.width(), height: source.height() };
    let report = Report { kind, lenses, confidence: 1.0, warnings };
    Ok(Extract { image, rect, labels: None, rotation: 0.0, lens_centres, report })
}

/// An opaque image.
fn without_ground(source: BitmapRef, cut: &CutOut) -> Result<Extract> {
    let segments = cutout::segment(&cut.segmenter, source)?.ok_or(Refusal::NoGlasses)?;
    let shape = Shape::of(&segments)?;
    let part = source.crop(segments.rect)?;
    let probabilities = segments.at_full_size();
    let labelled = Labelled { image: part.as_ref(), probabilities: &probabilities };
    let ground = Ground::fit(part.as_ref(), |i| labelled.is_ground(i)).ok_or(Refusal::BusyGround)?;
    let cutout::Matted { mut image, labels, lenses } = cutout::cut_out(&labelled, &ground)?;
    let has_arms_beside = alpha::remove_arms(&mut image);
    let report = Report {
        kind: Kind::CutOut,
        lenses,
        confidence: shape.confidence,
        warnings: warnings(&shape, has_arms_beside),
    };
    let Shape { rotation, lens_centres, .. } = shape;
    Ok(Extract { image, rect: segments.rect, labels: Some(labels), rotation, lens_centres, report })
}

fn warnings(shape: &Shape, has_arms_beside: bool) -> Vec<Warning> {
    let found = [
        (Warning::ArmsRemoved, has_arms_beside || shape.arms > FEW_ARMS),
        (Warning::Straightened, shape.rotation.abs() >= STRAIGHT),
        (Warning::LowResolution, shape.width < LOW_RESOLUTION),
        (Warning::Uncertain, shape.confidence < CERTAIN),
    ];
    found.into_iter().filter_map(|(warning, is_so)| is_so.then_some(warning)).collect()
}

/// A transparent image that shows more than a front: what the network labels as background or
/// arm is removed, the rest keeps its pixels.
fn without_extras(source: BitmapRef, cut: &CutOut) -> Result<Extract> {
    let mut extract = respected(source)?;
    let Some(segments) = cutout::segment(&cut.segmenter, extract.image.as_ref())? else { return Ok(extract) };
    let Ok(shape) = Shape::of(&segments) else {
        extract.report.warnings.push(Warning::Uncertain);
        return Ok(extract);
    };
    let probabilities = segments.at_full_size();
    let Rect { x, y, width, .. } = segments.rect;
    let mut image = Bitmap::transparent(extract.image.width(), extract.image.height())?;
    let stride = extract.image.width() as usize;
    let mut after = 0.0;
    for (i, values) in probabilities.chunks_exact(LABELS).enumerate() {
        let at = 4 * ((y as usize + i / width as usize) * stride + x as usize + i % width as usize);
        let keep = ((values[FRONT] + values[LENS] - REMOVED) / (KEPT - REMOVED)).clamp(0.0, 1.0);
        let pixel = &extract.image.data()[at..at + 4];
        let alpha = f32::from(pixel[3]) * keep;
        after += f64::from(alpha);
        if alpha >= 0.5 {
            image.data_mut()[at..at + 3].copy_from_slice(&pixel[..3]);
            image.data_mut()[at + 3] = alpha.round() as u8;
        }
    }
    let before: f64 = extract.image.data().chunks_exact(4).map(|pixel| f64::from(pixel[3])).sum();
    if after >= (1.0 - NOTHING) * before && !is_smaller(image.as_ref(), extract.image.as_ref()) {
        return Ok(extract);
    }
    let mut warnings: Vec<_> = extract.report.warnings.drain(..).chain(warnings(&shape, false)).collect();
    warnings.retain(|warning| *warning != Warning::Straightened);
    warnings.sort_unstable();
    warnings.dedup();
    extract.report = Report { kind: Kind::CutOut, confidence: shape.confidence, warnings, ..extract.report };
    extract.lens_centres = shape.lens_centres.map(|[cx, cy]| [cx + f64::from(x), cy + f64::from(y)]);
    extract.image = image;
    Ok(extract)
}

/// Whether the visible pixels of an image take less room than those of another.
fn is_smaller(image: BitmapRef, other: BitmapRef) -> bool {
    let (Some(bounds), Some(others)) = (image.bounding_box(MIN_OPAQUE_ALPHA), other.bounding_box(MIN_OPAQUE_ALPHA))
    else {
        return true;
    };
    let less = |a: u32, b: u32| f64::from(a) < (1.0 - NOTHING) * f64::from(b);
    less(bounds.width, others.width) || less(bounds.height, others.height)
}

impl Extract {
    /// The prepared glasses: level, and cropped if the background was removed.
    ///
    /// # Errors
    /// [`crate::Error::EmptyGlasses`] if no pixel is at least 10 % opaque.
    pub fn into_glasses(self) -> Result<Glasses> {
        let Rect { x, y, .. } = self.rect;
        let offset = Homography::similarity(1.0, 0.0, f64::from(x), f64::from(y));
        if self.labels.is_none() {
            return Glasses::from_parts(self.image, offset, self.lens_centres, self.report);
        }
        let degrees = if self.rotation.abs() < STRAIGHT { 0.0 } else { self.rotation };
        let (image, to_extract) = levelled(self.image, degrees)?;
        let to_image = to_extract.inverse()?;
        let lens_centres = self.lens_centres.map(|centre| to_image.apply(centre));
        Glasses::from_parts(image, offset * to_extract, lens_centres, self.report)
    }
}

impl Glasses {
    fn from_parts(image: Bitmap, to_source: Homography, lens_centres: [[f64; 2]; 2], report: Report) -> Result<Self> {
        let foreground = Foreground::new(image.as_ref())?;
        Ok(Self { image: Arc::new(image), foreground, to_source, lens_centres, report })
    }
}

/// Rotates an image anticlockwise by `degrees` and crops it to its visible pixels. Returns also the
/// map from its pixels to those of `image`.
fn levelled(image: Bitmap, degrees: f64) -> Result<(Bitmap, Homography)> {
    let (image, to_image) = if degrees == 0.0 {
        (image, Homography::IDENTITY)
    } else {
        let (width, height) = (f64::from(image.width()), f64::from(image.height()));
        let (sin, cos) = degrees.to_radians().sin_cos();
        // The whole rotated rectangle fits.
        let size = [width * cos + height * sin.abs(), height * cos + width * sin.abs()].map(|side| side.ceil() as u32);
        let centred = Homography::similarity(1.0, 0.0, -0.5 * f64::from(size[0]), -0.5 * f64::from(size[1]));
        let to_image = Homography::similarity(1.0, degrees.to_radians(), 0.5 * width, 0.5 * height) * centred;
        let rect = Rect { x: 0, y: 0, width: size[0], height: size[1] };
        let mut pixels = vec![[0.0; 4]; size[0] as usize * size[1] as usize];
        Pyramid::new(image.as_ref())?.sample(&to_image, rect, &mut pixels);
        let bytes = pixels.into_iter().flat_map(crate::compose::straight).collect();
        (Bitmap::new(size[0], size[1], bytes)?, to_image)
    };
    let Some(visible) = image.as_ref().bounding_box(1) else { return Ok((image, to_image)) };
    let offset = Homography::similarity(1.0, 0.0, f64::from(visible.x), f64::from(visible.y));
    Ok((image.as_ref().crop(visible)?, to_image * offset))
}
