//! The sizes of a generator, and the tensors that follow from them.

use crate::{Error, Result};

/// A tensor of the weights file: its name, its shape and how large it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct TensorSpec {
    /// Its name in the weights file.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// Factor on the He deviation.
    pub gain: f32,
}

impl TensorSpec {
    pub(super) fn new(name: String, shape: Vec<usize>) -> Self {
        Self { name, shape, gain: 1.0 }
    }
}

/// What a generator looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Inputs {
    /// Background RGB and warped frame RGBA: seven channels, as in the paper.
    #[default]
    Rgba,
    /// An eighth channel, the frame's canonical box warped along with it, that shows where the frame stands whatever it looks like.
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

    /// The inputs of that name in a weights file or a configuration, if there are such.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Rgba, Self::RgbaPose].into_iter().find(|inputs| inputs.name() == name)
    }
}

/// The sizes of one generator stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratorSpec {
    /// Rows and columns of the square images that it looks at.
    pub size: usize,
    /// Output channels of the convolutions, one number a layer.
    pub channels: Vec<usize>,
    /// Width of the hidden linear layer.
    pub hidden: usize,
    /// What the generator is given of a view.
    pub inputs: Inputs,
}

impl GeneratorSpec {
    /// The generator of the paper's released code: 144 pixels, 32-64-128-256-512 channels, hidden 256, seven inputs.
    pub fn paper() -> Self {
        Self { size: 144, channels: vec![32, 64, 128, 256, 512], hidden: 256, inputs: Inputs::Rgba }
    }

    /// The paper's convolutions with a hidden layer of 32.
    pub fn compact() -> Self {
        Self { hidden: 32, ..Self::paper() }
    }

    /// Rows and columns after the last convolution: the size halved, rounded up, once a layer.
    pub fn final_size(&self) -> usize {
        self.channels.iter().fold(self.size, |size, _| size.div_ceil(2))
    }

    /// Numbers that the first linear layer takes.
    pub fn features(&self) -> usize {
        let last = self.channels.last().copied().unwrap_or(0);
        (last + self.inputs.channels()) * self.final_size() * self.final_size()
    }

    /// # Errors
    /// [`Error::Argument`] for a size, a channel list or a hidden width that no network can have.
    pub fn validate(&self) -> Result<()> {
        if !(8..=1024).contains(&self.size) {
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

    /// The tensors of stage `stage`, in the layout of the weights file.
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
