//! Where frames are put before a fit.

use crate::data::Face;
use crate::data::augment::{Perturbation, perturb};
use crate::data::landmarks::{self, Landmarks};
use crate::{Error, Result};
use rand::Rng;
use rand_distr::StandardNormal;
use serde::Serialize;
use stgan::internals::homography::DIMENSION;
use stgan::{Homography, Placement};

/// How far from where it belongs a frame is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Spread {
    /// As people drop frames: [`Perturbation::DROPPED`] around the placement that is best in the sense of least squares.
    Dropped,
    /// The same with all deviations doubled.
    Twice,
    /// The paper's (section 4), which knows nothing of where the face is: CelebA's crop of an aligned image, perturbed, and a frame
    /// whose eight parameters start at 0.1·N(0, 1) each. The crop is perturbed by a similarity exp(A(q)) on the side of the view, with
    /// q1, q5 (translation, canonical units) and q2 = −q6 (rotation, radians) 0.1·N(0, 1), and q3 = −q7/2 (scale, whose
    /// logarithm is three times that) 0.07·N(0, 1).
    Paper,
}

/// Where one fit starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Where the glasses are placed.
    pub placement: Placement,
    /// The frame's warp, 0 but for [`Spread::Paper`].
    pub params: [f64; DIMENSION],
}

/// The paper's deviation.
const PAPER: f64 = 0.1;

impl Spread {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Dropped, Self::Twice, Self::Paper];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dropped => "dropped",
            Self::Twice => "twice",
            Self::Paper => "paper",
        }
    }

    /// The random numbers that it stands for, in words.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Dropped => "placed off by N(0, 0.15 eye distances) a side, log-scale N(0, 0.1), rotation N(0, 6°)",
            Self::Twice => "placed off by N(0, 0.3 eye distances) a side, log-scale N(0, 0.2), rotation N(0, 12°)",
            Self::Paper => {
                "crop and the frame's eight parameters off by 0.1·N(0, 1) (log-scale of the crop 0.21·N(0, 1))"
            }
        }
    }

    /// Whether the face's image is one that fits can start on.
    pub fn fits(self, face: &Face) -> bool {
        self != Self::Paper || face.celeba_crop().is_some()
    }

    /// A random start on the face's image, whose landmarks are `target`.
    ///
    /// # Errors
    /// [`Error::Argument`] for [`Spread::Paper`] on an image that is not framed as CelebA's.
    pub fn draw(self, face: &Face, target: &Landmarks, rng: &mut impl Rng) -> Result<Start> {
        let eyes = landmarks::distance(target[0], target[1]);
        let dropped = |by: &Perturbation, rng: &mut _| Start {
            placement: perturb(&landmarks::placement(target), eyes, by, rng),
            params: [0.0; DIMENSION],
        };
        match self {
            Self::Dropped => Ok(dropped(&Perturbation::DROPPED, rng)),
            Self::Twice => {
                let Perturbation { translation, scale, rotation, .. } = Perturbation::DROPPED;
                let (translation, scale, rotation) = (2.0 * translation, 2.0 * scale, 2.0 * rotation);
                Ok(dropped(&Perturbation { translation, scale, rotation, ..Perturbation::DROPPED }, rng))
            }
            Self::Paper => {
                let crop = face.celeba_crop().ok_or_else(|| Error::Argument {
                    name: "spread",
                    value: format!("paper, on {} of {}×{} pixels", face.id, face.size.0, face.size.1),
                    expected: "images framed as CelebA's (178×218, or that shape)".into(),
                })?;
                let mut normal = || rng.sample::<f64, _>(StandardNormal);
                let (x, turn, scale, y) =
                    (PAPER * normal(), PAPER * normal(), 0.7 * PAPER * normal(), PAPER * normal());
                let params = std::array::from_fn(|_| PAPER * normal());
                let moved = Homography::exp(&[x, turn, scale, 0.0, y, -turn, -2.0 * scale, 0.0]);
                Ok(Start { placement: placement_of(&(crop.to_photo()? * moved).normalized()?), params })
            }
        }
    }
}

/// The placement whose [`Placement::to_photo`] a similarity is.
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
    fn a_placement_is_found_again_in_its_similarity() {
        let placement = Placement { x: 31.0, y: -4.0, width: 77.0, rotation: -21.0 };
        let found = placement_of(&placement.to_photo().unwrap());
        for (a, b) in [(found.x, 31.0), (found.y, -4.0), (found.width, 77.0), (found.rotation, -21.0)] {
            assert!((a - b).abs() < 1e-9, "{found:?}");
        }
    }
}
