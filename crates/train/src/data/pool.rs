//! Faces of one kind, and how to get at their pixels.

use super::augment::Subject;
use super::landmarks::Landmarks;
use super::synthetic;
use crate::{Error, Result};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use stgan::internals::pose::{EYE_Y, TEMPLE_X};
use stgan::{Bitmap, Homography, Placement};

/// CelebA's aligned images, and the square of them that the networks look at (ST-GAN's crop): width, height, the square's
/// centre and half its side, in pixels.
pub(super) const CELEBA_SIZE: (f64, f64) = (178.0, 218.0);
const CROP_CENTRE: [f64; 2] = [89.0, 124.0];
const CROP_HALF_SIDE: f64 = 72.0;

/// How far an image's shape may be from CelebA's for its crop to be meant: 256×313 is, 218×218 is not.
const ASPECT_TOLERANCE: f64 = 0.02;

/// The frame's canonical place on an image framed as CelebA's are; none where its shape says that it is not.
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
/// The order is part of the meaning of a drawn face's address.
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

    /// Whether it is learned from, rather than measured on.
    pub(super) fn is_learned(self) -> bool {
        matches!(self, Self::WithoutGlasses | Self::WithGlasses)
    }
}

/// A face: what is known of it, and where its pixels come from.
#[derive(Clone, Debug)]
pub struct Face {
    /// Its name in the data set.
    pub id: String,
    /// Faces with the same value are one person. Where the data does not say, the id.
    pub person: String,
    /// The points that a frame's anchors should meet, in the image's pixels. None where the data has no landmarks.
    pub target: Option<Landmarks>,
    /// The frame's canonical place on the image, around which examples are cut.
    pub placement: Placement,
    /// Degrees, positive where the face turns to the image's right; none where the data does not say.
    pub yaw: Option<f64>,
    /// Width and height of the image.
    pub size: (u32, u32),
    pub(super) origin: PixelSource,
    /// The photo that the image was cut from, where the data has it.
    pub full_photo: Option<FullPhoto>,
}

/// The whole photo that an aligned image was cut from. It is not looked at before it is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct FullPhoto {
    /// Relative to the data's folder.
    pub(super) file: String,
    /// From pixels of the aligned image to pixels of the photo.
    pub from_aligned: Homography,
}

/// Where a face's pixels come from.
#[derive(Clone, Debug)]
pub(super) enum PixelSource {
    File(Arc<Path>, String),
    Synthetic(synthetic::FaceAddress),
}

impl Face {
    /// The image, read and decoded or drawn: the same pixels each time.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Data`] for a file that has changed since it was checked.
    pub fn image(&self) -> Result<Bitmap> {
        match &self.origin {
            PixelSource::File(folder, name) => read_image(&folder.join(name)),
            PixelSource::Synthetic(address) => address.draw(),
        }
    }

    /// The whole photo, and the face's points in its pixels; none where the data has no photo or no landmarks.
    ///
    /// # Errors
    /// [`Error::Io`] and [`Error::Data`] for a photo that cannot be read.
    pub fn photo(&self) -> Result<Option<(Bitmap, Landmarks)>> {
        match (&self.origin, &self.full_photo, &self.target) {
            (PixelSource::File(folder, _), Some(photo), Some(target)) => {
                let target = super::landmarks::apply(&photo.from_aligned, target);
                Ok(Some((read_image(&folder.join(&photo.file))?, target)))
            }
            _ => Ok(None),
        }
    }

    /// Where a frame in canonical pose lies in ST-GAN's crop of the image, whatever the face; none where the image's shape
    /// says that it is not framed as CelebA's.
    pub fn celeba_crop(&self) -> Option<Placement> {
        aligned_placement(self.size.0, self.size.1)
    }

    /// How far the head is turned: |ln| of the ratio between the distances from the middle of the pupils to the temples,
    /// 0 for a frontal face, at most 2. None without landmarks.
    pub fn turn(&self) -> Option<f64> {
        let [right, left, right_temple, left_temple, ..] = self.target?;
        let middle = [0.5 * (right[0] + left[0]), 0.5 * (right[1] + left[1])];
        let ratio = super::landmarks::distance(middle, left_temple) / super::landmarks::distance(middle, right_temple);
        Some(ratio.ln().abs().min(2.0))
    }

    /// How large the face is in its picture: ln of the share of the width that a frame would take. None without landmarks.
    pub fn extent(&self) -> Option<f64> {
        let placed = super::landmarks::placement(self.target.as_ref()?);
        Some((placed.width / f64::from(self.size.0)).ln())
    }
}

/// Reads and decodes a file.
pub(super) fn read_image(path: &Path) -> Result<Bitmap> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    if bytes.is_empty() {
        return Err(Error::data(path, "the file is empty"));
    }
    let image = stgan_decoder::decode(&bytes).map_err(|source| Error::unreadable(path, "it is no image", source))?;
    Ok(Bitmap::new(image.width, image.height, image.pixels)?)
}

/// Faces of one kind, in memory or streamed. Shared between threads freely.
pub struct Pool {
    faces: Vec<Face>,
    /// One for each face where they stay in memory, none where they are streamed.
    kept: Vec<OnceLock<Arc<Subject>>>,
}

impl Pool {
    /// Keeps subjects in memory where there are fewer faces than `keep_below`.
    pub fn new(faces: Vec<Face>, keep_below: usize) -> Self {
        let kept = if faces.len() < keep_below { faces.len() } else { 0 };
        Self { kept: (0..kept).map(|_| OnceLock::new()).collect(), faces }
    }

    /// The number of faces.
    pub fn len(&self) -> usize {
        self.faces.len()
    }

    /// Whether there is no face.
    pub fn is_empty(&self) -> bool {
        self.faces.is_empty()
    }

    /// The number of faces.
    pub fn faces(&self) -> &[Face] {
        &self.faces
    }

    /// Whether subjects are decoded or drawn anew each time.
    pub fn is_streamed(&self) -> bool {
        self.kept.is_empty()
    }

    /// The face of index `i`, ready for cropping. The same pixels each time.
    ///
    /// # Errors
    /// As [`Face::image`].
    ///
    /// # Panics
    /// Where there is no such face.
    pub fn subject(&self, i: usize) -> Result<Arc<Subject>> {
        let face = &self.faces[i];
        let Some(kept) = self.kept.get(i) else { return Ok(Arc::new(Subject::of(face)?)) };
        if let Some(subject) = kept.get() {
            return Ok(subject.clone());
        }
        let subject = Arc::new(Subject::of(face)?);
        Ok(kept.get_or_init(|| subject).clone())
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pool({} faces, {})", self.len(), if self.is_streamed() { "streamed" } else { "kept" })
    }
}
