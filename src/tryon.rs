//! A try-on: photo, frame and a rough placement in, homographies from frame pixels to photo pixels out.
//!
//! The networks look at a small square view of the photo, cut so that the frame as placed is in canonical pose there
//! (p = 0). What they find are warp parameters, which hold at any resolution:
//!
//! ```text
//!     frame pixels ──F──> canonical square ──exp(−p)──> canonical square ──V──> photo pixels
//! ```
//!
//! The networks look at every view twice, as it is and in a mirror, and the two answers are averaged: a mirrored selfie gets
//! the mirrored fit, and the anchor error falls by a tenth.
//!
//! F brings the frame's alpha bounding box to the canonical pose, V is the placement. A warp H = exp(p) looks up the
//! input for an output point, so the way from the frame to the photo is its inverse.

mod confidence;
mod fit;

pub use fit::{Fit, Update};

use crate::compose::Foreground;
use crate::homography::DIMENSION;
use crate::model::{Cascade, GeneratorSpec, Inference, weights};
use crate::pose::{Placement, glasses_to_canonical, view_to_canonical};
use crate::resample::{self, PyramidBuilder};
use crate::{BitmapRef, Error, Homography, Rect, Result};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The most updates that one fit may ask for.
pub const MAX_UPDATES: usize = weights::MAX_UPDATES;

/// What the networks are to see of a photo, as it comes in: no more than a small reduced picture of it is kept.
#[derive(Clone, Debug)]
pub struct View {
    photo: (u32, u32),
    rect: Rect,
    to_photo: Homography,
    /// From the view's pixels to those of the part.
    to_region: Homography,
    pixels: PyramidBuilder,
}

/// The networks, ready to fit frames to photos.
#[derive(Clone, Debug)]
pub struct TryOn {
    networks: Arc<Inference>,
    updates: usize,
    metadata: BTreeMap<String, String>,
}

/// The frame in canonical pose, as the networks see it before any warp: four planes of `size × size`.
///
/// # Errors
/// [`Error::Degenerate`] never for a real frame, whose bounding box has a width.
pub fn glasses_view(glasses: &Foreground, size: usize) -> Result<Vec<f32>> {
    let to_frame = glasses_to_canonical(glasses).inverse()? * view_to_canonical(size);
    Ok(resample::planar(glasses.pyramid(), &to_frame, size, size))
}

/// The parameters of the same warp seen in a mirror: A(p) with the signs of x changed on both sides.
fn mirrored([p1, p2, p3, p4, p5, p6, p7, p8]: &[f64; DIMENSION]) -> [f64; DIMENSION] {
    [-p1, -p2, *p3, -p4, *p5, -p6, *p7, *p8]
}

impl TryOn {
    /// Reads the weights of the networks.
    ///
    /// # Errors
    /// As [`weights::read`].
    pub fn new(weights: &[u8]) -> Result<Self> {
        let file = weights::read(weights)?;
        let cascade = Cascade::new(&file.spec, file.stages, &file.parameters)?;
        Ok(Self { updates: file.updates()?, metadata: file.metadata, ..Self::from_cascade(&cascade)? })
    }

    /// Reads the shipped weights.
    ///
    /// # Errors
    /// None: the weights are part of the library, and tested.
    #[cfg(feature = "bundled-weights")]
    pub fn bundled() -> Result<Self> {
        Self::new(include_bytes!("../weights/glasses.safetensors"))
    }

    /// Networks that are in memory already; their weights are copied.
    ///
    /// # Errors
    /// As [`Inference::new`].
    pub fn from_cascade(cascade: &Cascade) -> Result<Self> {
        let networks = Arc::new(Inference::new(cascade)?);
        Ok(Self { updates: networks.stages().len(), networks, metadata: BTreeMap::new() })
    }

    /// The sizes of the generators.
    pub fn spec(&self) -> &GeneratorSpec {
        self.networks.spec()
    }

    /// How many updates a fit has if not told otherwise: what the weights file says ([`weights::Weights::updates`]).
    pub fn updates(&self) -> usize {
        self.updates
    }

    /// How many generators there are.
    pub fn stages(&self) -> usize {
        self.networks.stages().len()
    }

    /// The networks themselves.
    pub fn networks(&self) -> &Inference {
        &self.networks
    }

