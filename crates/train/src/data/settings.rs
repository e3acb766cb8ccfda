//! What is read, and how: the `[data]` table of a configuration.

use crate::{Error, Result};
use serde::{Deserialize, Serialize};

/// How a data set is opened. Every key may be left out; unknown ones are errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DataSettings {
    /// What kind of data it is.
    pub source: Source,
    /// The splits that are learned from. CelebA's are "train", "val" and "test".
    pub splits: Vec<String>,
    /// The split that progress is measured on. Empty: none.
    pub validation: String,
    /// Splits whose wearers of glasses are shown to the critic besides those of `splits`.
    pub with_glasses_splits: Vec<String>,
    /// Faces turned further than this, in degrees of yaw, are not learned from; validation keeps them. A face whose yaw
    /// the data does not say is kept.
    pub max_yaw: f64,
    /// Whether landmarks are read where there are any. Without them there are no anchors to learn from or to measure.
    pub landmarks: bool,
    /// Where examples are cut.
    pub crop: Crop,
    /// What happens to images and rows that cannot be used.
    pub broken: Broken,
    /// Pools of fewer faces than this stay in memory, decoded, once they have been used: 21 bytes a pixel. Larger ones are
    /// decoded or drawn anew each time.
    pub keep_in_memory_below: usize,
    /// How many faces are drawn, if they are drawn.
    pub synthetic: SyntheticSettings,
}

/// What kind of data a folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// What is found in the folder; synthetic faces without one.
    Auto,
    /// Faces drawn on demand.
    Synthetic,
    /// `labels.csv` and images. A row is one face:
    ///
    /// | column | |
    /// |---|---|
    /// | `id` | unique name of the face; may be left out where there is `image` |
    /// | `split` | as "train", "val"; any name |
    /// | `glasses` | 0 or 1, also no or yes, false or true |
    /// | `person` | rows with the same value are one person, who may be in one split only |
    /// | `image` | optional: the file, relative to the folder; `aligned/ID.jpg` where the column or the value is missing |
    /// | `yaw` | optional: degrees, positive where the face turns to the image's right |
    /// | `r_iris_x`, `r_iris_y`, `l_iris_…`, `r_temple_…`, `l_temple_…` | optional, all eight or none: pixels; `r` is the subject's right, the image's left |
    /// | `photo`, `photo_r_eye_x`, …, `r_eye_x`, … | optional: the whole photo, and the eyes' centres on it and on the image, from which follows how they lie to each other |
    ///
    /// Other columns are not read. Where there are no landmarks, images must be aligned and framed as CelebA's are
    /// (178×218 pixels, or that shape in another size).
    Table,
    /// The aligned images as they are distributed, 178×218 pixels: `img_align_celeba/` (or that folder within itself),
    /// `list_attr_celeba`, `list_eval_partition`, and where they are wanted `list_landmarks_align_celeba` and
    /// `identity_CelebA`; the lists as `.txt` or as the `.csv` that some mirrors make of them.
    ///
    /// The landmarks have eyes but no temples: those are put where an average frame's are (see
    /// [`landmarks::from_pupils`](super::landmarks::from_pupils)).
    Celeba,
}

impl Source {
    /// As it is written in a configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Synthetic => "synthetic",
            Self::Table => "table",
            Self::Celeba => "celeba",
        }
    }
}

/// Where on an image the frame's canonical place is, around which examples are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Crop {
    /// Where landmarks put it, as nearly as a similarity can; CelebA's crop where there are none.
    Landmarks,
    /// CelebA's crop on every image, as the paper does: landmarks then say nothing about where to look.
    Aligned,
}

/// What is done about images that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Broken {
    /// Left out, named in [`Dataset::problems`](super::Dataset::problems).
    Skip,
    /// The first ends it.
    Refuse,
}

/// How many synthetic faces there are. Face i of a pool is the same whatever the counts are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyntheticSettings {
    /// What is drawn follows from it.
    pub seed: u64,
    /// Faces without glasses.
    pub without_glasses: usize,
    /// Faces with glasses.
    pub with_glasses: usize,
    /// Of each kind.
    pub validation: usize,
    /// Pixels across an image, 178 in CelebA.
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
            crop: Crop::Landmarks,
            broken: Broken::Skip,
            keep_in_memory_below: 2000,
            synthetic: SyntheticSettings::default(),
        }
    }
}

impl DataSettings {
    /// Whether the values make sense.
    ///
    /// # Errors
    /// [`Error::Argument`] that names the key, as `data.splits`.
    pub fn validate(&self) -> Result<()> {
        let learned = || self.splits.iter().chain(&self.with_glasses_splits);
        let s = &self.synthetic;
        let rules = [
            ("data.splits", format!("{:?}", self.splits), !self.splits.is_empty(), "at least one split"),
            ("data.splits", format!("{:?}", self.splits), learned().all(|n| !n.is_empty()), "names that are not empty"),
            (
                "data.validation_without_glasses",
                self.validation.clone(),
                !learned().any(|n| *n == self.validation),
                "another split than those learned from",
            ),
            ("data.max_yaw", self.max_yaw.to_string(), self.max_yaw > 0.0, "above 0"),
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
