//! Which face comes next.

use super::Face;
use rand::Rng;

/// Draws faces so that rare poses and sizes count. A training set that is out of balance is the method's known weakness
/// (ST-GAN, section 4.2).
///
/// Faces are sorted into ranges twice: by how far the head is turned, and by how large it is in its picture. A share of
/// the draws takes one of the two at random, then any of its ranges, whether many faces are in it or few, and then one of
/// those; the other draws take any face. Faces without landmarks are in no range: a pool of them is drawn from uniformly.
#[derive(Debug)]
pub struct BalancedSampler {
    /// For each of the two, indices of faces by range. Where all are in one range there is nothing to balance.
    orders: Vec<Vec<Vec<usize>>>,
    faces: usize,
    balance: f64,
}

impl BalancedSampler {
    /// The width of a range of [`super::Face::turn`], and of one of [`super::Face::extent`].
    const TURN: f64 = 0.2;
    const EXTENT: f64 = 0.1;

    /// `balance` is the share of draws by pose and size; it is brought to 0 … 1.
    pub fn new(faces: &[&Face], balance: f64) -> Self {
        let turns = ranges(faces.iter().map(|face| face.turn()), Self::TURN);
        let extents = ranges(faces.iter().map(|face| face.extent()), Self::EXTENT);
        let orders = [turns, extents].into_iter().filter(|order| order.len() > 1).collect();
        Self { orders, faces: faces.len(), balance: if balance.is_finite() { balance.clamp(0.0, 1.0) } else { 0.0 } }
    }

    /// The index of a face.
    ///
    /// # Panics
    /// Where the pool is empty.
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

/// Indices by range of their value; empty ranges and those without a value are left out.
fn ranges(values: impl Iterator<Item = Option<f64>>, width: f64) -> Vec<Vec<usize>> {
    let mut found = std::collections::BTreeMap::<i64, Vec<usize>>::new();
    for (i, value) in values.enumerate() {
        if let Some(value) = value.filter(|value| value.is_finite()) {
            found.entry((value / width).floor() as i64).or_default().push(i);
        }
    }
    found.into_values().collect()
}
