//! Fits a foreground to a photo: iterative geometric correction (ST-GAN, section 3.1).
//!
//! The input is a photo, a foreground (an image of glasses or of a piece of furniture) and an
//! approximate placement. The output is one homography per update, from pixels of the foreground to
//! pixels of the photo.
//!
//! The networks read a small view of the photo. The view is cut so that the foreground, as placed,
//! is in the canonical pose (p = 0). The networks predict warp parameters, which are independent of
//! the resolution:
//!
//! ```text
//!     foreground pixels ──F──> canonical pose ──exp(−p)──> canonical pose ──V──> photo pixels
//! ```
//!
//! F maps the alpha bounding box of the foreground to the canonical pose, and V is the placement
//! (`ViewMaps` has both). A warp H = exp(p) maps output points to input points, so the map from the
//! foreground to the photo contains its inverse, exp(−p).
//!
//! Each update runs the networks on the view and on its mirror image, and averages the two results.
//! A mirrored selfie therefore gets the mirrored fit, and the landmark error is a tenth lower.
//!
//! The task says which further steps apply. Glasses are stiff, but a homography can tear them
//! apart: each update is replaced by the nearest pose that stiff glasses can have in front of a
//! camera (`GlassesPlane::stiff`). An update that is far from all of them, or that diverges, is not
//! taken. Furniture can be dropped far from its place: after an update that moved it far, its view
//! is cut out anew around the result. Otherwise it is at its place, and further updates are not
//! taken: the networks take the start as evidence of where the piece belongs, and would move it on.

mod fit;
mod step;

pub use fit::{Fit, Update};

use crate::compose::Foreground;
use crate::homography::DIMENSION;
use crate::image_size::ImageSize;
use crate::model::{Cascade, GeneratorSpec, Inference, Task, weights};
use crate::pose::{CanonicalPose, Placement, ViewMaps, glasses_to_canonical, normalise_exposure, view_to_canonical};
use crate::resample::{self, Pyramid, PyramidBuilder};
use crate::{BitmapRef, Error, Homography, Rect, Result};
use std::collections::BTreeMap;
use std::sync::Arc;
use step::{Setting, Step};

/// The maximum number of updates in one fit.
pub const MAX_UPDATES: usize = weights::MAX_UPDATES;

/// How far a view that is cut out anew can move, in sizes of the view.
const REACH: f64 = 0.75;

/// Fainter pixels lose their colour in [`canonical_view`].
const FAINT: f32 = 0.05;

/// The part of a photo that the networks read, filled row by row.
///
/// It keeps only a downscaled copy of that part, so a large photo need not be in memory at once.
#[derive(Clone, Debug)]
pub struct View {
    /// Width and height of the photo.
    photo: (u32, u32),
    foreground: Foreground,
    maps: ViewMaps,
    rect: Rect,
    pixels: PyramidBuilder,
}

/// The generator networks of a task, ready for inference: fits foregrounds to photos.
#[derive(Clone, Debug)]
pub struct TryOn {
    networks: Arc<Inference>,
    updates: usize,
    metadata: BTreeMap<String, String>,
}

/// Renders a foreground in the canonical pose, before any warp: planes R, G, B, A of `size`, with
/// straight alpha and values from 0 to 1.
///
/// The colours of nearly transparent pixels fade with their alpha: they mean little, and in
/// straight alpha the networks would see them undiminished.
///
/// # Errors
/// [`Error::Degenerate`] if the bounding box has no width, which [`Foreground::new`] rules out.
pub fn canonical_view(foreground: &Foreground, pose: &CanonicalPose, size: ImageSize) -> Result<Vec<f32>> {
    let to_canonical = pose.to_canonical(foreground.bounding_box().edges(), size);
    let to_foreground = to_canonical.inverse()? * view_to_canonical(size);
    let mut planes = resample::planar(foreground.pyramid(), &to_foreground, size.width, size.height);
    let (colours, alphas) = planes.split_at_mut(3 * size.area());
    for colours in colours.chunks_exact_mut(size.area()) {
        for (colour, alpha) in colours.iter_mut().zip(&*alphas) {
            *colour *= (alpha / FAINT).min(1.0);
        }
    }
    Ok(planes)
}

/// The parameters of the mirrored warp: A(p) conjugated by x → −x.
fn mirrored([p1, p2, p3, p4, p5, p6, p7, p8]: &[f64; DIMENSION]) -> [f64; DIMENSION] {
    [-p1, -p2, *p3, -p4, *p5, -p6, *p7, *p8]
}

impl TryOn {
    /// Loads the networks for glasses from a weights file.
    ///
    /// # Errors
    /// The errors of [`TryOn::for_task`].
    pub fn new(weights: &[u8]) -> Result<Self> {
        Self::for_task(weights, &Task::glasses())
    }

