//! The network that labels product photos: as tensors for training, packed for inference.

use super::CutoutSpec;
use crate::kernels::{Conv, Instructions, Map};
use crate::model::{Parameters, conv_layer};
use crate::{Result, ops};
use candle_core::Tensor;

/// Background, front, lens, arm.
pub const LABELS: usize = 4;
pub(crate) const BACKGROUND: usize = 0;
pub(crate) const FRONT: usize = 1;
pub(crate) const LENS: usize = 2;
pub(crate) const ARM: usize = 3;

/// The network as tensors, through which gradients pass to its weights.
#[derive(Clone, Debug)]
pub struct Network {
    /// Weight, bias, stride of each layer.
    layers: Vec<(Tensor, Tensor, usize)>,
    depth: usize,
}

impl Network {
    /// # Errors
    /// As [`Parameters::get`].
    pub fn new(spec: &CutoutSpec, parameters: &Parameters) -> Result<Self> {
        Ok(Self { layers: conv_layer::tensors_of(&spec.layers(), parameters)?, depth: spec.down.len() })
    }

    /// Images [B, 3, H, W], colours − ½, to logits [B, 4, H, W]; H and W are multiples of
    /// [`CutoutSpec::multiple`].
    pub fn forward(&self, images: &Tensor) -> candle_core::Result<Tensor> {
        let conv = |x: &Tensor, i: usize| {
            let (weight, bias, stride) = &self.layers[i];
            ops::conv_layer(x, weight, bias, *stride, if i + 1 < self.layers.len() { 0.0 } else { 1.0 })
        };
        let mut down = vec![images.clone()];
        for i in 0..self.depth {
            down.push(conv(&down[i], i)?);
        }
        let mut x = conv(&down[self.depth], self.depth)?;
        for i in 0..self.depth {
            let beside = &down[self.depth - 1 - i];
            x = conv(&Tensor::cat(&[&doubled(&x)?, beside], 1)?, self.depth + 1 + i)?;
        }
        Ok(x)
    }
}

/// Each pixel becomes 2×2 pixels.
fn doubled(x: &Tensor) -> candle_core::Result<Tensor> {
    let (b, c, h, w) = x.dims4()?;
    x.reshape((b, c, h, 1, w, 1))?.broadcast_as((b, c, h, 2, w, 2))?.contiguous()?.reshape((b, c, 2 * h, 2 * w))
}

/// The network packed for inference.
#[derive(Clone, Debug)]
pub struct Segmenter {
    layers: Vec<Conv>,
    depth: usize,
}

impl Segmenter {
    /// # Errors
    /// As [`Parameters::get`].
    pub fn new(spec: &CutoutSpec, parameters: &Parameters) -> Result<Self> {
        Self::with_instructions(spec, parameters, Instructions::best())
    }

    fn with_instructions(spec: &CutoutSpec, parameters: &Parameters, instructions: Instructions) -> Result<Self> {
        Ok(Self { layers: conv_layer::kernels(&spec.layers(), parameters, instructions)?, depth: spec.down.len() })
    }

    /// Rows and columns of the input are multiples of this.
    pub fn multiple(&self) -> usize {
        1 << self.depth
    }

    /// The probabilities of the labels, [`LABELS`] a pixel, of an image of `size` (rows, columns):
    /// three values a pixel, colours − ½.
    ///
    /// # Panics
    /// If the image has another number of values, or its size is no multiple of
    /// [`Segmenter::multiple`].
    pub fn probabilities(&self, image: &[f32], size: (usize, usize)) -> Vec<f32> {
        assert_eq!(image.len(), 3 * size.0 * size.1, "three values a pixel");
        assert!(
            size.0.is_multiple_of(self.multiple()) && size.1.is_multiple_of(self.multiple()),
            "a size that halves evenly"
        );
        // Enough zeros around each image for the kernels of 3 and 4.
        const BORDER: usize = 4;
        let mut input = Map::new(size, 3, BORDER);
        for (y, row) in image.chunks_exact(3 * size.1).enumerate() {
            input.row_mut(y).copy_from_slice(row);
        }
        let mut down = vec![input];
        for i in 0..self.depth {
            down.push(self.layers[i].run(&down[i], BORDER));
        }
        let mut x = self.layers[self.depth].run(&down[self.depth], BORDER);
        for i in 0..self.depth {
            let joined = x.doubled_beside(&down[self.depth - 1 - i], BORDER);
            x = self.layers[self.depth + 1 + i].run(&joined, BORDER);
        }
        let mut probabilities = Vec::with_capacity(LABELS * size.0 * size.1);
        for y in 0..size.0 {
            for logits in x.row(y).chunks_exact(LABELS) {
                let largest = logits.iter().copied().fold(f32::MIN, f32::max);
                let exponentials: [f32; LABELS] = std::array::from_fn(|i| (logits[i] - largest).exp());
                let sum: f32 = exponentials.iter().sum();
                probabilities.extend(exponentials.map(|e| e / sum));
            }
        }
        probabilities
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::initialise;
    use candle_core::Device;

    #[test]
    fn inference_gives_the_probabilities_of_the_tensors() {
        let spec = CutoutSpec { down: vec![5, 8, 12], up: vec![9, 6] };
        let mut state = 7u32;
        let mut random = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        let mut parameters = initialise(&spec.tensors(), &mut random).unwrap();
        // The last layer starts small; the test wants probabilities that differ.
        let answer = &parameters.0["cutout.answer.weight"] * 10.0;
        parameters.0.insert("cutout.answer.weight".to_owned(), answer.unwrap());
        let (h, w) = (24, 40);
        let image: Vec<f32> = (0..3 * h * w).map(|_| 0.5 * random()).collect();
        let planes = Tensor::from_slice(&image, (1, h, w, 3), &Device::Cpu).unwrap().permute((0, 3, 1, 2)).unwrap();
        let logits = Network::new(&spec, &parameters).unwrap().forward(&planes.contiguous().unwrap()).unwrap();
        let expected = candle_nn::ops::softmax(&logits, 1).unwrap().permute((0, 2, 3, 1)).unwrap();
        let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let found = Segmenter::new(&spec, &parameters).unwrap().probabilities(&image, (h, w));
        let spread = expected.iter().copied().fold(0.0, f32::max) - expected.iter().copied().fold(1.0, f32::min);
        assert!(spread > 0.2, "{spread}");
        let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(worst < 2e-3, "{worst}");
    }
}
