//! A in_i16 generator stage: five blocks, each writing beside the pooled inputs in the next one's plane, and two linear layers.

use super::block::{Algorithm, Block, Scratch, WeightType};
use super::lanes::Instructions;
use super::linear::{Linear, LinearScratch};
use super::square_map::{SquareMap, halve};
use candle_core::{Result, Tensor, bail};
use std::ops::Range;

/// A generator stage with its weights packed; see [`crate::model::Generator`] for what it computes.
#[derive(Clone)]
pub struct Stage {
    /// Rows and columns, and channels, of the images it looks at.
    size: usize,
    inputs: usize,
    blocks: Vec<Block>,
    linear: [Linear; 2],
}

/// The planes and the memory that stages of one size run in, for one view or several at a time. Running allocates nothing
/// after the first time.
pub struct Workspace {
    inputs: usize,
    /// For each level the planes of all views: the inputs, then what comes out of each block beside the pooled inputs.
    levels: Vec<Vec<SquareMap>>,
    scratch: Scratch,
    linear: LinearScratch,
    hidden: Vec<f32>,
    answers: Vec<f32>,
}

/// What is fastest for a block with these channels and this many rows of outputs, by measurement in Chromium
/// (`docs/performance.md`).
///
/// | rows of outputs | algorithm | why |
/// |---|---|---|
/// | 3 and more | Winograd | 16 products instead of 36, even where weights are read for four tiles only |
/// | fewer | direct | most of a tile would lie outside |
///
/// | | weights stored as | why |
/// |---|---|---|
/// | Winograd, 8 inputs and more | i16 | two products an instruction |
/// | Winograd, fewer inputs | f32 | making the inputs in_i16 numbers costs more than it saves |
/// | direct, up to 1 MB in f32 | f32 | they stay in a core's own cache |
/// | direct, more | i16 | reading them takes the time |
pub fn select_algorithm((channels_in, channels_out): (usize, usize), rows: usize) -> (Algorithm, WeightType) {
    let weight_type = |in_i16: bool| if in_i16 { WeightType::I16 } else { WeightType::F32 };
    match rows {
        ..3 => (Algorithm::Direct, weight_type(4 * 16 * channels_in * channels_out > 1 << 20)),
        _ => (Algorithm::Winograd, weight_type(channels_in >= 8)),
    }
}

impl Stage {
    /// Packs the weights of `convolutions` ([O, C, 4, 4] and \[O\]) and of the two linear layers ([out, in] and \[out\]; the first
    /// takes the last block's output flattened in CHW order) for images of `size × size`.
    ///
    /// # Errors
    /// Where the shapes do not fit, or the tensors are not f32.
    pub fn new(
        size: usize,
        convolutions: &[(Tensor, Tensor)],
        linear: &[(Tensor, Tensor); 2],
        instructions: Instructions,
    ) -> Result<Self> {
        let Some((first, _)) = convolutions.first() else { bail!("stage: no convolutions") };
        let inputs = first.dims4()?.1;
        let (mut rows, mut channels) = (size, inputs);
        let mut blocks = Vec::with_capacity(convolutions.len());
        for (weight, bias) in convolutions {
            rows = rows.div_ceil(2);
            let (channels_out, channels_in, ..) = weight.dims4()?;
            if channels_in != channels {
                bail!("stage: weight {:?} for an input of {channels} channels", weight.shape());
            }
            let (algorithm, weight_type) = select_algorithm((channels_in, channels_out), rows);
            blocks.push(Block::new(weight, bias, algorithm, weight_type, instructions)?);
            channels = channels_out + inputs;
        }
        let [(w1, b1), (w2, b2)] = linear;
        let ((hidden, features), (answers, width)) = (w1.dims2()?, w2.dims2()?);
        if features != channels * rows * rows || width != hidden || b1.dims() != [hidden] || b2.dims() != [answers] {
            let shapes = [w1.shape(), b1.shape(), w2.shape(), b2.shape()];
            bail!("stage: linear layers {shapes:?} after {channels} channels of {rows}×{rows}");
        }
        let (v1, v2) = (w1.flatten_all()?.to_vec1::<f32>()?, w2.flatten_all()?.to_vec1::<f32>()?);
        let (b1, b2) = (b1.to_vec1::<f32>()?, b2.to_vec1::<f32>()?);
        // Planes are HWC.
        let chw = |row: usize| row % channels * rows * rows + row / channels;
        let linear = [
            Linear::new((hidden, features), WeightType::I16, instructions, &b1, |o, row| v1[o * features + chw(row)]),
            Linear::new((answers, hidden), WeightType::F32, instructions, &b2, |o, row| v2[o * hidden + row]),
        ];
        Ok(Self { size, inputs, blocks, linear })
    }

    /// Memory for `views` views at a time.
    pub fn workspace(&self, views: usize) -> Workspace {
        let plane = |rows: usize, channels: usize, last: bool| {
            if last { SquareMap::unpadded(rows, channels) } else { SquareMap::padded(rows, channels) }
        };
        let (mut rows, mut channels) = (self.size, self.inputs);
        let mut levels = vec![(0..views).map(|_| plane(rows, channels, false)).collect::<Vec<_>>()];
        for (index, block) in self.blocks.iter().enumerate() {
            (rows, channels) = (rows.div_ceil(2), block.channels().1 + self.inputs);
            levels.push((0..views).map(|_| plane(rows, channels, index + 1 == self.blocks.len())).collect());
        }
        Workspace {
            inputs: self.inputs,
            levels,
            scratch: Scratch::default(),
            linear: LinearScratch::default(),
            hidden: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// The answers to what is in the workspace, one view's after the other.
    ///
    /// # Panics
    /// Where the workspace was made for stages of other sizes.
    pub fn run<'a>(&self, workspace: &'a mut Workspace) -> &'a [f32] {
        let Workspace { levels, scratch, linear, hidden, answers, .. } = workspace;
        for (level, block) in self.blocks.iter().enumerate() {
            let (inputs, outputs) = levels.split_at_mut(level + 1);
            block.run(&inputs[level], &mut outputs[0], scratch);
        }
        let [first, second] = &self.linear;
        hidden.clear();
        answers.clear();
        for pair in levels[self.blocks.len()].chunks(2) {
            match pair {
                [a, b] => first.run([a.values(), b.values()], hidden, true, linear),
                _ => pair.iter().for_each(|view| first.run([view.values()], hidden, true, linear)),
            }
        }
        for hidden in hidden.chunks_exact(hidden.len() / levels[0].len()) {
            second.run([hidden], answers, false, linear);
        }
        answers
    }
}

impl Workspace {
    /// What the stage looks at, one plane for each view. After a change, [`Workspace::pool`] the channels that changed.
    pub fn views_mut(&mut self) -> &mut [SquareMap] {
        &mut self.levels[0]
    }

    /// Averages input channels down through all levels.
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
