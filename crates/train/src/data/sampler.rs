//! Sampling of faces.

use super::Face;
use rand::Rng;

/// Samples faces so that rare head turns and face sizes are not under-represented. An unbalanced
/// training set is a known weakness of the method (ST-GAN, section 4.2).
///
/// Faces are binned by head turn and, separately, by face size. A share of the draws picks one of
/// the two criteria, then one of its non-empty bins, then a face of the bin, each uniformly. All
/// other draws are uniform over the faces. Faces without landmarks are in no bin.
#[derive(Debug)]
pub struct BalancedSampler {
    /// Indices of faces by bin, for each criterion with more than one bin.
    orders: Vec<Vec<Vec<usize>>>,
    faces: usize,
    balance: f64,
}

impl BalancedSampler {
    /// The bin widths of [`super::Face::turn`] and [`super::Face::extent`].
    const TURN: f64 = 0.2;
    const EXTENT: f64 = 0.1;

    /// `balance` is the share of balanced draws, clamped to 0 … 1.
    pub fn new(faces: &[&Face], balance: f64) -> Self {
        let turns = ranges(faces.iter().map(|face| face.turn()), Self::TURN);
        let extents = ranges(faces.iter().map(|face| face.extent()), Self::EXTENT);
        let orders = [turns, extents].into_iter().filter(|order| order.len() > 1).collect();
        Self { orders, faces: faces.len(), balance: if balance.is_finite() { balance.clamp(0.0, 1.0) } else { 0.0 } }
    }

    /// Draws the index of a face.
    ///
    /// # Panics
    /// If there are no faces.
    pub fn draw(&self, rng: &mut impl Rng) -> usize {
        if !rng.random_bool(self.balance) || self.orders.is_empty() {
            return rng.random_range(0..self.faces);
        }
        let order: &Vec<Vec<usize>> = pick(&self.orders, rng);
        let range = pick(order, rng);
        *pick(range, rng)
    }
}

fn pick<'a, T>(among: &'a [T], rng: &mut impl Rng) -> &'a T {
    &among[rng.random_range(0..among.len())]
}

/// Indices by bin. Empty bins and faces without a value are left out.
fn ranges(values: impl Iterator<Item = Option<f64>>, width: f64) -> Vec<Vec<usize>> {
    let mut found = std::collections::BTreeMap::<i64, Vec<usize>>::new();
    for (i, value) in values.enumerate() {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            found.entry((value / width).floor() as i64).or_default().push(i);
        }
    }
    found.into_values().collect()
}
