//! A complete generator stage: blocks, each of which writes its output next to the pooled inputs of
//! the next block, and two linear layers.

use super::block::{Algorithm, Block, Scratch, WeightType};
use super::lanes::Instructions;
use super::linear::{Linear, LinearScratch};
use super::stage_map::{StageMap, halve};
use crate::image_size::ImageSize;
use candle_core::{Result, Tensor, bail};
use std::ops::Range;

/// A generator stage with packed weights; see [`crate::model::Generator`] for what it computes.
#[derive(Clone)]
pub struct Stage {
    /// The size of the input images.
    size: ImageSize,
    /// Number of channels of the input images.
    inputs: usize,
    blocks: Vec<Block>,
    linear: [Linear; 2],
}

/// The images and intermediate values of stages of one size, for one or more views.
///
/// Only the first run allocates.
pub struct Workspace {
    inputs: usize,
    /// The maps of all views per level: the inputs, then the output of each block next to the
    /// pooled inputs.
    levels: Vec<Vec<StageMap>>,
    scratch: Scratch,
    linear: LinearScratch,
    hidden: Vec<f32>,
    outputs: Vec<f32>,
}

/// The fastest algorithm and weight type for a block with these channels and an output whose
/// shorter side has `side` pixels, as measured in Chromium (`docs/performance.md`).
///
/// | shorter side | algorithm | reason |
/// |---|---|---|
/// | 3 or more | Winograd | 16 products instead of 36, which pays even for four tiles |
/// | fewer | direct | most of a tile would be outside the image |
///
/// | block | weight type | reason |
/// |---|---|---|
/// | Winograd, 8 or more input channels | i16 | two products per instruction |
/// | Winograd, fewer input channels | f32 | quantising the inputs costs more than it saves |
/// | direct, weights up to 1 MB in f32 | f32 | the weights stay in the core's cache |
/// | direct, larger weights | i16 | reading the weights dominates |
pub fn select_algorithm((channels_in, channels_out): (usize, usize), side: usize) -> (Algorithm, WeightType) {
    let weight_type = |in_i16: bool| if in_i16 { WeightType::I16 } else { WeightType::F32 };
    match side {
        ..3 => (Algorithm::Direct, weight_type(4 * 16 * channels_in * channels_out > 1 << 20)),
        _ => (Algorithm::Winograd, weight_type(channels_in >= 8)),
    }
}

impl Stage {
    /// Packs the weights of a stage for images of `size`.
    ///
    /// `convolutions` are weights [O, C, 4, 4] and biases \[O\]. `linear` are weights [out, in] and
    /// biases \[out\]; the first layer takes the last block's output, flattened in CHW order.
    ///
    /// # Errors
    /// If the shapes do not match or the tensors are not f32.
    pub fn new(
        size: ImageSize,
        convolutions: &[(Tensor, Tensor)],
        linear: &[(Tensor, Tensor); 2],
        instructions: Instructions,
    ) -> Result<Self> {
        let Some((first, _)) = convolutions.first() else { bail!("stage: needs at least one convolution") };
        let inputs = first.dims4()?.1;
        let (mut image, mut channels) = (size, inputs);
        let mut blocks = Vec::with_capacity(convolutions.len());
        for (weight, bias) in convolutions {
            image = image.halved();
            let (channels_out, channels_in, ..) = weight.dims4()?;
            if channels_in != channels {
                bail!("stage: weight {:?}, expected {channels} input channels", weight.shape());
            }
            let (algorithm, weight_type) = select_algorithm((channels_in, channels_out), image.height.min(image.width));
            blocks.push(Block::new(weight, bias, algorithm, weight_type, instructions)?);
            channels = channels_out + inputs;
        }
        let [(w1, b1), (w2, b2)] = linear;
        let ((hidden, features), (outputs, width)) = (w1.dims2()?, w2.dims2()?);
        if features != channels * image.area() || width != hidden || b1.dims() != [hidden] || b2.dims() != [outputs] {
            let shapes = [w1.shape(), b1.shape(), w2.shape(), b2.shape()];
            bail!(
                "stage: linear layers {shapes:?} do not match {channels} channels of {}×{} pixels",
                image.height,
                image.width
            );
        }
        let (v1, v2) = (w1.flatten_all()?.to_vec1::<f32>()?, w2.flatten_all()?.to_vec1::<f32>()?);
        let (b1, b2) = (b1.to_vec1::<f32>()?, b2.to_vec1::<f32>()?);
        // Maps are HWC, but the layer's inputs are in CHW order.
        let chw = |row: usize| row % channels * image.area() + row / channels;
        let linear = [
            Linear::new((hidden, features), WeightType::I16, instructions, &b1, |o, row| v1[o * features + chw(row)]),
            Linear::new((outputs, hidden), WeightType::F32, instructions, &b2, |o, row| v2[o * hidden + row]),
        ];
        Ok(Self { size, inputs, blocks, linear })
    }

    /// A new workspace for `views` views.
    pub fn workspace(&self, views: usize) -> Workspace {
        let map = |size: ImageSize, channels: usize, last: bool| {
            if last { StageMap::unpadded(size, channels) } else { StageMap::padded(size, channels) }
        };
        let (mut size, mut channels) = (self.size, self.inputs);
        let mut levels = vec![(0..views).map(|_| map(size, channels, false)).collect::<Vec<_>>()];
        for (index, block) in self.blocks.iter().enumerate() {
            (size, channels) = (size.halved(), block.channels().1 + self.inputs);
            levels.push((0..views).map(|_| map(size, channels, index + 1 == self.blocks.len())).collect());
        }
        Workspace {
            inputs: self.inputs,
            levels,
            scratch: Scratch::default(),
            linear: LinearScratch::default(),
            hidden: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Runs the stage on all views in the workspace and returns its outputs, view after view.
    ///
    /// # Panics
    /// If the workspace belongs to a stage of other sizes.
    pub fn run<'a>(&self, workspace: &'a mut Workspace) -> &'a [f32] {
        let Workspace { levels, scratch, linear, hidden, outputs, .. } = workspace;
        for (level, block) in self.blocks.iter().enumerate() {
            let (inputs, next) = levels.split_at_mut(level + 1);
            block.run(&inputs[level], &mut next[0], scratch);
        }
        let [first, second] = &self.linear;
        hidden.clear();
        outputs.clear();
        for pair in levels[self.blocks.len()].chunks(2) {
            match pair {
                [a, b] => first.run([a.values(), b.values()], hidden, true, linear),
                _ => pair.iter().for_each(|view| first.run([view.values()], hidden, true, linear)),
            }
        }
        for hidden in hidden.chunks_exact(hidden.len() / levels[0].len()) {
            second.run([hidden], outputs, false, linear);
        }
        outputs
    }
}

impl Workspace {
    /// The input images, one per view. After a change, call [`Workspace::pool`] for the channels
    /// that changed.
    pub fn views_mut(&mut self) -> &mut [StageMap] {
        &mut self.levels[0]
    }

    /// Pools input channels to all levels.
    pub fn pool(&mut self, channels: Range<usize>) {
        for level in 1..self.levels.len() {
            let (from, to) = self.levels.split_at_mut(level);
            for (from, to) in from[level - 1].iter().zip(&mut to[0]) {
                halve(from, to, self.inputs, channels.clone());
            }
        }
    }
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("size", &self.size).field("blocks", &self.blocks).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Workspace").field("views", &self.levels[0].len()).finish_non_exhaustive()
    }
}
