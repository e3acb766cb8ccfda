//! Small versions of the paper's networks, all with the same number of parameters.

use crate::layers::{Conv, Layers};
use crate::localisation::Localisation;
use crate::strokes::SIZE;
use candle_core::{DType, Device, Module, Result, Tensor};
use candle_nn::{VarBuilder, VarMap, linear};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use stgan::stn::{Family, Sampler, SpatialTransformer};

/// Maximum number of parameters of a network.
const BUDGET: usize = 100_000;

/// The initialisation of a localisation net's last layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Initialisation {
    /// All zero: the transformer starts at the identity.
    Identity,
    /// Weights and biases from a normal distribution with this standard deviation.
    Normal(f32),
    /// He initialisation with zero biases, like all other layers.
    He,
}

/// The architecture of a network: one row of the table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Architecture {
    pub convolutional: bool,
    pub family: Option<Family>,
    pub sampler: Sampler,
    pub initialisation: Initialisation,
}

impl Architecture {
    pub(crate) fn new(convolutional: bool, family: Option<Family>) -> Self {
        Self { convolutional, family, sampler: Sampler::default(), initialisation: Initialisation::Identity }
    }

    /// The architectures of the paper's table 1, in its order.
    pub(crate) fn all() -> Vec<Self> {
        let families = [Family::Affine, Family::Homography, Family::ThinPlateSpline { points: 4 }];
        let mut all = vec![Self::new(false, None), Self::new(true, None)];
        all.extend([false, true].into_iter().flat_map(|c| families.map(|family| Self::new(c, Some(family)))));
        all
    }

    pub(crate) fn names() -> Vec<String> {
        Self::all().iter().map(Self::name).collect()
    }

    pub(crate) fn name(&self) -> String {
        let kind = if self.convolutional { "CNN" } else { "FCN" };
        match self.family {
            None => kind.to_owned(),
            Some(Family::Homography) => format!("ST-{kind} Proj"),
            Some(Family::ThinPlateSpline { .. }) => format!("ST-{kind} TPS"),
            Some(_) => format!("ST-{kind} Aff"),
        }
    }
}

/// A classifier, optionally preceded by a spatial transformer.
pub(crate) struct Network {
    pub transformer: Option<SpatialTransformer<Localisation>>,
    classifier: Layers,
    pub variables: VarMap,
}

impl Network {
    /// A network for images of `size` × `size` pixels.
    pub(crate) fn new(architecture: &Architecture, size: usize, seed: u64) -> Result<Self> {
        let variables = VarMap::new();
        let vb = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
        let convolutional = architecture.convolutional;
        let transformer = match architecture.family {
            None => None,
            Some(family) => {
                let localisation = Localisation::new(convolutional, size, family, vb.pp("localisation"))?;
                let transformer = SpatialTransformer::new(localisation, family, (size, size))?;
                Some(transformer.with_sampler(architecture.sampler)?)
            }
        };
        let used: usize = variables.all_vars().iter().map(|v| v.elem_count()).sum();
        let size = if transformer.is_some() { SIZE } else { size };
        let classifier = classifier(convolutional, size, BUDGET - used, vb.pp("classifier"))?;
        let network = Self { transformer, classifier, variables };
        network.initialise(architecture.initialisation, seed)?;
        Ok(network)
    }

    /// Seeded He initialisation; candle's own random numbers cannot be seeded on the CPU.
    fn initialise(&self, initialisation: Initialisation, seed: u64) -> Result<()> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let variables = self.variables.data().lock().expect("no thread has panicked");
        let mut names: Vec<_> = variables.keys().collect();
        names.sort();
        for name in names {
            let variable = &variables[name];
            let fan_in: usize = variable.dims()[1..].iter().product();
            let he = if variable.rank() > 1 { (2.0 / fan_in as f32).sqrt() } else { 0.0 };
            let deviation = match initialisation {
                Initialisation::Identity if name.contains(".theta.") => 0.0,
                Initialisation::Normal(deviation) if name.contains(".theta.") => deviation,
                _ => he,
            };
            let draw = |_| {
                let x: f32 = StandardNormal.sample(&mut rng);
                x * deviation
            };
            let values: Vec<f32> = (0..variable.elem_count()).map(draw).collect();
            variable.set(&Tensor::from_vec(values, variable.shape(), &Device::Cpu)?)?;
        }
        Ok(())
    }

    pub(crate) fn parameters(&self) -> usize {
        self.variables.all_vars().iter().map(|v| v.elem_count()).sum()
    }

    /// The logits [B, 10] of images [B, 1, S, S].
    pub(crate) fn forward(&self, images: &Tensor) -> Result<Tensor> {
        match &self.transformer {
            Some(transformer) => self.classifier.forward(&centre(&transformer.forward(images)?, 2)?),
            None => self.classifier.forward(images),
        }
    }
}

/// Crops the centre to the size of a digit along dimensions `dim` and `dim + 1`. The classifier
/// gets this part of a transformer's output.
pub(crate) fn centre(x: &Tensor, dim: usize) -> Result<Tensor> {
    let [top, left] = [dim, dim + 1].map(|dim| x.dims()[dim].saturating_sub(SIZE) / 2);
    x.narrow(dim, top, SIZE)?.narrow(dim + 1, left, SIZE)?.contiguous()
}

/// A classifier as wide as the budget allows.
fn classifier(convolutional: bool, size: usize, budget: usize, vb: VarBuilder) -> Result<Layers> {
    let convolution = |input, output, kernel, name: &str| Conv::new([output, input, kernel], 2, vb.pp(name));
    let (convolutions, features, used) = if convolutional {
        let convolutions =
            vec![convolution(1, 8, 5, "conv1")?, convolution(8, 16, 3, "conv2")?, convolution(16, 32, 3, "conv3")?];
        let eighth = size.div_ceil(2).div_ceil(2).div_ceil(2);
        let used = convolutions.iter().map(|c| c.weight.elem_count() + c.bias.elem_count()).sum();
        (convolutions, 32 * eighth * eighth, used)
    } else {
        (vec![], size * size, 0)
    };
    // features · w + w, w · w + w for a second hidden layer without convolutions, and w · 10 + 10.
    let count = |w: usize| used + (features + 11) * w + 10 + if convolutional { 0 } else { w * w + w };
    let width = (1..).take_while(|&w| count(w) <= budget).last().unwrap_or(1);
    let mut hidden = vec![linear(features, width, vb.pp("hidden1"))?];
    if !convolutional {
        hidden.push(linear(width, width, vb.pp("hidden2"))?);
    }
    Ok(Layers { convolutions, hidden, last: linear(width, 10, vb.pp("last"))? })
}
