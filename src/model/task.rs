//! Tasks: what a cascade composites, as data of the weights file.

use crate::homography::DIMENSION;
use crate::pose::{CanonicalPose, EYE_Y, Fitting, GLASSES_POSE, PUPIL_X, TEMPLE_X, inner_points};
use crate::{Error, Homography, Result};

/// The steps of a fit beside the networks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// The view is normalised in exposure by the pixels in the canonical box.
    pub exposure: bool,
    /// Each update is corrected to the nearest pose that stiff glasses can have before a camera.
    pub stiff: bool,
    /// After each update the view is cut out anew around the result, so that the networks always
    /// see the foreground in the middle of its surroundings.
    pub recentred: bool,
}

/// A logistic regression of "the fit is right" on the logarithm of the last displacement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    /// The displacement at which the confidence is 0.5.
    pub midpoint: f64,
    /// The slope of the regression.
    pub slope: f64,
}

/// What a cascade composites. A further task is one more value of this type and a source of
/// examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The name in weights files: `glasses`, `room`, or that of another task.
    pub name: String,
    /// The canonical pose of the foreground.
    pub pose: CanonicalPose,
    /// The points of the foreground, in canonical coordinates, whose movement is measured.
    pub points: Vec<[f64; 2]>,
    /// The unit of length of that measure, in canonical units.
    pub unit: f64,
    /// The steps of a fit.
    pub steps: Steps,
    /// How the confidence of a fit follows from its last displacement, if that is known.
    pub calibration: Option<Calibration>,
}

impl Task {
    /// A task with this name and pose. Movement is measured at eight points in the canonical box,
    /// in widths of the box. No step of a fit and no confidence are set.
    pub fn new(name: impl Into<String>, pose: CanonicalPose) -> Self {
        let CanonicalPose { half_width, half_height, centre_y, .. } = pose;
        let edges = [-half_width, centre_y - half_height, half_width, centre_y + half_height];
        Self {
            name: name.into(),
            pose,
            points: inner_points(edges).to_vec(),
            unit: 2.0 * half_width,
            steps: Steps::default(),
            calibration: None,
        }
    }

    /// Glasses on a face: as wide as the temples, on the eye line. Movement is measured at pupils
    /// and temples, in lens distances.
    pub fn glasses() -> Self {
        Self {
            points: [-PUPIL_X, PUPIL_X, -TEMPLE_X, TEMPLE_X].map(|x| [x, EYE_Y]).to_vec(),
            unit: 2.0 * PUPIL_X,
            steps: Steps { exposure: true, stiff: true, recentred: false },
            // From the fits in the table of situations that `stgan evaluate --split train` prints:
            // "landmark error ≤ 0.15", with equal total weight for both classes.
            calibration: Some(Calibration { midpoint: 0.0331, slope: 2.77 }),
            ..Self::new("glasses", GLASSES_POSE)
        }
    }

    /// Furniture in a room: in the middle, about half as large as the view.
    pub fn room() -> Self {
        let pose = CanonicalPose { half_width: 0.5, half_height: 0.5, centre_y: 0.0, fitting: Fitting::Inside };
        // A piece can be dropped far from its place.
        Self { steps: Steps { recentred: true, ..Steps::default() }, ..Self::new("room", pose) }
    }

    /// The mean distance by which [`Task::points`] move under exp(−p) from `before` to `after`, in
    /// units of the task.
    pub(crate) fn displacement(&self, before: &[f64; DIMENSION], after: &[f64; DIMENSION]) -> f64 {
        let [a, b] = [before, after].map(|params| Homography::exp(&params.map(|x| -x)));
        let moved = |point: &[f64; 2]| {
            let ([ax, ay], [bx, by]) = (a.apply(*point), b.apply(*point));
            (ax - bx).hypot(ay - by)
        };
        self.points.iter().map(moved).sum::<f64>() / self.points.len() as f64 / self.unit
    }

    /// The confidence, 0 to 1, after a last update of this displacement; 0 if it is not finite, and
    /// `None` without a calibration.
    pub(crate) fn confidence(&self, displacement: f64) -> Option<f64> {
        let Calibration { midpoint, slope } = self.calibration?;
        Some(if displacement.is_finite() { 1.0 / (1.0 + (displacement / midpoint).powf(slope)) } else { 0.0 })
    }