    /// Loads the networks for a task from a weights file.
    ///
    /// # Errors
    /// The errors of [`weights::read`], and [`Error::WeightsMetadata`] for weights of another task.
    pub fn for_task(weights: &[u8], task: &Task) -> Result<Self> {
        let file = weights::read(weights)?;
        if file.spec.task != *task {
            let expected = format!("expected {:?} with its canonical pose", task.name);
            return Err(Error::WeightsMetadata { key: "task".into(), value: file.spec.task.name, expected });
        }
        let cascade = Cascade::new(&file.spec, file.stages, &file.parameters)?;
        Ok(Self { updates: file.updates()?, metadata: file.metadata, ..Self::from_cascade(&cascade)? })
    }

    /// Loads the shipped weights, which are compiled into the library.
    ///
    /// # Errors
    /// None in practice: the library's tests load these weights.
    #[cfg(feature = "bundled-weights")]
    pub fn bundled() -> Result<Self> {
        Self::new(include_bytes!("../weights/glasses.safetensors"))
    }

    /// Loads the shipped weights for furniture, which are compiled into the library.
    ///
    /// # Errors
    /// None in practice, as [`TryOn::bundled`].
    #[cfg(feature = "bundled-weights")]
    pub fn bundled_room() -> Result<Self> {
        Self::for_task(include_bytes!("../weights/room.safetensors"), &Task::room())
    }

    /// Copies the weights of a cascade that is in memory.
    ///
    /// A fit then has one update per stage by default, and the metadata is empty.
    ///
    /// # Errors
    /// The errors of [`Inference::new`].
    pub fn from_cascade(cascade: &Cascade) -> Result<Self> {
        let networks = Arc::new(Inference::new(cascade)?);
        Ok(Self { updates: networks.stages().len(), networks, metadata: BTreeMap::new() })
    }

    /// The dimensions of the generators.
    pub fn spec(&self) -> &GeneratorSpec {
        self.networks.spec()
    }

    /// What is composited.
    pub fn task(&self) -> &Task {
        &self.networks.spec().task
    }

    /// The default number of updates in a fit, from the weights file
    /// ([`weights::Weights::updates`]).
    pub fn updates(&self) -> usize {
        self.updates
    }

    /// The number of generator stages.
    pub fn stages(&self) -> usize {
        self.networks.stages().len()
    }

    /// The generator networks.
    pub fn networks(&self) -> &Inference {
        &self.networks
    }

    /// The metadata of the weights file.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// Starts reading a photo of `photo` (width, height) pixels around `foreground` at `placement`.
    ///
    /// The caller pushes the pixels of [`View::rect`] with [`View::push`], then calls
    /// [`TryOn::fit_view`]. The view shares the pixels of the foreground.
    ///
    /// # Errors
    /// The errors of [`Placement::to_photo`], and [`Error::Placement`] if the view lies outside the
    /// photo.
    pub fn view(&self, photo: (u32, u32), foreground: &Foreground, placement: &Placement) -> Result<View> {
        let (size, bounds) = (self.networks.size(), foreground.bounding_box().edges());
        let maps = ViewMaps::new(size, &self.task().pose, bounds, placement)?;
        let reach = if self.task().steps.recentred { REACH } else { 0.0 };
        let rect = maps.region(photo, placement, reach)?;
        let halvings = resample::halvings(&to_rect(&maps, rect), size.width, size.height);
        let pixels = PyramidBuilder::new(rect.width, rect.height, halvings)?;
        Ok(View { photo, foreground: foreground.clone(), maps, rect, pixels })
    }

    /// The view of a photo that is in memory.
    fn full_view(&self, photo: BitmapRef, foreground: &Foreground, placement: &Placement) -> Result<View> {
        let mut view = self.view((photo.width(), photo.height()), foreground, placement)?;
        let Rect { x, y, width, height } = view.rect;
        for row in photo.data().chunks_exact(4 * photo.width() as usize).skip(y as usize).take(height as usize) {
            view.push(&row[4 * x as usize..4 * (x + width) as usize])?;
        }
        Ok(view)
    }

    /// Fits a foreground to a photo, starting from `placement`.
    ///
    /// `updates` is the number of updates, by default [`TryOn::updates`]. Update i uses generator
    /// stage i; updates beyond the number of stages use the last stage.
    ///
    /// # Errors
    /// - The errors of [`TryOn::view`].
    /// - [`Error::Argument`] for more than [`MAX_UPDATES`] updates.
    pub fn fit(
        &self,
        photo: BitmapRef,
        foreground: &Foreground,
        placement: &Placement,
        updates: Option<usize>,
    ) -> Result<Fit> {
        self.fit_view(self.full_view(photo, foreground, placement)?, updates)
    }

    /// Fits a foreground from a perturbed placement: with the initial warp parameters `params`.
    ///
    /// The paper perturbs its initial warps this way (ST-GAN, section 4). Parameters of 0 give
    /// [`TryOn::fit`]. Each must be in [−10, 10].
    ///
    /// # Errors
    /// The errors of [`TryOn::fit`], [`Error::Argument`] for a parameter out of range or not
    /// finite, and [`Error::Degenerate`] if they map the origin of the foreground to infinity.
    pub fn fit_from(
        &self,
        photo: BitmapRef,
        foreground: &Foreground,
        placement: &Placement,
        params: &[f64; DIMENSION],
        updates: Option<usize>,
    ) -> Result<Fit> {
        /// Larger parameters soon overflow exp; the foreground leaves every photo long before.
        const MAX_PARAMETER: f64 = 10.0;
        if let Some(value) = params.iter().find(|value| !(-MAX_PARAMETER..=MAX_PARAMETER).contains(*value)) {
            return Err(Error::argument("params", value, format!("numbers from −{MAX_PARAMETER} to {MAX_PARAMETER}")));
        }
        self.fit_view_from(self.full_view(photo, foreground, placement)?, params, updates)
    }

