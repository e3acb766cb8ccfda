//! BlazeFace, MediaPipe's detector for rear cameras, as a fully convolutional network.
//!
//! The network finds faces with an inter-pupil distance of 6 to 100 pixels, turned by up to about
//! 75 degrees, so it needs few scales. It was made for images of 256×256 pixels; here it runs on
//! images of any size. `weights/MODEL_CARD.md` has its origin and licence.
//!
//! Tensors of the weights file, in OIHW:
//!
//! - `blazeface.stem.{weight,bias}`: 5×5 at stride 2.
//! - `blazeface.block{1…32}.{depthwise,pointwise}.{weight,bias}`: depthwise separable blocks.
//! - `blazeface.{fine,coarse}.{weight,bias}`: 1×1, per prior a score and the pupils.

use super::detector::OUTPUTS;
use super::face::{distance, sigmoid, suppress};
use super::{CANDIDATE_REACH, LocatedFace, Point};
use crate::Result;
use crate::kernels::{Conv, Instructions, Map, SeparableBlock};
use crate::model::{Parameters, TensorSpec};

/// The prefix of the tensors' names.
const NAME: &str = "blazeface";
/// The output channels of the first convolution.
const STEM: usize = 24;
/// The (output channels, stride) of the first block of each resolution. Blocks at stride 1 follow.
const RESOLUTIONS: [(usize, usize); 4] = [(24, 1), (24, 2), (48, 2), (96, 2)];
/// The number of blocks per resolution.
const BLOCKS: [usize; 4] = [7, 8, 8, 8];
/// Number of priors per cell, and the side of a cell in pixels, of the fine and the coarse output.
const HEADS: [(&str, usize, usize); 2] = [("fine", 2, 16), ("coarse", 6, 32)];
/// The minimum logit of a candidate: a score of 0.18.
const MIN_LOGIT: f32 = -1.5;
/// The maximum distance of candidates whose pupils are averaged, in inter-pupil distances.
const AVERAGE_REACH: f64 = 0.4;

/// (name, channels, stride, whether it has a skip connection) of each block.
fn blocks() -> Vec<(String, (usize, usize), usize, bool)> {
    let mut input = STEM;
    let mut blocks = Vec::new();
    let mut push = |channels: usize, stride: usize, skip: bool| {
        let name = format!("{NAME}.block{}", blocks.len() + 1);
        blocks.push((name, (input, channels), stride, skip));
        input = channels;
    };
    for ((channels, stride), count) in RESOLUTIONS.into_iter().zip(BLOCKS) {
        push(channels, stride, true);
        (1..count).for_each(|_| push(channels, 1, true));
    }
    push(input_of_last(), 2, false);
    blocks
}

/// The channels of the last block, which makes the coarse output's resolution.
const fn input_of_last() -> usize {
    RESOLUTIONS[RESOLUTIONS.len() - 1].0
}

fn layer(name: &str, shape: [usize; 4]) -> [TensorSpec; 2] {
    let weight = TensorSpec { name: format!("{name}.weight"), shape: shape.to_vec(), gain: 1.0 };
    [weight, TensorSpec { name: format!("{name}.bias"), shape: vec![shape[0]], gain: 1.0 }]
}

fn stem() -> [TensorSpec; 2] {
    layer(&format!("{NAME}.stem"), [STEM, 3, 5, 5])
}

fn separable(name: &str, (input, output): (usize, usize)) -> [[TensorSpec; 2]; 2] {
    let part = |kind: &str, shape| layer(&format!("{name}.{kind}"), shape);
    [part("depthwise", [input, 1, 3, 3]), part("pointwise", [output, input, 1, 1])]
}

fn head((name, priors, _): (&str, usize, usize)) -> [TensorSpec; 2] {
    layer(&format!("{NAME}.{name}"), [priors * OUTPUTS, input_of_last(), 1, 1])
}

/// The tensors of the network, in the layout of the weights file.
pub(super) fn tensors() -> Vec<TensorSpec> {
    let blocks = blocks().into_iter().flat_map(|(name, channels, ..)| separable(&name, channels).concat());
    stem().into_iter().chain(blocks).chain(HEADS.into_iter().flat_map(head)).collect()
}

/// The name of a tensor that only a file with this network has.
pub(super) fn first_tensor() -> String {
    let [weight, _] = stem();
    weight.name
}

/// BlazeFace, ready for inference.
#[derive(Debug)]
pub(super) struct BlazeFace {
    stem: Conv,
    blocks: Vec<SeparableBlock>,
    heads: Vec<Conv>,
}

