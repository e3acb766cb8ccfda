//! Adam (Kingma & Ba 2015), with moments that can be saved and restored for a bit-exact resume.

use crate::{Error, Result};
use candle_core::backprop::GradStore;
use candle_core::{Device, Storage, Tensor, Var};
use rayon::prelude::*;
use std::collections::BTreeMap;
use stgan::model::Parameters;

const EPSILON: f32 = 1e-8;

/// The Adam optimiser: the trained variables and their moments, in f32 on the device of the
/// parameters.
pub struct Adam {
    variables: BTreeMap<String, Slot>,
    betas: [f32; 2],
    /// The number of steps taken.
    step: i32,
}

struct Slot {
    variable: Var,
    moments: Moments,
}

/// The first and the second moment.
enum Moments {
    /// On the CPU, where one loop performs the whole step.
    Host([Vec<f32>; 2]),
    Device([Tensor; 2]),
}

impl std::fmt::Debug for Adam {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Adam({} variables after {} steps)", self.variables.len(), self.step)
    }
}

impl Moments {
    fn zeros(variable: &Var) -> Result<Self> {
        Ok(if variable.device().is_cpu() {
            let zeros = vec![0.0; variable.elem_count()];
            Self::Host([zeros.clone(), zeros])
        } else {
            Self::Device([variable.zeros_like()?, variable.zeros_like()?])
        })
    }
}

impl Slot {
    fn step(&mut self, gradient: &Tensor, betas: [f32; 2], rate: f32) -> Result<()> {
        let value = match &mut self.moments {
            Moments::Host([first, second]) => {
                let mut values = self.variable.flatten_all()?.to_vec1::<f32>()?;
                with_values(gradient, |gradient| {
                    let moments = first.iter_mut().zip(second);
                    for ((value, &g), (first, second)) in values.iter_mut().zip(gradient).zip(moments) {
                        *first = betas[0] * *first + (1.0 - betas[0]) * g;
                        *second = betas[1] * *second + (1.0 - betas[1]) * g * g;
                        *value -= rate * *first / (second.sqrt() + EPSILON);
                    }
                })?;
                Tensor::from_vec(values, self.variable.shape(), &Device::Cpu)?
            }
            Moments::Device([first, second]) => {
                // A gradient keeps the operations that made it. Without `detach`, moments would
                // keep those of all steps.
                let gradient = &gradient.detach();
                let [one, two] = betas.map(f64::from);
                *first = ((&*first * one)? + (gradient * (1.0 - one))?)?;
                *second = ((&*second * two)? + (gradient.sqr()? * (1.0 - two))?)?;
                let step = (&*first / (second.sqrt()? + f64::from(EPSILON))?)?;
                (self.variable.as_detached_tensor() - (step * f64::from(rate))?)?
            }
        };
        Ok(self.variable.set(&value)?)
    }
}

/// Passes the values of a CPU tensor to a closure.
fn with_values<R>(tensor: &Tensor, f: impl FnOnce(&[f32]) -> R) -> Result<R> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(values) => {
            let start = layout.start_offset();
            Ok(f(&values.as_slice::<f32>()?[start..start + tensor.elem_count()]))
        }
        _ => Err(candle_core::Error::Msg("adam: a gradient is not on the device of its variable".into()).into()),
    }
}

/// 0, or NaN if a value is not finite, without a transfer from the device.
fn zero_if_finite(tensor: &Tensor) -> Result<Tensor> {
    let zeros = (tensor * 0.0)?;
    // Rows are summed first: a device sums a whole tensor in a single block.
    let rows = if zeros.rank() > 1 { zeros.flatten_from(1)?.sum(1)? } else { zeros };
    Ok(rows.sum_all()?)
}

/// Whether all values are finite. Only one number is transferred from a device.
fn all_finite<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Result<bool> {
    let mut sum: Option<Tensor> = None;
    for tensor in tensors {
        if tensor.device().is_cpu() {
            if !with_values(tensor, |values| values.iter().all(|x| x.is_finite()))? {
                return Ok(false);
            }
            continue;
        }
        let zero = zero_if_finite(tensor)?;
        sum = Some(match sum {
            Some(sum) => (sum + zero)?,
            None => zero,
        });
    }
    Ok(match sum {
        Some(sum) => sum.to_scalar::<f32>()? == 0.0,
        None => true,
    })
}

