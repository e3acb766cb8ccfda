//! The figures of an iteration, and their means over an interval.

use crate::Result;
use candle_core::{DType, Tensor};
use std::collections::BTreeMap;

/// Figures by name, each with how many iterations it is the sum over.
#[derive(Clone, Debug, Default)]
pub(crate) struct Numbers(BTreeMap<&'static str, (f64, usize)>);

impl Numbers {
    /// Reads scalars off their device, all in one transfer.
    pub(crate) fn read(scalars: &[(&'static str, &Tensor)]) -> Result<Self> {
        let tensors: Vec<Tensor> =
            scalars.iter().map(|(_, t)| t.detach().to_dtype(DType::F64)).collect::<candle_core::Result<_>>()?;
        let values = Tensor::stack(&tensors, 0)?.to_vec1::<f64>()?;
        Ok(Self(scalars.iter().zip(values).map(|((name, _), value)| (*name, (value, 1))).collect()))
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (name, (value, count)) in &other.0 {
            let sum = self.0.entry(name).or_default();
            *sum = (sum.0 + value, sum.1 + count);
        }
    }

    /// The mean of a figure.
    pub(crate) fn mean(&self, name: &str) -> Option<f64> {
        self.0.get(name).map(|(sum, count)| sum / (*count).max(1) as f64)
    }

    /// Every figure's mean.
    pub(crate) fn means(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().map(|(name, (sum, count))| (*name, sum / (*count).max(1) as f64))
    }

    /// The first figure that is not finite.
    pub(crate) fn broken(&self) -> Option<(&'static str, f64)> {
        self.means().find(|(_, value)| !value.is_finite())
    }
}
