//! Pools of faces, and access to their pixels.

use super::augment::Subject;
use super::landmarks::Landmarks;
use super::synthetic;
use crate::{Error, Result};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use stgan::internals::pose::{EYE_Y, TEMPLE_X};
use stgan::{Bitmap, Homography, Placement};

/// The size of CelebA's aligned images, in pixels. The crop of ST-GAN is the square around
/// `CROP_CENTRE` with half side `CROP_HALF_SIDE`.
pub(super) const CELEBA_SIZE: (f64, f64) = (178.0, 218.0);
const CROP_CENTRE: [f64; 2] = [89.0, 124.0];
const CROP_HALF_SIDE: f64 = 72.0;

/// The tolerance for the aspect ratio of an image with CelebA's framing, relative to 218/178.
/// 256×313 is accepted, 218×218 is not.
const ASPECT_TOLERANCE: f64 = 0.02;

/// The canonical placement of glasses on an image with CelebA's framing. None if the aspect ratio
/// differs from CelebA's.
pub(super) fn aligned_placement(width: u32, height: u32) -> Option<Placement> {
    let scale = f64::from(width) / CELEBA_SIZE.0;
    let shape = f64::from(height) / (scale * CELEBA_SIZE.1);
    ((1.0 - ASPECT_TOLERANCE)..=(1.0 + ASPECT_TOLERANCE)).contains(&shape).then(|| Placement {
        x: scale * CROP_CENTRE[0],
        y: scale * (CROP_CENTRE[1] + CROP_HALF_SIDE * EYE_Y),
        width: scale * CROP_HALF_SIDE * 2.0 * TEMPLE_X,
        rotation: 0.0,
    })
}

/// The four pools of a data set.
///
/// The discriminant is part of the address of a synthetic face.
#[allow(clippy::enum_variant_names, reason = "all pools are defined by glasses")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PoolKind {
    WithoutGlasses,
    WithGlasses,
    ValidationWithoutGlasses,
    ValidationWithGlasses,
}

impl PoolKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::WithoutGlasses => "without-glasses",
            Self::WithGlasses => "with-glasses",
            Self::ValidationWithoutGlasses => "validation-without-glasses",
            Self::ValidationWithGlasses => "validation-with-glasses",
        }
    }

    /// Whether the pool is used for training rather than for validation.
    pub(super) fn is_learned(self) -> bool {
        matches!(self, Self::WithoutGlasses | Self::WithGlasses)
    }
}

/// A face: its annotation, and the source of its pixels.
#[derive(Clone, Debug)]
pub struct Face {
    /// The name of the face in the data set.
    pub id: String,
    /// The identity. Faces with equal values show the same person. The id of the face if the data
    /// set has no identities.
    pub person: String,
    /// The landmarks that training aims at, in pixels of the image: those of
    /// [`DataSettings::target`](super::DataSettings::target). None if the data set has no
    /// landmarks.
    pub target: Option<Landmarks>,
    /// The pupils and temples as seen, in pixels of the image. None if the data set has no
    /// landmarks.
    pub visible: Option<Landmarks>,
    /// The points of a stiff front of glasses in the pose of the head, in pixels of the image. None
    /// if the data set has no planes.
    pub front: Option<Landmarks>,
    /// The canonical placement of glasses on the image, which is the centre of random crops.
    pub placement: Placement,
    /// The yaw in degrees, positive if the face turns to the right of the image. None if unknown.
    pub yaw: Option<f64>,
    /// The pitch in degrees, positive if the face looks down. None if unknown.
    pub pitch: Option<f64>,
    /// Whether dark glasses, hair or a hand cover the eyes. None if unknown.
    pub covered: Option<bool>,
    /// Width and height of the image in pixels.
    pub size: (u32, u32),
    pub(super) origin: PixelSource,
    /// The photo that the image was cut from, if the data set has it.
    pub full_photo: Option<FullPhoto>,
}

/// The photo that an aligned image was cut from. It is read only when needed.
#[derive(Clone, Debug, PartialEq)]
pub struct FullPhoto {
    /// The path relative to the folder of the data set.
    pub(super) file: String,
    /// Maps pixels of the aligned image to pixels of the photo.
    pub from_aligned: Homography,
}

/// The source of a face's pixels.
#[derive(Clone, Debug)]
pub(super) enum PixelSource {
    File(Arc<Path>, String),
    Synthetic(synthetic::FaceAddress),
}

impl Face {
    /// The image, decoded from its file or drawn. Every call returns the same pixels.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Data`] if the file has changed since the data set was opened.
    pub fn image(&self) -> Result<Bitmap> {
        match &self.origin {
            PixelSource::File(folder, name) => read_image(&folder.join(name)),
            PixelSource::Synthetic(address) => address.draw(),
        }
    }