impl Adam {
    /// Creates an optimiser with zero moments, on the device of the parameters. `betas` are the
    /// decay rates of the two moments.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a tensor cannot become a variable.
    pub fn new(parameters: &Parameters, betas: [f64; 2]) -> Result<Self> {
        let slot = |(name, tensor): (&String, &Tensor)| {
            let variable = Var::from_tensor(&tensor.copy()?)?;
            let moments = Moments::zeros(&variable)?;
            Ok((name.clone(), Slot { variable, moments }))
        };
        let variables = parameters.0.iter().map(slot).collect::<Result<_>>()?;
        Ok(Self { variables, betas: betas.map(|beta| beta as f32), step: 0 })
    }

    /// The variables as tensors. Networks that are built from them pass gradients to the variables.
    pub fn parameters(&self) -> Parameters {
        Parameters(
            self.variables.iter().map(|(name, slot)| (name.clone(), slot.variable.as_tensor().clone())).collect(),
        )
    }

    /// Performs one step. A variable without a gradient does not change.
    ///
    /// # Errors
    /// [`Error::Diverged`] if a gradient is not finite. Then nothing changes.
    pub fn step(&mut self, gradients: &GradStore, learning_rate: f64) -> Result<()> {
        let found: Vec<Option<&Tensor>> = self.variables.values().map(|slot| gradients.get(&slot.variable)).collect();
        if !all_finite(found.iter().flatten().copied())? {
            for (name, gradient) in self.variables.keys().zip(&found) {
                if !all_finite(gradient.iter().copied())? {
                    let reason = format!("the gradient of {name} is not finite");
                    return Err(Error::Diverged { iteration: self.step as usize + 1, reason });
                }
            }
        }
        self.step += 1;
        let (betas, step) = (self.betas, self.step);
        let correction = betas.map(|beta| 1.0 - f64::from(beta).powi(step));
        let rate = (learning_rate * correction[1].sqrt() / correction[0]) as f32;
        let slots: Vec<_> = self.variables.values_mut().zip(found).collect();
        let (host, device): (Vec<_>, Vec<_>) =
            slots.into_iter().partition(|(slot, _)| matches!(slot.moments, Moments::Host(_)));
        let take = |(slot, gradient): (&mut Slot, Option<&Tensor>)| match gradient {
            Some(gradient) => slot.step(gradient, betas, rate),
            None => Ok(()),
        };
        host.into_par_iter().try_for_each(take)?;
        // A device has one queue, so threads would only wait for each other.
        device.into_iter().try_for_each(take)
    }

    /// The moments as CPU tensors, `adam.first.NAME` and `adam.second.NAME`, and the number of
    /// steps.
    ///
    /// # Errors
    /// [`Error::Tensor`] if a transfer from the device fails.
    pub fn state(&self) -> Result<(Parameters, usize)> {
        let mut state = Parameters::default();
        for (name, slot) in &self.variables {
            let [first, second] = match &slot.moments {
                Moments::Host(moments) => {
                    let tensor =
                        |values: &Vec<f32>| Tensor::from_vec(values.clone(), slot.variable.shape(), &Device::Cpu);
                    [tensor(&moments[0])?, tensor(&moments[1])?]
                }
                Moments::Device([first, second]) => [first.to_device(&Device::Cpu)?, second.to_device(&Device::Cpu)?],
            };
            state.0.insert(format!("adam.first.{name}"), first);
            state.0.insert(format!("adam.second.{name}"), second);
        }
        Ok((state, self.step as usize))
    }

