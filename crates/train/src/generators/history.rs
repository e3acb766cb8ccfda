//! Composites made by earlier generators, which the discriminator is shown again (Shrivastava et
//! al. 2017).
//!
//! A composite is stored as the address of its example and the parameters that the generators
//! chose, and is re-rendered when sampled. Ten thousand of them take half a megabyte, so a
//! checkpoint holds them all.

use crate::address::{Address, Purpose};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use rand::Rng;
use stgan::internals::homography::DIMENSION;
use stgan::model::Parameters;

/// What is needed to render one composite again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct StoredComposite {
    pub address: Address,
    /// The warp parameters of the glasses.
    pub params: [f32; DIMENSION],
}

/// A buffer of stored composites. When it is full, a new one replaces a random old one.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct History {
    entries: Vec<StoredComposite>,
    /// The composites of the last iteration, which [`History::store_pending`] moves into the
    /// buffer. They wait because the next batch is sampled while the iteration still runs; so the
    /// batch is the same whether or not the run was interrupted in between.
    pending: Vec<StoredComposite>,
}

/// Columns of a stored composite in a checkpoint: purpose, iteration, item, parameters.
const COLUMNS: usize = 3 + DIMENSION;

const ENTRIES: &str = "history.entries";
const PENDING: &str = "history.pending";

impl History {
    /// Keeps `composites` until [`History::store_pending`].
    pub(super) fn set_pending(&mut self, composites: Vec<StoredComposite>) {
        self.pending = composites;
    }

    /// Moves the pending composites into the buffer, which holds at most `size`.
    pub(super) fn store_pending(&mut self, size: usize, rng: &mut impl Rng) {
        for composite in self.pending.drain(..) {
            if self.entries.len() < size {
                self.entries.push(composite);
            } else if size > 0 {
                let place = rng.random_range(0..self.entries.len());
                self.entries[place] = composite;
            }
        }
    }

    /// Samples `n` composites with replacement; fewer while the buffer holds fewer than `n`.
    pub(super) fn sample(&self, n: usize, rng: &mut impl Rng) -> Vec<StoredComposite> {
        (0..n.min(self.entries.len())).map(|_| self.entries[rng.random_range(0..self.entries.len())]).collect()
    }

    /// Buffer and pending composites as f64 tensors [n, 11] for a checkpoint. Every value is exact.
    pub(super) fn to_memory(&self) -> Result<Parameters> {
        let tensor = |composites: &[StoredComposite]| -> Result<Tensor> {
            let row = |c: &StoredComposite| {
                let head = [c.address.purpose as u8 as f64, c.address.iteration as f64, c.address.item as f64];
                head.into_iter().chain(c.params.map(f64::from))
            };
            let values: Vec<f64> = composites.iter().flat_map(row).collect();
            Ok(Tensor::from_vec(values, (composites.len(), COLUMNS), &Device::Cpu)?)
        };
        Ok([(ENTRIES.to_owned(), tensor(&self.entries)?), (PENDING.to_owned(), tensor(&self.pending)?)]
            .into_iter()
            .collect())
    }

    /// Restores what [`History::to_memory`] saved; an empty history if `memory` has none.
    ///
    /// # Errors
    /// [`stgan::Error::TensorShape`] or [`Error::Argument`] if a tensor was not saved by
    /// [`History::to_memory`].
    pub(super) fn from_memory(memory: &Parameters) -> Result<Self> {
        let composites = |tensor: &Tensor| -> Result<Vec<StoredComposite>> {
            if tensor.rank() != 2 || tensor.dim(1)? != COLUMNS || tensor.dtype() != DType::F64 {
                let expected = format!("[n, {COLUMNS}] of f64");
                let actual = tensor.dims().to_vec();
                return Err(stgan::Error::TensorShape { name: "history".into(), actual, expected }.into());
            }
            let composite = |row: Vec<f64>| {
                let purpose = Purpose::from_number(row[0]).ok_or_else(|| Error::Argument {
                    name: "history",
                    value: row[0].to_string(),
                    expected: "the number of a purpose; the checkpoint is damaged".into(),
                })?;
                let address = Address { purpose, iteration: row[1] as usize, item: row[2] as usize };
                Ok(StoredComposite { address, params: std::array::from_fn(|i| row[3 + i] as f32) })
            };
            tensor.to_vec2::<f64>()?.into_iter().map(composite).collect()
        };
        let read = |name: &str| memory.0.get(name).map_or_else(|| Ok(Vec::new()), composites);
        Ok(Self { entries: read(ENTRIES)?, pending: read(PENDING)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn composite(iteration: usize) -> StoredComposite {
        StoredComposite {
            address: Address { purpose: Purpose::Discriminator, iteration, item: 3 },
            params: [0.1 * iteration as f32; DIMENSION],
        }
    }

    #[test]
    fn the_buffer_keeps_its_size_and_replaces_random_entries() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut history = History::default();
        for i in 0..500 {
            history.set_pending(vec![composite(2 * i), composite(2 * i + 1)]);
            history.store_pending(100, &mut rng);
        }
        assert_eq!(history.entries.len(), 100);
        let iterations: Vec<_> = history.entries.iter().map(|c| c.address.iteration).collect();
        assert!(iterations.iter().any(|&i| i < 800) && iterations.iter().filter(|&&i| i >= 800).count() > 50);
        assert!(History::default().sample(5, &mut rng).is_empty());
    }

    #[test]
    fn a_checkpoint_restores_every_bit() {
        let mut history = History::default();
        history.set_pending((0..7).map(composite).collect());
        history.store_pending(100, &mut ChaCha8Rng::seed_from_u64(1));
        history.set_pending(vec![composite(1 << 40)]);
        let mut memory = history.to_memory().unwrap();
        assert_eq!(History::from_memory(&memory).unwrap(), history);
        let entries = memory.0.get_mut(ENTRIES).unwrap();
        *entries = entries.narrow(1, 0, 4).unwrap();
        assert!(History::from_memory(&memory).is_err());
    }
}
