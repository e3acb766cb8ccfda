//! The metrics of an iteration, and their means over several iterations.

use crate::Result;
use candle_core::{DType, Tensor};
use std::collections::BTreeMap;

/// Metrics by name: the sum of the values and their number.
#[derive(Clone, Debug, Default)]
pub(crate) struct IterationMetrics(BTreeMap<&'static str, (f64, usize)>);

impl IterationMetrics {
    /// Copies scalars from their device in one transfer.
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

    /// The mean of one metric.
    pub(crate) fn mean(&self, name: &str) -> Option<f64> {
        self.0.get(name).map(|(sum, count)| sum / (*count).max(1) as f64)
    }

    /// The mean of every metric.
    pub(crate) fn means(&self) -> impl Iterator<Item = (&'static str, f64)> {
        self.0.iter().map(|(name, (sum, count))| (*name, sum / (*count).max(1) as f64))
    }

    /// The first metric whose mean is not finite.
    pub(crate) fn first_non_finite(&self) -> Option<(&'static str, f64)> {
        self.means().find(|(_, value)| !value.is_finite())
    }
}
