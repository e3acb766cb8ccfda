//! Adam (Kingma & Ba 2015) whose moments can be saved and restored, so that a resumed run is the same run.

use crate::model::Parameters;
use crate::{Error, Result};
use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};
use rayon::prelude::*;
use std::collections::BTreeMap;

const EPSILON: f32 = 1e-8;

/// The variables being trained, with their moments.
pub struct Adam {
    variables: BTreeMap<String, Slot>,
    /// Decay of the two moments.
    betas: [f64; 2],
    /// Steps taken.
    step: i32,
}

struct Slot {
    variable: Var,
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Slot {
    fn step(&mut self, gradient: &[f32], rate: f32, betas: [f32; 2]) -> Result<()> {
        let mut values = self.variable.flatten_all()?.to_vec1::<f32>()?;
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((value, &g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
            *first = betas[0] * *first + (1.0 - betas[0]) * g;
            *second = betas[1] * *second + (1.0 - betas[1]) * g * g;
            *value -= rate * *first / (second.sqrt() + EPSILON);
        }
        Ok(self.variable.set(&Tensor::from_vec(values, self.variable.shape(), &Device::Cpu)?)?)
    }
}

impl Adam {
    /// Starts with moments of zero.
    ///
    /// # Errors
    /// [`Error::Tensor`] where a tensor cannot become a variable.
    pub fn new(parameters: &Parameters, betas: [f64; 2]) -> Result<Self> {
        let slot = |(name, tensor): (&String, &Tensor)| {
            let zeros = vec![0.0; tensor.elem_count()];
            let variable = Var::from_tensor(&tensor.copy()?)?;
            Ok((name.clone(), Slot { variable, first: zeros.clone(), second: zeros }))
        };
        Ok(Self { variables: parameters.0.iter().map(slot).collect::<Result<_>>()?, betas, step: 0 })
    }

    /// The variables as tensors, to build networks of that pass gradients to them.
    pub fn parameters(&self) -> Parameters {
        Parameters(
            self.variables.iter().map(|(name, slot)| (name.clone(), slot.variable.as_tensor().clone())).collect(),
        )
    }

    /// One step. A variable without a gradient stays as it is.
    ///
    /// # Errors
    /// [`Error::Diverged`] where a gradient is not finite; nothing is changed then.
    pub fn step(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        let mut found = Vec::with_capacity(self.variables.len());
        for (name, slot) in &self.variables {
            let gradient = gradients.get(&slot.variable).map(|g| g.flatten_all()?.to_vec1::<f32>()).transpose()?;
            if gradient.iter().flatten().any(|x| !x.is_finite()) {
                let reason = format!("the gradient of {name} is not finite");
                return Err(Error::Diverged { iteration: self.step as usize + 1, reason });
            }
            found.push(gradient);
        }
        self.step += 1;
        let correction = self.betas.map(|beta| 1.0 - beta.powi(self.step));
        let betas = self.betas.map(|beta| beta as f32);
        let rate = (learning_rate * correction[1].sqrt() / correction[0]) as f32;
        let slots: Vec<_> = self.variables.values_mut().zip(found).collect();
        slots.into_par_iter().try_for_each(|(slot, gradient)| match gradient {
            Some(gradient) => slot.step(&gradient, rate, betas),
            None => Ok(()),
        })
    }

    /// The moments as tensors, `adam.first.NAME` and `adam.second.NAME`, and the number of steps.
    ///
    /// # Errors
    /// [`Error::Tensor`], which does not happen.
    pub fn state(&self) -> Result<(Parameters, usize)> {
        let mut state = Parameters::default();
        for (name, slot) in &self.variables {
            for (kind, values) in [("first", &slot.first), ("second", &slot.second)] {
                let tensor = Tensor::from_vec(values.clone(), slot.variable.shape(), &Device::Cpu)?;
                state.0.insert(format!("adam.{kind}.{name}"), tensor);
            }
        }
        Ok((state, self.step as usize))
    }

    /// Takes up where [`Adam::state`] left.
    ///
    /// # Errors
    /// [`Error::TensorMissing`] or [`Error::TensorShape`] where the moments are not those of these variables.
    pub fn restore(&mut self, state: &Parameters, step: usize) -> Result<()> {
        for (name, slot) in &mut self.variables {
            for (kind, values) in [("first", &mut slot.first), ("second", &mut slot.second)] {
                let tensor = state.expect(&format!("adam.{kind}.{name}"), slot.variable.dims())?;
                *values = tensor.flatten_all()?.to_vec1()?;
            }
        }
        self.step = step as i32;
        Ok(())
    }
}
