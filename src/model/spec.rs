//! The sizes of a generator, and the tensors that follow from them.

use super::{ImageSize, Task};
use crate::{Error, Result};

/// Name, shape and initial scale of a tensor of the weights file.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorSpec {
    /// The name in the weights file.
    pub name: String,
    /// The dimensions.
    pub shape: Vec<usize>,
    /// The factor on the standard deviation of He initialisation; see
    /// [`initialise`](super::initialise).
    pub gain: f32,
}

impl TensorSpec {
    pub(super) fn new(name: String, shape: Vec<usize>) -> Self {
        Self { name, shape, gain: 1.0 }
    }
}

/// The input channels of a generator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inputs {
    /// RGB of the background and RGBA of the warped glasses: seven channels, as in the paper.
    #[default]
    Rgba,
    /// The channels of [`Inputs::Rgba`] and a pose channel: a ramp in the canonical bounding box of
    /// the glasses, warped with them. It shows the pose of the glasses independently of their
    /// appearance.
    RgbaPose,
}

impl Inputs {
    /// The number of input channels.
    pub fn channels(self) -> usize {
        match self {
            Self::Rgba => 7,
            Self::RgbaPose => 8,
        }
    }

    /// The name in the metadata of a weights file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rgba => "rgba",
            Self::RgbaPose => "rgba+pose",
        }
    }

    /// The inputs with this name in a weights file or a configuration; `None` for an unknown name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rgba, Self::RgbaPose].into_iter().find(|inputs| inputs.name() == name)
    }
}

/// The sizes of one generator stage, and its task.
#[derive(Clone, Debug, PartialEq)]
pub struct GeneratorSpec {
    /// The size of the input images; each side is 8 to 1024 pixels.
    pub size: ImageSize,
    /// The output channels of each convolution, 1 to 10 layers.
    pub channels: Vec<usize>,
    /// The width of the hidden linear layer.
    pub hidden: usize,
    /// The input channels.
    pub inputs: Inputs,
    /// What is composited.
    pub task: Task,
}

impl GeneratorSpec {
    /// The generator of the authors' released code for glasses: 144 pixels, 32-64-128-256-512
    /// channels, a hidden layer of 256, seven input channels.
    pub fn paper() -> Self {
        Self {
            size: 144.into(),
            channels: vec![32, 64, 128, 256, 512],
            hidden: 256,
            inputs: Inputs::Rgba,
            task: Task::glasses(),
        }
    }

    /// [`GeneratorSpec::paper`] with a hidden layer of 32.
    pub fn compact() -> Self {
        Self { hidden: 32, ..Self::paper() }
    }

    /// The size after the last convolution; each layer halves both sides, rounded up.
    pub fn final_size(&self) -> ImageSize {
        self.channels.iter().fold(self.size, |size, _| size.halved())
    }

    /// The number of inputs of the first linear layer.
    pub fn features(&self) -> usize {
        let last = self.channels.last().copied().unwrap_or(0);
        (last + self.inputs.channels()) * self.final_size().area()
    }

    /// Checks the sizes.
    ///
    /// # Errors
    /// [`Error::Argument`] if `size`, `channels` or `hidden` is out of range.
    pub fn validate(&self) -> Result<()> {
        if [self.size.height, self.size.width].iter().any(|side| !(8..=1024).contains(side)) {
            return Err(Error::argument("size", self.size, "8 to 1024 pixels"));
        }
        if self.channels.is_empty() || self.channels.len() > 10 || self.channels.contains(&0) {
            let channels = format!("{:?}", self.channels);
            return Err(Error::argument("channels", channels, "1 to 10 layers of at least one channel"));
        }
        if self.hidden == 0 {
            return Err(Error::argument("hidden", self.hidden, "at least 1"));
        }
        Ok(())
    }

    /// The names and shapes of the tensors of stage `stage`, as in the weights file.
    pub fn tensors(&self, stage: usize) -> Vec<TensorSpec> {
        let mut tensors = Vec::new();
        let mut input = self.inputs.channels();
        for (layer, &output) in (1..).zip(&self.channels) {
            let name = format!("stages.{stage}.conv{layer}");
            tensors.push(TensorSpec::new(format!("{name}.weight"), vec![output, input, 4, 4]));
            tensors.push(TensorSpec::new(format!("{name}.bias"), vec![output]));
            input = output + self.inputs.channels();
        }
        for (layer, shape, gain) in
            [("fc1", [self.hidden, self.features()], 1.0), ("fc2", [crate::homography::DIMENSION, self.hidden], 0.1)]
        {
            let name = format!("stages.{stage}.{layer}");
            tensors.push(TensorSpec { name: format!("{name}.weight"), shape: shape.to_vec(), gain });
            tensors.push(TensorSpec::new(format!("{name}.bias"), vec![shape[0]]));
        }
        tensors
    }
}
