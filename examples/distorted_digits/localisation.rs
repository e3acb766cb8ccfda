//! The localisation nets.

use crate::layers::{Conv, Layers};
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{VarBuilder, linear};
use stgan::stn::{Family, identity_layer};

/// A localisation net on the image at half resolution: linear layers, optionally on points that
/// convolutions extract.
pub(crate) struct Localisation {
    points: Option<Points>,
    layers: Layers,
}

impl Localisation {
    pub(crate) fn new(convolutional: bool, size: usize, family: Family, vb: VarBuilder) -> Result<Self> {
        const HIDDEN: usize = 32;
        let half = size / 2;
        let (points, widths) = if convolutional {
            (Some(Points::new(half, vb.clone())?), vec![2 * POINTS, HIDDEN])
        } else {
            (None, vec![half * half, HIDDEN, HIDDEN])
        };
        let hidden = widths.windows(2).zip(1..).map(|(w, i)| linear(w[0], w[1], vb.pp(format!("hidden{i}"))));
        let hidden = hidden.collect::<Result<_>>()?;
        let last = identity_layer(HIDDEN, family, vb.pp("theta"))?;
        Ok(Self { points, layers: Layers { convolutions: vec![], hidden, last } })
    }
}

impl Module for Localisation {
    fn forward(&self, u: &Tensor) -> Result<Tensor> {
        let u = u.avg_pool2d(2)?;
        match &self.points {
            Some(points) => self.layers.forward(&points.forward(&u)?),
            None => self.layers.forward(&u),
        }
    }
}

/// Number of points of a localisation net.
const POINTS: usize = 32;

/// The factor on the maps before the softmax. With 1, all expected positions start so close to the
/// centre that the net learns little from them.
const SHARPNESS: f64 = 4.0;

/// Feature points: for each feature map, the expected position under its spatial softmax (Finn et
/// al. 2016, "Deep spatial autoencoders", section IV).
///
/// A linear layer on the maps would have to learn each distortion separately for every position.
struct Points {
    convolutions: [Conv; 3],
    /// The canonical coordinates [pixels, 2] of the maps' pixels.
    positions: Tensor,
}

impl Points {
    fn new(size: usize, vb: VarBuilder) -> Result<Self> {
        let side = size.div_ceil(2);
        let axis = |i: usize| 2.0 * i as f32 / (side - 1) as f32 - 1.0;
        let positions: Vec<f32> = (0..side * side).flat_map(|i| [axis(i % side), axis(i / side)]).collect();
        Ok(Self {
            convolutions: [
                Conv::new([16, 1, 5], 2, vb.pp("conv1"))?,
                Conv::new([32, 16, 3], 1, vb.pp("conv2"))?,
                Conv::new([POINTS, 32, 3], 1, vb.pp("points"))?.linear(),
            ],
            positions: Tensor::from_vec(positions, (side * side, 2), &Device::Cpu)?,
        })
    }
}

impl Module for Points {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let maps = self.convolutions.iter().try_fold(x.clone(), |x, conv| conv.forward(&x))?.flatten_from(2)?;
        let (batch, count, pixels) = maps.dims3()?;
        let probabilities = softmax_last_dim(&(maps * SHARPNESS)?)?.reshape((batch * count, pixels))?;
        probabilities.matmul(&self.positions)?.reshape((batch, 2 * count))
    }
}