    /// Fits the foreground of a [`View`] to the photo that was read row by row into it.
    ///
    /// # Errors
    /// [`Error::Argument`] for more than [`MAX_UPDATES`] updates, and [`Error::ImageSize`] if the
    /// view lacks rows.
    pub fn fit_view(&self, view: View, updates: Option<usize>) -> Result<Fit> {
        self.fit_view_from(view, &[0.0; DIMENSION], updates)
    }

    fn fit_view_from(&self, view: View, start: &[f64; DIMENSION], updates: Option<usize>) -> Result<Fit> {
        let count = updates.unwrap_or(self.updates);
        if count > MAX_UPDATES {
            return Err(Error::argument("updates", count, format!("0 to {MAX_UPDATES}")));
        }
        let View { photo, foreground, maps, rect, pixels, .. } = view;
        let (size, task) = (self.networks.size(), self.task());
        let look = Look { pixels: pixels.finish()?, rect, size, task };
        let planes = foreground.view((size, task.pose), || canonical_view(&foreground, &task.pose, size))?;
        let bounds = foreground.bounding_box().edges();
        let recentred = |frame: ViewMaps, params: [f64; DIMENSION]| match task.steps.recentred {
            true => frame.recentred(&params, bounds).unwrap_or((frame, params)),
            false => (frame, params),
        };
        let (width, height) = (f64::from(foreground.width()), f64::from(foreground.height()));
        let corners = [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]].map(|p| maps.to_canonical.apply(p));

        let (mut frame, mut params) = if *start == [0.0; DIMENSION] { (maps, *start) } else { recentred(maps, *start) };
        let mut views = self.networks.view_pair(&look.background(&frame), &planes);
        let (mut last, mut before) = (None, *start);
        let mut updates: Vec<Update> = Vec::with_capacity(count);
        for index in 0..count {
            if index > 0 && task.steps.recentred {
                if last.is_some_and(|moved| moved < step::SETTLED) {
                    updates.extend(updates.last().map(Update::settled));
                    continue;
                }
                (frame, params) = recentred(frame, params);
                views = self.networks.view_pair(&look.background(&frame), &planes);
            }
            let [direct, mirror] = views.update(index.min(self.stages() - 1), &params);
            let mirror = mirrored(&mirror);
            let delta: [f64; DIMENSION] = std::array::from_fn(|i| 0.5 * (direct[i] + mirror[i]));
            let setting = Setting { task, to_photo: frame.to_photo, photo, corners };
            let step = Step::new(&setting, &params, &delta, last);
            if step.taken {
                last = Some(task.displacement(&params, &step.params));
            }
            params = step.params;
            let after = if task.steps.recentred { maps.params_of(&frame, &params).unwrap_or(before) } else { params };
            let Step { correction, taken, .. } = step;
            let homography = frame.foreground_to_photo(&params).normalized()?;
            updates.push(Update { delta, params: after, homography, correction, taken });
            before = after;
        }
        let to_canonical = glasses_to_canonical(&foreground);
        let foreground = (foreground.width(), foreground.height());
        let (task, initial) = (task.clone(), maps.foreground_to_photo(start).normalized()?);
        Ok(Fit { task, photo, foreground, to_canonical, start: *start, initial, updates })
    }
}

/// The part of a photo that a fit looks at.
struct Look<'a> {
    pixels: Pyramid,
    rect: Rect,
    size: ImageSize,
    task: &'a Task,
}

impl Look<'_> {
    /// The view that maps cut out of the photo: planes R, G, B.
    fn background(&self, maps: &ViewMaps) -> Vec<f32> {
        let mut planes = resample::planar(&self.pixels, &to_rect(maps, self.rect), self.size.width, self.size.height);
        // The networks do not read the photo's alpha.
        planes.truncate(3 * self.size.area());
        if self.task.steps.exposure {
            normalise_exposure(&mut planes, self.size, &self.task.pose);
        }
        planes
    }
}

/// Maps pixels of a view to pixels of `rect`.
fn to_rect(maps: &ViewMaps, rect: Rect) -> Homography {
    Homography::similarity(1.0, 0.0, -f64::from(rect.x), -f64::from(rect.y)) * maps.view_to_photo()
}

impl View {
    /// The part of the photo to push, in photo pixels.
    pub fn rect(&self) -> Rect {
        self.rect
    }

    /// Adds the next rows of [`View::rect`], from top to bottom, in straight-alpha RGBA.
    ///
    /// # Errors
    /// [`Error::ImageSize`] if `rows` is not a multiple of the row length, or more than the
    /// remaining rows.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        self.pixels.push(rows)
    }
}