    /// The task of this project with a name; `None` for another name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::glasses(), Self::room()].into_iter().find(|task| task.name == name)
    }

    /// The pose as text: `width 0.613 0.306 -0.191`.
    pub(super) fn pose_text(&self) -> String {
        let CanonicalPose { half_width, half_height, centre_y, fitting } = self.pose;
        format!("{} {half_width} {half_height} {centre_y}", fitting.name())
    }

    /// The task with a name and a pose as text. Without a pose it is one of this project's tasks,
    /// without a name that of glasses.
    ///
    /// # Errors
    /// [`Error::WeightsMetadata`] for an unknown name without a pose, and for an invalid pose.
    pub(super) fn parse(name: Option<&str>, pose: Option<&str>) -> Result<Self> {
        let name = name.unwrap_or("glasses");
        let error = |key: &str, value: &str, expected: &str| Error::WeightsMetadata {
            key: key.into(),
            value: value.into(),
            expected: expected.into(),
        };
        let Some(text) = pose else {
            let expected = "expected \"glasses\" or \"room\"; another task needs the key `pose`";
            return Self::from_name(name).ok_or_else(|| error("task", name, expected));
        };
        let invalid = || error("pose", text, "expected \"width\" or \"inside\", half width, half height, centre y");
        let words: Vec<&str> = text.split(' ').collect();
        let &[fitting, half_width, half_height, centre_y] = words.as_slice() else { return Err(invalid()) };
        let fitting = [Fitting::Width, Fitting::Inside].into_iter().find(|f| f.name() == fitting);
        let number = |text: &str| text.parse::<f64>().ok().filter(|x| x.is_finite() && x.abs() <= 10.0);
        let positive = |text: &str| number(text).filter(|x| *x > 0.0);
        match (fitting, positive(half_width), positive(half_height), number(centre_y)) {
            (Some(fitting), Some(half_width), Some(half_height), Some(centre_y)) => {
                let pose = CanonicalPose { half_width, half_height, centre_y, fitting };
                // The steps of a task of this project depend on its name only.
                Ok(Self::from_name(name).filter(|task| task.pose == pose).unwrap_or_else(|| Self::new(name, pose)))
            }
            _ => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidence_falls_as_the_last_displacement_grows() {
        let task = Task::glasses();
        let confidence = |displacement| task.confidence(displacement).unwrap();
        assert_eq!(confidence(0.0), 1.0);
        assert_eq!(confidence(0.0331), 0.5);
        assert!(confidence(0.004) > 0.95 && confidence(0.2) < 0.05);
        assert_eq!([f64::NAN, f64::INFINITY].map(confidence), [0.0; 2]);
        assert_eq!(Task::room().confidence(0.0), None);
    }

    #[test]
    fn displacement_is_measured_in_units_of_the_task() {
        let zero = [0.0; DIMENSION];
        for task in [Task::glasses(), Task::room()] {
            assert_eq!(task.displacement(&zero, &zero), 0.0);
            // p1 is a translation along x, in canonical units.
            let shifted = std::array::from_fn(|i| if i == 0 { task.unit } else { 0.0 });
            assert!((task.displacement(&zero, &shifted) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn tasks_survive_their_text() {
        let hat = Task::new("hat", CanonicalPose { centre_y: -0.75, ..Task::room().pose });
        for task in [Task::glasses(), Task::room(), hat.clone()] {
            assert_eq!(Task::parse(Some(&task.name), Some(&task.pose_text())).unwrap(), task);
        }
        assert_eq!(Task::parse(None, None).unwrap(), Task::glasses());
        assert_eq!(Task::parse(Some("room"), None).unwrap(), Task::room());
        assert!(Task::parse(Some("hat"), None).is_err());
        for pose in ["", "width", "width 1 1", "width 1 0 0", "width 1 nan 0", "tilted 1 1 0", "width 1 1 0 0"] {
            assert_eq!(Task::parse(Some("hat"), Some(pose)).unwrap_err().code(), "weights", "{pose}");
        }
    }
}
