//! Preparing images of glasses.

use crate::failure::Failure;
use crate::records::{self, plain};
use crate::try_on::rows;
use js_sys::{Float64Array, Uint8ClampedArray};
use std::cell::OnceCell;
use stgan::compose::{self, ContactShadow};
use stgan::glasses::Removal;
use stgan::{Bitmap, BitmapRef, Error, Foreground, Homography, Rect, Result, furniture};
use tsify::Ts;
use wasm_bindgen::Clamped;
use wasm_bindgen::prelude::*;

/// The loaded network that removes the background of product photos.
#[wasm_bindgen]
#[derive(Debug)]
pub struct CutOut(stgan::CutOut);

#[wasm_bindgen]
impl CutOut {
    /// Loads a weights file of the cut-out network.
    ///
    /// Throws `weights` if the file is invalid or truncated, or if it contains values that are not
    /// finite.
    #[wasm_bindgen(constructor)]
    pub fn new(weights: &[u8]) -> Result<Self, Failure> {
        Ok(Self(stgan::CutOut::new(weights)?))
    }

    /// Prepares an RGBA image of `width × height` pixels and removes its background.
    ///
    /// Throws the errors of the constructor of `Glasses`, and `no-glasses-found`, `busy-ground`,
    /// `not-a-front-view` or `too-small`.
    pub fn glasses(&self, pixels: &[u8], width: u32, height: u32) -> Result<Glasses, Failure> {
        let image = BitmapRef::new(width, height, pixels)?;
        Ok(stgan::Glasses::new(image, Removal::Always(&self.0))?.into())
    }
}

/// A pair of glasses or a piece of furniture, prepared for any number of fits.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Glasses {
    prepared: stgan::Glasses,
    /// The contact shadow, after its first use.
    shadow: OnceCell<ContactShadow>,
}

impl From<stgan::Glasses> for Glasses {
    fn from(prepared: stgan::Glasses) -> Self {
        Self { prepared, shadow: OnceCell::new() }
    }
}

impl Glasses {
    pub(crate) fn foreground(&self) -> &Foreground {
        self.prepared.foreground()
    }

    fn shadow(&self) -> Result<&ContactShadow> {
        match self.shadow.get() {
            Some(shadow) => Ok(shadow),
            None => {
                let shadow = ContactShadow::new(self.foreground())?;
                Ok(self.shadow.get_or_init(|| shadow))
            }
        }
    }
}

#[wasm_bindgen]
impl Glasses {
    /// Prepares an RGBA image of `width × height` pixels, whose alpha is kept.
    ///
    /// Throws `image-size` if `pixels` has another length, `image-too-large`, and `empty-glasses`
    /// if no pixel is visible.
    #[wasm_bindgen(constructor)]
    pub fn new(pixels: &[u8], width: u32, height: u32) -> Result<Self, Failure> {
        Ok(stgan::Glasses::new(BitmapRef::new(width, height, pixels)?, Removal::Never)?.into())
    }

    /// Takes an RGBA image of `width × height` pixels that was prepared before, without changes.
    ///
    /// Throws the errors of the constructor.
    pub fn restored(pixels: &[u8], width: u32, height: u32) -> Result<Self, Failure> {
        Ok(stgan::Glasses::restored(BitmapRef::new(width, height, pixels)?)?.into())
    }

    /// Prepares an RGBA image of `width × height` pixels that shows a piece of furniture: the even
    /// ground of an opaque one becomes transparent.
    ///
    /// Throws `image-size`, `image-too-large`, `empty-furniture` if no pixel is visible, and
    /// `busy-ground` and `no-furniture-found` for an opaque image.
    pub fn furniture(pixels: &[u8], width: u32, height: u32) -> Result<Self, Failure> {
        let image = furniture::prepare(BitmapRef::new(width, height, pixels)?)?;
        Ok(stgan::Glasses::restored(image.as_ref())?.into())
    }

    /// Whether the background of an image should be removed: it is opaque, or it shows more than
    /// the front of a pair of glasses.
    ///
    /// Throws `image-size` and `image-too-large`, as the constructor.
    #[wasm_bindgen(js_name = needsRemoval)]
    pub fn needs_removal(pixels: &[u8], width: u32, height: u32) -> Result<bool, Failure> {
        Ok(stgan::Glasses::needs_removal(BitmapRef::new(width, height, pixels)?))
    }

