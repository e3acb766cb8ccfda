//! Distributions of initial placements.

use crate::data::Face;
use crate::data::augment::{Perturbation, perturb};
use crate::data::landmarks::{self, Landmarks};
use crate::{Error, Result};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::Serialize;
use stgan::internals::homography::DIMENSION;
use stgan::{Homography, Placement};

/// A distribution of initial placements of glasses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// Drag and drop by a user: [`Perturbation::DROPPED`] around the least-squares placement.
    Dropped,
    /// [`Spread::Dropped`] with doubled standard deviations.
    Double,
    /// The protocol of the ST-GAN paper (section 4), which does not use the position of the face.
    ///
    /// The crop is CelebA's crop of an aligned image, perturbed by a similarity exp(A(q)) in the
    /// coordinates of the view: q1 and q5 (translation, canonical units) and q2 = −q6 (rotation,
    /// radians) are 0.1·N(0, 1); q3 = −q7/2 (a third of the log scale) is 0.07·N(0, 1). Each of the
    /// eight warp parameters of the glasses starts at 0.1·N(0, 1).
    Paper,
}

/// The start of a fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitStart {
    /// The initial placement of the glasses.
    pub placement: Placement,
    /// The initial warp parameters. They are 0 except for [`Spread::Paper`].
    pub params: [f64; DIMENSION],
}

/// The standard deviation of the paper's initial perturbation.
const PAPER_DEVIATION: f64 = 0.1;

impl Spread {
    /// All distributions, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Dropped, Self::Double, Self::Paper];

    /// The name in JSON, tables and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Double => "double",
            Self::Paper => "paper",
        }
    }

    /// A description of the random perturbation.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Dropped => {
                "x and y off by N(0, 0.15 inter-pupil distances), log scale by N(0, 0.1), rotation by N(0, 6°)"
            }
            Self::Double => {
                "x and y off by N(0, 0.3 inter-pupil distances), log scale by N(0, 0.2), rotation by N(0, 12°)"
            }
            Self::Paper => {
                "crop and warp parameters off by 0.1·N(0, 1), log scale of the crop by 0.21·N(0, 1) (ST-GAN, section 4)"
            }
        }
    }

    /// Whether the image of the face supports this distribution.
    pub fn supports(self, face: &Face) -> bool {
        self != Self::Paper || face.celeba_crop().is_some()
    }

    /// Draws a random start on the image of a face with the landmarks `target`.
    ///
    /// # Errors
    /// [`Error::Argument`] for [`Spread::Paper`] if the image does not have the framing of CelebA.
    pub fn draw(self, face: &Face, target: &Landmarks, rng: &mut impl Rng) -> Result<FitStart> {
        let eyes = landmarks::distance(target[0], target[1]);
        let dropped = |by: &Perturbation, rng: &mut _| FitStart {
            placement: perturb(&landmarks::placement(target), eyes, by, rng),
            params: [0.0; DIMENSION],
        };
        match self {
            Self::Dropped => Ok(dropped(&Perturbation::DROPPED, rng)),
            Self::Double => {
                let Perturbation { translation, scale, rotation, .. } = Perturbation::DROPPED;
                let (translation, scale, rotation) = (2.0 * translation, 2.0 * scale, 2.0 * rotation);
                Ok(dropped(&Perturbation { translation, scale, rotation, ..Perturbation::DROPPED }, rng))
            }
            Self::Paper => {
                let crop = face.celeba_crop().ok_or_else(|| Error::Argument {
                    name: "spread",
                    value: format!("paper, on {} of {}×{} pixels", face.id, face.size.0, face.size.1),
                    expected: "an image with the framing of CelebA (178×218 pixels, or that aspect ratio)".into(),
                })?;
                let mut normal = || rng.sample::<f64, _>(StandardNormal);
                let (x, turn, scale, y) = (
                    PAPER_DEVIATION * normal(),
                    PAPER_DEVIATION * normal(),
                    0.7 * PAPER_DEVIATION * normal(),
                    PAPER_DEVIATION * normal(),
                );
                let params = std::array::from_fn(|_| PAPER_DEVIATION * normal());
                let moved = Homography::exp(&[x, turn, scale, 0.0, y, -turn, -2.0 * scale, 0.0]);
                Ok(FitStart { placement: placement_of(&(crop.to_photo()? * moved).normalized()?), params })
            }
        }
    }
}

/// The placement whose [`Placement::to_photo`] is the similarity `to_photo`.
fn placement_of(to_photo: &Homography) -> Placement {
    let ends = [landmarks::GLASSES[2], landmarks::GLASSES[3]].map(|temple| to_photo.apply(temple));
    let along = [ends[1][0] - ends[0][0], ends[1][1] - ends[0][1]];
    Placement {
        x: 0.5 * (ends[0][0] + ends[1][0]),
        y: 0.5 * (ends[0][1] + ends[1][1]),
        width: along[0].hypot(along[1]),
        rotation: along[1].atan2(along[0]).to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placement_is_recovered_from_its_similarity() {
        let placement = Placement { x: 31.0, y: -4.0, width: 77.0, rotation: -21.0 };
        let found = placement_of(&placement.to_photo().unwrap());
        for (a, b) in [(found.x, 31.0), (found.y, -4.0), (found.width, 77.0), (found.rotation, -21.0)] {
            assert!((a - b).abs() < 1e-9, "{found:?}");
        }
    }
}
