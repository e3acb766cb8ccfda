//! Tasks: what a cascade composites, as data of the weights file.

use crate::pose::{EYE_Y, POSE_HALF_HEIGHT, TEMPLE_X};
use crate::{Error, Result};

/// Height and width of images in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageSize {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl ImageSize {
    /// The number of pixels.
    pub fn area(self) -> usize {
        self.height * self.width
    }

    /// The side of a square; `None` if height and width differ.
    pub fn side(self) -> Option<usize> {
        (self.height == self.width).then_some(self.height)
    }

    /// The size after a convolution at stride 2: both sides halved, rounded up.
    pub(crate) fn halved(self) -> Self {
        Self { height: self.height.div_ceil(2), width: self.width.div_ceil(2) }
    }

    /// Parses the text of [`ImageSize`]'s `Display`: a side, or height and width as in `60x80`.
    /// `None` for another text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once('x') {
            Some((height, width)) => Some(Self { height: height.parse().ok()?, width: width.parse().ok()? }),
            None => text.parse::<usize>().ok().map(Self::from),
        }
    }
}

/// A square.
impl From<usize> for ImageSize {
    fn from(side: usize) -> Self {
        Self { height: side, width: side }
    }
}

impl std::fmt::Display for ImageSize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.side() {
            Some(side) => side.fmt(f),
            None => write!(f, "{}x{}", self.height, self.width),
        }
    }
}

/// How the alpha bounding box of a foreground lies in the box of its canonical pose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitting {
    /// It has the width of the canonical box, and any height.
    Width,
    /// It is as large as fits into the canonical box.
    Inside,
}

impl Fitting {
    fn name(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Inside => "inside",
        }
    }
}

/// The pose of a foreground at p = 0: a box in canonical coordinates that its alpha bounding box is
/// centred in. The pose channel is a ramp in this box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CanonicalPose {
    /// Half the width of the box.
    pub half_width: f64,
    /// Half the height of the box.
    pub half_height: f64,
    /// y of the centre of the box, whose x is 0.
    pub centre_y: f64,
    /// How the foreground fills the box.
    pub fitting: Fitting,
}

/// What a cascade composites. A further task is one more value of this type and a source of
/// examples.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The name in weights files: `glasses`, `room`, or that of another task.
    pub name: String,
    /// The canonical pose of the foreground.
    pub pose: CanonicalPose,
}

impl Task {
    /// Glasses on a face: as wide as the temples, on the eye line.
    pub fn glasses() -> Self {
        let pose = CanonicalPose {
            half_width: TEMPLE_X,
            half_height: POSE_HALF_HEIGHT,
            centre_y: EYE_Y,
            fitting: Fitting::Width,
        };
        Self { name: "glasses".into(), pose }
    }

    /// Furniture in a room: in the middle, about half as large as the view.
    pub fn room() -> Self {
        let pose = CanonicalPose { half_width: 0.5, half_height: 0.5, centre_y: 0.0, fitting: Fitting::Inside };
        Self { name: "room".into(), pose }
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
                Ok(Self { name: name.into(), pose: CanonicalPose { half_width, half_height, centre_y, fitting } })
            }
            _ => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_survive_their_text() {
        for size in [ImageSize::from(72), ImageSize { height: 60, width: 80 }] {
            assert_eq!(ImageSize::parse(&size.to_string()), Some(size));
        }
        assert_eq!(ImageSize::from(72).to_string(), "72");
        for text in ["", "x", "60x", "60×80", "-3", "1x2x3"] {
            assert_eq!(ImageSize::parse(text), None, "{text}");
        }
    }

    #[test]
    fn tasks_survive_their_text() {
        let hat = Task { name: "hat".into(), pose: CanonicalPose { centre_y: -0.75, ..Task::room().pose } };
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