    /// The full photo, and `landmarks` in its pixels. None if the data set has no photo.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Data`] if the photo cannot be read.
    pub(crate) fn photo_with(&self, landmarks: &Landmarks) -> Result<Option<(Bitmap, Landmarks)>> {
        match (&self.origin, &self.full_photo) {
            (PixelSource::File(folder, _), Some(photo)) => {
                let landmarks = super::landmarks::apply(&photo.from_aligned, landmarks);
                Ok(Some((read_image(&folder.join(&photo.file))?, landmarks)))
            }
            _ => Ok(None),
        }
    }

    /// The full photo and the face's landmarks in its pixels. None if the data set has no photo or
    /// no landmarks.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Data`] if the photo cannot be read.
    pub fn photo(&self) -> Result<Option<(Bitmap, Landmarks)>> {
        self.target.as_ref().map_or(Ok(None), |target| self.photo_with(target))
    }

    /// The landmarks that a fit should meet: the stiff front, or the visible points of a data set
    /// without planes.
    pub fn reference(&self) -> Option<&Landmarks> {
        self.front.as_ref().or(self.visible.as_ref())
    }

    /// The placement of glasses in canonical pose in ST-GAN's crop of the image, which does not
    /// depend on the face. None if the aspect ratio differs from CelebA's.
    pub fn celeba_crop(&self) -> Option<Placement> {
        aligned_placement(self.size.0, self.size.1)
    }

    /// The turn of the head: |ln(a / b)|, where a and b are the distances from the midpoint of the
    /// pupils to the temples.
    ///
    /// It is 0 for a frontal face and limited to 2. None without landmarks.
    pub fn turn(&self) -> Option<f64> {
        let [right, left, right_temple, left_temple, ..] = self.visible?;
        let middle = [0.5 * (right[0] + left[0]), 0.5 * (right[1] + left[1])];
        let ratio = super::landmarks::distance(middle, left_temple) / super::landmarks::distance(middle, right_temple);
        Some(ratio.ln().abs().min(2.0))
    }

    /// The size of the face: ln of the width of its glasses as a share of the image width. None
    /// without landmarks.
    pub fn extent(&self) -> Option<f64> {
        let placed = super::landmarks::placement(self.target.as_ref()?);
        Some((placed.width / f64::from(self.size.0)).ln())
    }
}

/// Reads and decodes an image file.
pub(super) fn read_image(path: &Path) -> Result<Bitmap> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    if bytes.is_empty() {
        return Err(Error::data(path, "the file is empty"));
    }
    let image =
        stgan_decoder::decode(&bytes).map_err(|source| Error::unreadable(path, "the file is not an image", source))?;
    Ok(Bitmap::new(image.width, image.height, image.pixels)?)
}

/// Faces of one kind, in memory or streamed. A pool can be shared between threads.
pub struct Pool {
    faces: Vec<Face>,
    /// One entry for each face, or none if the pool is streamed.
    cache: Vec<OnceLock<Arc<Subject>>>,
}

impl Pool {
    /// Creates a pool that keeps decoded faces in memory if there are fewer than `keep_below`.
    pub fn new(faces: Vec<Face>, keep_below: usize) -> Self {
        let cache = if faces.len() < keep_below { faces.len() } else { 0 };
        Self { cache: (0..cache).map(|_| OnceLock::new()).collect(), faces }
    }

    /// The number of faces.
    pub fn len(&self) -> usize {
        self.faces.len()
    }

    /// Whether the pool has no faces.
    pub fn is_empty(&self) -> bool {
        self.faces.is_empty()
    }

    /// All faces.
    pub fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// Whether faces are decoded or drawn anew on each access.
    pub fn is_streamed(&self) -> bool {
        self.cache.is_empty()
    }

    /// The face with index `i`, ready for cropping. Every call returns the same pixels.
    ///
    /// # Errors
    /// Those of [`Face::image`].
    ///
    /// # Panics
    /// If `i` is not below [`Pool::len`].
    pub fn subject(&self, i: usize) -> Result<Arc<Subject>> {
        let face = &self.faces[i];
        let Some(cache) = self.cache.get(i) else { return Ok(Arc::new(Subject::of(face)?)) };
        if let Some(subject) = cache.get() {
            return Ok(subject.clone());
        }
        let subject = Arc::new(Subject::of(face)?);
        Ok(cache.get_or_init(|| subject).clone())
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} faces, {})", self.len(), if self.is_streamed() { "streamed" } else { "in memory" })
    }
}