    /// The width of the prepared image in pixels.
    pub fn width(&self) -> u32 {
        self.prepared.image().width()
    }

    /// The height of the prepared image in pixels.
    pub fn height(&self) -> u32 {
        self.prepared.image().height()
    }

    /// The RGBA pixels of the prepared image. They are copied without a copy in wasm, so this works
    /// when its memory is short.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn pixels(&self) -> Uint8ClampedArray {
        Uint8ClampedArray::from(self.prepared.image().data())
    }

    /// The map from pixels of the prepared image to pixels of the original, in row-major order.
    #[wasm_bindgen(js_name = toSource)]
    pub fn to_source(&self) -> Float64Array {
        // Adding 0 turns −0 into 0.
        Float64Array::from(&self.prepared.to_source().0.map(|value| value + 0.0)[..])
    }

    /// What was found and done.
    pub fn report(&self) -> Result<Ts<records::GlassesReport>, Failure> {
        Ok(plain(&self.prepared)?)
    }

    /// The part of a photo of `photo_width × photo_height` pixels that the glasses cover under
    /// `homography`, which maps their pixels to pixels of the photo (3×3, in row-major order), with
    /// their contact shadow if `shadow` is set; undefined if both are outside the photo.
    ///
    /// Throws `degenerate` if the homography maps part of the glasses to infinity, and `argument`
    /// if it does not have 9 entries.
    pub fn footprint(
        &self,
        homography: &[f64],
        photo_width: u32,
        photo_height: u32,
        shadow: bool,
    ) -> Result<Option<Ts<records::Rect>>, Failure> {
        let (map, photo) = (map(homography)?, (photo_width, photo_height));
        let mut rect = compose::footprint(self.foreground(), &map, photo)?;
        if shadow {
            let below = self.shadow()?.footprint(&map, photo)?;
            rect = rect.zip(below).map(|(a, b)| a.union(b)).or(rect).or(below);
        }
        Ok(rect.map(plain).transpose()?)
    }

    /// Draws the glasses alone, on a transparent background, in a part of the photo that has
    /// `width × height` pixels and its top-left corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, `image-size` if a side is 0, and `image-too-large`.
    #[wasm_bindgen(unchecked_return_type = "Uint8ClampedArray<ArrayBuffer>")]
    pub fn part(
        &self,
        homography: &[f64],
        x: u32,
        y: u32,
        width: u32,
        height: u32,
        shadow: bool,
    ) -> Result<Clamped<Vec<u8>>, Failure> {
        let (map, rect) = (map(homography)?, Rect { x, y, width, height });
        if !shadow {
            return Ok(Clamped(compose::part(self.foreground(), &map, rect)?.into_data()));
        }
        let mut part = Bitmap::transparent(width, height)?;
        self.draw(&map, part.data_mut(), rect, true)?;
        Ok(Clamped(part.into_data()))
    }

    /// Draws the glasses over `region`, in place, and their contact shadow before them if `shadow`
    /// is set. `region` is a part of the photo that is `width` pixels wide and has its top-left
    /// corner at (`x`, `y`).
    ///
    /// Throws the errors of `footprint`, and `image-size` if `region` is empty or not a multiple of
    /// the row length.
    pub fn blend(
        &self,
        homography: &[f64],
        region: &mut [u8],
        x: u32,
        y: u32,
        width: u32,
        shadow: bool,
    ) -> Result<(), Failure> {
        let rect = Rect { x, y, width, height: rows(region, width) };
        Ok(self.draw(&map(homography)?, region, rect, shadow)?)
    }

    fn draw(&self, map: &Homography, region: &mut [u8], rect: Rect, shadow: bool) -> Result<()> {
        if shadow {
            self.shadow()?.blend(map, region, rect)?;
        }
        compose::blend(self.foreground(), map, region, rect)
    }
}

fn map(entries: &[f64]) -> Result<Homography> {
    let entries = entries.try_into();
    entries.map(Homography).map_err(|_| Error::argument("homography", "an array of another length", "9 numbers"))
}
