//! The `[data]` table of a configuration.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// `[data]`: how a data set is opened. All keys are optional.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSettings {
    /// The kind of data. Default: `"auto"`.
    pub source: Source,
    /// The splits for training. CelebA has "train", "val" and "test". Default: `["train"]`.
    pub splits: Vec<String>,
    /// The split for validation; empty for no validation. Default: `"val"`.
    pub validation: String,
    /// Further splits whose people with glasses are used for training. Default: none.
    pub with_glasses_splits: Vec<String>,
    /// The maximum absolute yaw, in degrees, of faces for training. Faces for validation and faces
    /// without a known yaw are not limited. Default: 180.
    pub max_yaw: f64,
    /// Whether landmarks are read, if there are any. Default: `true`.
    pub landmarks: bool,
    /// The landmarks that training aims at. Default: `"visible"`.
    pub target: Target,
    /// The centre of random crops. Default: `"landmarks"`.
    pub crop: Crop,
    /// How unusable images and rows are handled. Default: `"skip"`.
    pub broken: Broken,
    /// Pools with fewer faces than this stay in memory once they are decoded, at 21 bytes per
    /// pixel. Larger pools are decoded or drawn anew on each access. Default: 2000.
    pub keep_in_memory_below: usize,
    /// The number of synthetic faces, if no folder is given.
    pub synthetic: SyntheticSettings,
}

/// The kind of data in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// Recognised by the content of the folder. Synthetic faces if no folder is given.
    Auto,
    /// Faces that are drawn on demand.
    Synthetic,
    /// `labels.csv` and images. A row is one face:
    ///
    /// | column | content |
    /// |---|---|
    /// | `id` | unique name of the face; optional if there is an `image` column |
    /// | `split` | "train", "val" or any other name |
    /// | `glasses` | 0 or 1; also no or yes, false or true |
    /// | `person` | the identity; all rows of one identity must be in the same split |
    /// | `image` | optional: the file, relative to the folder; default `aligned/ID.jpg` |
    /// | `yaw` | optional: degrees, positive if the face turns to the right of the image |
    /// | `covered` | optional: 1 if dark glasses, hair or a hand cover the eyes, else 0 |
    /// | `r_iris_x`, `r_iris_y`, `l_iris_…`, `r_temple_…`, `l_temple_…` | optional, all eight or none: landmarks in pixels; `r` is the subject's right, which is on the left of the image |
    /// | `photo`, `photo_r_eye_x`, …, `r_eye_x`, … | optional: the full photo, and the centres of the eyes on it and on the image, which define the mapping between the two |
    ///
    /// An optional `plane.csv` beside it has the columns `id`, `h11` … `h33` and `temples`: the
    /// homography from the plane of stiff glasses to pixels of the image, and the width of the head
    /// (see [`landmarks::from_plane`](super::landmarks::from_plane)). Its optional column `pitch`
    /// is in degrees, positive if the face looks down.
    ///
    /// Other columns are ignored. Without landmarks, images must be aligned and framed as CelebA's
    /// are (178×218 pixels, or the same aspect ratio).
    Table,
    /// CelebA in its original layout, with aligned images of 178×218 pixels: `img_align_celeba/`
    /// (also nested in a folder of the same name), `list_attr_celeba`, `list_eval_partition`, and
    /// optionally `list_landmarks_align_celeba` and `identity_CelebA`. The lists are `.txt`, or
    /// `.csv` as on some mirrors.
    ///
    /// The landmarks have eyes but no temples. Temples are placed as on an average face (see
    /// [`landmarks::from_pupils`](super::landmarks::from_pupils)).
    Celeba,
}

impl Source {
    /// The name in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Synthetic => "synthetic",
            Self::Table => "table",
            Self::Celeba => "celeba",
        }
    }
}

/// The landmarks of a face that training aims at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// The pupils and temples as seen. On turned heads no stiff glasses meet them.
    Visible,
    /// The points of a stiff front of glasses in the pose of the head, as wide as the head. A table
    /// needs `plane.csv`; drawn faces know their planes; CelebA has none.
    Front,
}

/// The source of the canonical placement of glasses on an image, the centre of random crops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// The best similarity to the landmarks; CelebA's crop for a face without landmarks.
    Landmarks,
    /// CelebA's crop on every image, as in ST-GAN. Landmarks do not influence the crop.
    Aligned,
}

/// How images that cannot be read are handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Broken {
    /// They are left out and listed in [`Dataset::problems`](super::Dataset::problems).
    Skip,
    /// The first one is an error.
    Refuse,
}

/// `[data.synthetic]`: the number of synthetic faces. Face i of a pool does not depend on the
/// counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyntheticSettings {
    /// The seed of the faces. Default: 1.
    pub seed: u64,
    /// Faces without glasses for training. Default: 20 000.
    pub without_glasses: usize,
    /// Faces with glasses for training. Default: 20 000.
    pub with_glasses: usize,
    /// Faces of each kind for validation. Default: 512.
    pub validation: usize,
    /// The width of an image in pixels. Default: 178, as in CelebA.
    pub width: u32,
}

impl Default for SyntheticSettings {
    fn default() -> Self {
        Self { seed: 1, without_glasses: 20_000, with_glasses: 20_000, validation: 512, width: 178 }
    }
}

impl Default for DataSettings {
    fn default() -> Self {
        Self {
            source: Source::Auto,
            splits: vec!["train".into()],
            validation: "val".into(),
            with_glasses_splits: Vec::new(),
            max_yaw: 180.0,
            landmarks: true,
            target: Target::Visible,
            crop: Crop::Landmarks,
            broken: Broken::Skip,
            keep_in_memory_below: 2000,
            synthetic: SyntheticSettings::default(),
        }
    }
}

impl DataSettings {
    /// Checks the values.
    ///
    /// # Errors
    /// [`Error::Argument`] that names the first invalid key, such as `data.splits`.
    pub fn validate(&self) -> Result<()> {
        let learned = || self.splits.iter().chain(&self.with_glasses_splits);
        let s = &self.synthetic;
        let rules = [
            ("data.splits", format!("{:?}", self.splits), !self.splits.is_empty(), "at least one split"),
            (
                "data.splits",
                format!("{:?}", self.splits),
                learned().all(|n| !n.is_empty()),
                "names that are not empty, in data.splits and data.with_glasses_splits",
            ),
            (
                "data.validation",
                self.validation.clone(),
                !learned().any(|n| *n == self.validation),
                "a split that is not used for training",
            ),
            ("data.max_yaw", self.max_yaw.to_string(), self.max_yaw > 0.0, "a number above 0"),
            (
                "data.synthetic",
                format!("{s:?}"),
                s.without_glasses > 0 && s.without_glasses.max(s.with_glasses).max(s.validation) <= 1 << 32,
                "1 to 2³² faces",
            ),
            ("data.synthetic.width", s.width.to_string(), (32..=2048).contains(&s.width), "32 to 2048 pixels"),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((name, value, _, expected)) => Err(Error::Argument { name, value, expected: expected.into() }),
            None => Ok(()),
        }
    }
}