    /// Restores moments and step count that [`Adam::state`] returned.
    ///
    /// # Errors
    /// [`stgan::Error::TensorMissing`] or [`stgan::Error::TensorShape`] if the moments do not
    /// belong to these variables.
    pub fn restore(&mut self, state: &Parameters, step: usize) -> Result<()> {
        for (name, slot) in &mut self.variables {
            let moment = |kind: &str| state.expect(&format!("adam.{kind}.{name}"), slot.variable.dims());
            let tensors = [moment("first")?, moment("second")?];
            match &mut slot.moments {
                Moments::Host(moments) => {
                    for (values, tensor) in moments.iter_mut().zip(&tensors) {
                        *values = tensor.flatten_all()?.to_vec1()?;
                    }
                }
                Moments::Device([first, second]) => {
                    *first = tensors[0].to_device(slot.variable.device())?;
                    *second = tensors[1].to_device(slot.variable.device())?;
                }
            }
        }
        self.step = step as i32;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameters() -> Parameters {
        let tensor = |shape: &[usize], scale: f64| {
            let values: Vec<f32> = (0..shape.iter().product()).map(|i| (i as f64 * scale).sin() as f32).collect();
            Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
        };
        Parameters([("a".to_owned(), tensor(&[3, 4], 1.3)), ("b".to_owned(), tensor(&[5], 0.7))].into())
    }

    /// The gradients of a function whose curvature differs between the variables.
    fn gradients(adam: &Adam) -> GradStore {
        let parameters = adam.parameters();
        let a = (&parameters.0["a"] - 0.3).unwrap().sqr().unwrap().sum_all().unwrap();
        let b = (&parameters.0["b"] * 3.0).unwrap().sin().unwrap().sum_all().unwrap();
        (a + b).unwrap().backward().unwrap()
    }

    #[test]
    fn device_and_cpu_steps_agree() {
        let mut adams = [0, 1].map(|_| Adam::new(&parameters(), [0.9, 0.99]).unwrap());
        for slot in adams[1].variables.values_mut() {
            slot.moments = Moments::Device([slot.variable.zeros_like().unwrap(), slot.variable.zeros_like().unwrap()]);
        }
        for _ in 0..20 {
            for adam in &mut adams {
                let gradients = gradients(adam);
                adam.step(&gradients, 0.01).unwrap();
            }
        }
        let [(host, steps), (device, same_steps)] = adams.each_ref().map(|adam| adam.state().unwrap());
        assert_eq!((steps, same_steps), (20, 20));
        let weights = adams.each_ref().map(Adam::parameters);
        for slot in adams[1].variables.values() {
            let Moments::Device(moments) = &slot.moments else { panic!("moments are tensors here") };
            assert!(moments.iter().all(|moment| !moment.track_op()), "moments remember no operations");
        }
        for (a, b) in weights[0].0.values().chain(host.0.values()).zip(weights[1].0.values().chain(device.0.values())) {
            let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(difference < 1e-6, "{difference}");
        }
        // An optimiser with restored moments takes the same step.
        let mut fresh = Adam::new(&weights[1], [0.9, 0.99]).unwrap();
        fresh.restore(&device, same_steps).unwrap();
        for adam in [&mut fresh, &mut adams[1]] {
            let gradients = gradients(adam);
            adam.step(&gradients, 0.01).unwrap();
        }
        for (a, b) in fresh.parameters().0.values().zip(adams[1].parameters().0.values()) {
            let difference = (a - b).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
            assert!(difference < 1e-6, "{difference}");
        }
    }

    #[test]
    fn values_that_are_not_finite_are_detected() {
        for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let tensor = Tensor::new(&[[1.0, 2.0], [value, 3.0f32]], &Device::Cpu).unwrap();
            assert!(zero_if_finite(&tensor).unwrap().to_scalar::<f32>().unwrap().is_nan());
            assert!(!all_finite([&tensor].into_iter()).unwrap());
        }
        let tensor = Tensor::new(&[1e30f32, -1e38], &Device::Cpu).unwrap();
        assert_eq!(zero_if_finite(&tensor).unwrap().to_scalar::<f32>().unwrap(), 0.0);
        assert!(all_finite([&tensor].into_iter()).unwrap());
    }

    #[test]
    fn a_gradient_that_is_not_finite_leaves_the_variables_unchanged() {
        let mut adam = Adam::new(&parameters(), [0.9, 0.999]).unwrap();
        let before = adam.parameters().0["a"].to_vec2::<f32>().unwrap();
        let loss = (&adam.parameters().0["a"] * f64::NAN).unwrap().sum_all().unwrap();
        let error = adam.step(&loss.backward().unwrap(), 0.01).unwrap_err();
        assert!(matches!(&error, Error::Diverged { iteration: 1, reason } if reason.contains(" a ")), "{error}");
        assert_eq!(adam.parameters().0["a"].to_vec2::<f32>().unwrap(), before);
    }
}
