//! The localisation nets.

use crate::layers::{Conv, Layers};
use candle_core::{Device, Module, Result, Tensor};
use candle_nn::ops::softmax_last_dim;
use candle_nn::{VarBuilder, linear};
use stgan::stn::{Family, identity_layer};

/// Looks at the image at half its size: with linear layers alone, or with convolutions that find points in it.
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

/// Points that a localisation net finds.
const POINTS: usize = 32;

/// What the maps are multiplied by before the softmax: at 1, the means start so near to the middle that little is learned from them.
const SHARPNESS: f64 = 4.0;

/// Points in an image: of each of a few maps the mean place under the map's softmax (Finn et al. 2016, "Deep spatial
/// autoencoders", section IV). A linear layer over the maps would have to learn each place by itself, and the same distortion
/// of ten digits at every one of them.
struct Points {
    convolutions: [Conv; 3],
    /// The canonical coordinates of the maps' pixels, [pixels, 2].
    places: Tensor,
}

impl Points {
    fn new(size: usize, vb: VarBuilder) -> Result<Self> {
        let side = size.div_ceil(2);
        let axis = |i: usize| 2.0 * i as f32 / (side - 1) as f32 - 1.0;
        let places: Vec<f32> = (0..side * side).flat_map(|i| [axis(i % side), axis(i / side)]).collect();
        Ok(Self {
            convolutions: [
                Conv::new([16, 1, 5], 2, vb.pp("conv1"))?,
                Conv::new([32, 16, 3], 1, vb.pp("conv2"))?,
                Conv::new([POINTS, 32, 3], 1, vb.pp("points"))?.linear(),
            ],
            places: Tensor::from_vec(places, (side * side, 2), &Device::Cpu)?,
        })
    }
}

impl Module for Points {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let maps = self.convolutions.iter().try_fold(x.clone(), |x, conv| conv.forward(&x))?.flatten_from(2)?;
        let (batch, count, pixels) = maps.dims3()?;
        let shares = softmax_last_dim(&(maps * SHARPNESS)?)?.reshape((batch * count, pixels))?;
        shares.matmul(&self.places)?.reshape((batch, 2 * count))
    }
}
