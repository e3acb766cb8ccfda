//! What earlier generators made of frames, for the critic to see again.
//!
//! A composite is remembered by its recipe, the address that its example was drawn at and the warp that the generator chose,
//! and is cooked again when it is needed: ten thousand of them fit into half a megabyte, and a checkpoint holds them all.

use crate::address::{Address, Purpose};
use crate::{Error, Result};
use candle_core::{DType, Device, Tensor};
use rand::Rng;
use stgan::internals::homography::DIMENSION;
use stgan::model::Parameters;

/// How to make one composite again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Recipe {
    pub address: Address,
    /// The warp that the frame had.
    pub params: [f32; DIMENSION],
}

/// At most `size` recipes. New ones take the places of old ones drawn at random.
#[derive(Clone, Debug, PartialEq, Default)]
pub(super) struct History {
    entries: Vec<Recipe>,
    /// The last iteration's, which [`History::absorb`] takes in. They wait so that the next iteration's examples can be prepared
    /// meanwhile, and are the same ones whether the run was interrupted or not.
    fresh: Vec<Recipe>,
}

/// Numbers of a recipe in a checkpoint: purpose, step, item, the warp.
const COLUMNS: usize = 3 + DIMENSION;

const ENTRIES: &str = "history.entries";
const FRESH: &str = "history.fresh";

impl History {
    /// Holds `recipes` until [`History::absorb`].
    pub(super) fn offer(&mut self, recipes: Vec<Recipe>) {
        self.fresh = recipes;
    }

    /// Takes in what was offered.
    pub(super) fn absorb(&mut self, size: usize, rng: &mut impl Rng) {
        for recipe in self.fresh.drain(..) {
            if self.entries.len() < size {
                self.entries.push(recipe);
            } else if size > 0 {
                let place = rng.random_range(0..self.entries.len());
                self.entries[place] = recipe;
            }
        }
    }

    /// `n` of them at random, fewer while there are fewer.
    pub(super) fn draw(&self, n: usize, rng: &mut impl Rng) -> Vec<Recipe> {
        (0..n.min(self.entries.len())).map(|_| self.entries[rng.random_range(0..self.entries.len())]).collect()
    }

    /// Entries and fresh ones as f64 tensors [n, 11], under the names that a checkpoint has them by; every number is exact there.
    pub(super) fn to_memory(&self) -> Result<Parameters> {
        let tensor = |recipes: &[Recipe]| -> Result<Tensor> {
            let row = |r: &Recipe| {
                let head = [r.address.purpose as u8 as f64, r.address.step as f64, r.address.item as f64];
                head.into_iter().chain(r.params.map(f64::from))
            };
            let values: Vec<f64> = recipes.iter().flat_map(row).collect();
            Ok(Tensor::from_vec(values, (recipes.len(), COLUMNS), &Device::Cpu)?)
        };
        Ok([(ENTRIES.to_owned(), tensor(&self.entries)?), (FRESH.to_owned(), tensor(&self.fresh)?)]
            .into_iter()
            .collect())
    }

    /// What [`History::to_memory`] gave; an empty history if there is none.
    ///
    /// # Errors
    /// [`stgan::Error::TensorShape`] or [`Error::Argument`] for tensors that it has not given.
    pub(super) fn from_memory(memory: &Parameters) -> Result<Self> {
        let recipes = |tensor: &Tensor| -> Result<Vec<Recipe>> {
            if tensor.rank() != 2 || tensor.dim(1)? != COLUMNS || tensor.dtype() != DType::F64 {
                let expected = format!("[n, {COLUMNS}] of f64");
                let actual = tensor.dims().to_vec();
                return Err(stgan::Error::TensorShape { name: "history".into(), actual, expected }.into());
            }
            let recipe = |row: Vec<f64>| {
                let purpose = Purpose::from_number(row[0]).ok_or_else(|| Error::Argument {
                    name: "history",
                    value: row[0].to_string(),
                    expected: "the number of a purpose".into(),
                })?;
                let address = Address { purpose, step: row[1] as usize, item: row[2] as usize };
                Ok(Recipe { address, params: std::array::from_fn(|i| row[3 + i] as f32) })
            };
            tensor.to_vec2::<f64>()?.into_iter().map(recipe).collect()
        };
        let part = |name: &str| memory.0.get(name).map_or_else(|| Ok(Vec::new()), recipes);
        Ok(Self { entries: part(ENTRIES)?, fresh: part(FRESH)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn recipe(step: usize) -> Recipe {
        Recipe { address: Address { purpose: Purpose::Critic, step, item: 3 }, params: [0.1 * step as f32; DIMENSION] }
    }

    #[test]
    fn it_stays_within_its_size_and_old_entries_leave_at_random() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut history = History::default();
        for step in 0..500 {
            history.offer(vec![recipe(2 * step), recipe(2 * step + 1)]);
            history.absorb(100, &mut rng);
        }
        assert_eq!(history.entries.len(), 100);
        let steps: Vec<_> = history.entries.iter().map(|r| r.address.step).collect();
        assert!(steps.iter().any(|&s| s < 800) && steps.iter().filter(|&&s| s >= 800).count() > 50);
        assert!(History::default().draw(5, &mut rng).is_empty());
    }

    #[test]
    fn a_checkpoint_keeps_every_bit() {
        let mut history = History::default();
        history.offer((0..7).map(recipe).collect());
        history.absorb(100, &mut ChaCha8Rng::seed_from_u64(1));
        history.offer(vec![recipe(1 << 40)]);
        let mut memory = history.to_memory().unwrap();
        assert_eq!(History::from_memory(&memory).unwrap(), history);
        let entries = memory.0.get_mut(ENTRIES).unwrap();
        *entries = entries.narrow(1, 0, 4).unwrap();
        assert!(History::from_memory(&memory).is_err());
    }
}