impl BlazeFace {
    /// Copies weights that are in memory.
    ///
    /// # Errors
    /// [`crate::Error::TensorMissing`] and [`crate::Error::TensorShape`].
    pub(super) fn new(parameters: &Parameters, instructions: Instructions) -> Result<Self> {
        let conv = |[weight, bias]: [TensorSpec; 2], stride: usize, relu: bool| {
            let (weight, bias) = (parameters.get(&weight)?, parameters.get(&bias)?);
            Ok(Conv::new(&weight, &bias, stride, relu, instructions)?)
        };
        let block = |(name, channels, stride, skip): (String, (usize, usize), usize, bool)| {
            let [[depthwise, first], [pointwise, second]] = separable(&name, channels);
            let [depthwise, first] = [parameters.get(&depthwise)?, parameters.get(&first)?];
            let [pointwise, second] = [parameters.get(&pointwise)?, parameters.get(&second)?];
            Ok(SeparableBlock::new([&depthwise, &first], [&pointwise, &second], stride, skip, instructions)?)
        };
        Ok(Self {
            stem: conv(stem(), 2, true)?,
            blocks: blocks().into_iter().map(block).collect::<Result<_>>()?,
            heads: HEADS.into_iter().map(|spec| conv(head(spec), 1, false)).collect::<Result<_>>()?,
        })
    }

    /// The border of zeros that an input needs.
    pub(super) fn border(&self) -> usize {
        self.stem.border()
    }

    /// Detects candidates in one image; pupils are in its pixels.
    ///
    /// Scores are probabilities. Candidates of one face are averaged and suppressed.
    pub(super) fn candidates(&self, image: &Map) -> Vec<LocatedFace> {
        let mut map = self.stem.run(image, 1);
        let mut spare = Map::new((1, 1), 1, 1);
        let mut found = Vec::new();
        for (i, block) in self.blocks.iter().enumerate() {
            if i + 1 == self.blocks.len() {
                found.extend(decode(&self.heads[0].run(&map, 0), HEADS[0]));
            }
            let size = block.output(map.size());
            if (spare.size(), spare.channels()) != (size, block.channels().1) {
                spare = Map::new(size, block.channels().1, 1);
            }
            block.run(&map, &mut spare);
            std::mem::swap(&mut map, &mut spare);
        }
        found.extend(decode(&self.heads[1].run(&map, 0), HEADS[1]));
        averaged(found)
    }
}

/// Converts an output of the network to candidates.
fn decode(outputs: &Map, (_, priors, side): (&str, usize, usize)) -> Vec<LocatedFace> {
    let (rows, columns) = outputs.size();
    let cells = (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x)));
    let priors = cells.flat_map(|(y, x)| (0..priors).map(move |prior| (y, x, prior)));
    let likely = priors.filter_map(|(y, x, prior)| {
        let values = &outputs.pixel(y, x)[prior * OUTPUTS..][..OUTPUTS];
        let centre = [x, y].map(|cell| (cell as f64 + 0.5) * side as f64);
        let pupil = |k: usize| [0, 1].map(|axis| centre[axis] + f64::from(values[1 + 2 * k + axis]));
        let face = LocatedFace::new([pupil(0), pupil(1)], sigmoid(values[0]));
        (values[0] > MIN_LOGIT && face.pupil_distance() > 1e-3).then_some(face)
    });
    likely.collect()
}

/// Suppresses overlapping candidates. The pupils of those that remain are averages over similar
/// candidates, weighted by score: they are more exact than those of the best.
fn averaged(found: Vec<LocatedFace>) -> Vec<LocatedFace> {
    let average = |best: LocatedFace| {
        let reach = AVERAGE_REACH * best.pupil_distance();
        let near = |other: &&LocatedFace| (0..2).all(|k| distance(best.pupils[k], other.pupils[k]) < reach);
        let (mut pupils, mut total) = ([[0.0; 2]; 2], 0.0);
        for other in found.iter().filter(near) {
            for (sum, value) in pupils.as_flattened_mut().iter_mut().zip(other.pupils.as_flattened()) {
                *sum += other.score * value;
            }
            total += other.score;
        }
        LocatedFace { pupils: pupils.map(|pupil: Point| pupil.map(|sum| sum / total)), ..best }
    };
    suppress(found.clone(), CANDIDATE_REACH).into_iter().map(average).collect()
}