    /// What the weights file says of itself.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Begins to look at a photo of size `photo`, whose part [`View::rect`] is to be handed in.
    ///
    /// # Errors
    /// As [`Placement::region`].
    pub fn view(&self, photo: (u32, u32), placement: &Placement) -> Result<View> {
        let (size, to_photo) = (self.spec().size, placement.to_photo()?);
        let rect = placement.region_for(photo, size)?;
        let to_region = Homography::similarity(1.0, 0.0, -f64::from(rect.x), -f64::from(rect.y));
        let to_region = to_region * to_photo * view_to_canonical(size);
        let pixels = PyramidBuilder::new(rect.width, rect.height, resample::halvings(&to_region, size, size))?;
        Ok(View { photo, rect, to_photo, to_region, pixels })
    }

    fn seen(&self, photo: BitmapRef, placement: &Placement) -> Result<View> {
        let mut view = self.view((photo.width(), photo.height()), placement)?;
        let Rect { x, y, width, height } = view.rect;
        for row in photo.data().chunks_exact(4 * photo.width() as usize).skip(y as usize).take(height as usize) {
            view.push(&row[4 * x as usize..4 * (x + width) as usize])?;
        }
        Ok(view)
    }

    /// Fits a frame to a photo, starting from `placement`. `steps` is the number of updates, by default
    /// [`TryOn::updates`]; more than there are generators ask the last one again.
    ///
    /// # Errors
    /// [`Error::Placement`] as [`Placement::region`]; [`Error::Argument`] for more than [`MAX_UPDATES`] steps;
    /// [`Error::Degenerate`] should an update leave no usable homography.
    pub fn fit(
        &self,
        photo: BitmapRef,
        glasses: &Foreground,
        placement: &Placement,
        updates: Option<usize>,
    ) -> Result<Fit> {
        self.fit_view(self.seen(photo, placement)?, glasses, updates)
    }

    /// The same with a frame that is warped by `params` within the placement's view from the start, as the paper's are: 0 is
    /// the frame as placed. No part of p is to be above 10.
    ///
    /// # Errors
    /// As [`TryOn::fit`], and [`Error::Argument`] for parameters that are too large or not finite.
    pub fn fit_from(
        &self,
        photo: BitmapRef,
        glasses: &Foreground,
        placement: &Placement,
        params: &[f64; DIMENSION],
        updates: Option<usize>,
    ) -> Result<Fit> {
        /// Beyond that exp overflows soon, and no frame is to be seen long before.
        const LARGEST: f64 = 10.0;
        if let Some(value) = params.iter().find(|value| !(-LARGEST..=LARGEST).contains(*value)) {
            return Err(Error::argument("params", value, format!("finite numbers up to {LARGEST}")));
        }
        self.fit_view_from(self.seen(photo, placement)?, glasses, params, updates)
    }

    /// The same, from what was looked at.
    ///
    /// # Errors
    /// As [`TryOn::fit`], and [`Error::ImageSize`] where rows are missing.
    pub fn fit_view(&self, view: View, glasses: &Foreground, updates: Option<usize>) -> Result<Fit> {
        self.fit_view_from(view, glasses, &[0.0; DIMENSION], updates)
    }

    fn fit_view_from(
        &self,
        view: View,
        glasses: &Foreground,
        start: &[f64; DIMENSION],
        updates: Option<usize>,
    ) -> Result<Fit> {
        let View { photo, to_photo, to_region, pixels, .. } = view;
        let count = updates.unwrap_or(self.updates);
        if count > MAX_UPDATES {
            return Err(Error::argument("updates", count, format!("0 to {MAX_UPDATES}")));
        }
        let to_canonical = glasses_to_canonical(glasses);
        let public = |p: &[f64; DIMENSION]| (to_photo * Homography::exp(&p.map(|x| -x)) * to_canonical).normalized();

        let size = self.spec().size;
        let mut pixels = resample::planar(&pixels.finish()?, &to_region, size, size);
        pixels.truncate(3 * size * size);
        let mut views = self.networks.view_pair(&pixels, &glasses_view(glasses, size)?);

        let mut params = *start;
        let mut updates = Vec::with_capacity(count);
        for index in 0..count {
            let [seen, mirror] = views.update(index.min(self.stages() - 1), &params);
            let mirror = mirrored(&mirror);
            let delta: [f64; DIMENSION] = std::array::from_fn(|i| 0.5 * (seen[i] + mirror[i]));
            params = std::array::from_fn(|i| params[i] + delta[i]);
            updates.push(Update { delta, params, homography: public(&params)? });
        }
        let glasses = (glasses.width(), glasses.height());
        Ok(Fit { photo, glasses, start: *start, placed: public(start)?, updates })
    }
}

impl View {
    /// The part of the photo that is wanted.
    pub fn rect(&self) -> Rect {
        self.rect
    }

    /// Takes the next rows of that part, from the top to the bottom, in straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where they are no whole rows, or more than the part has.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        self.pixels.push(rows)
    }
}
