//! The silhouette of an object on an even ground, without a network.
//!
//! The ground is fitted to the edges of the image. What the flood from those edges reaches is
//! ground: pixels of its colour, and soft shadows on it. At the edge of the rest, known-background
//! matting finds the transparency.

use super::Refusal;
use crate::cutout::{BlockColours, Colour, Ground, covered, distance, groups, unmixed};
use crate::{Bitmap, BitmapRef};

/// The width of the edges that show ground, as a share of the shorter side.
const EDGE: f64 = 0.03;
/// At least this share of the edges has the colour of the ground. A piece may touch them.
const EVEN: f64 = 0.6;
/// Pixels of the ground differ from its surface by at most this much. Noise widens it.
const TOLERANCE: [f32; 2] = [0.025, 0.07];
/// A shadow is not darker than this share of the ground, has its hue, and is soft: over the whole
/// longer side of the image its brightness would change by this much.
const DARKEST: f32 = 0.45;
const HUE: f32 = 0.03;
const SOFT: f32 = 15.0;
/// The slope of a shadow is measured over this share of the longer side.
const REACH: f32 = 1.0 / 600.0;
/// At least this share of the edge of a shadow fades into the ground. A pale side of a piece that a
/// shadow leads to has sharp edges.
const FADING: f64 = 0.35;
/// Openings in an object, such as below the seat of a chair, have at least this share of the
/// image's area; objects of less than the second share are specks.
const OPENING: f64 = 0.00012;
const SPECK: f64 = 0.002;
/// Groups of pixels that are smaller than this share of the largest one are prices, logos or dust.
const SMALL: f64 = 0.04;
/// Edges are matted this many pixels inwards.
const BAND: usize = 2;
/// The side of the blocks over which the colours of an object are averaged, in pixels.
const BLOCK: usize = 4;

/// Removes the ground of an image. The result has its size, and no more alpha.
///
/// # Errors
/// [`Refusal::BusyGround`] if the edges of the image are not even, and [`Refusal::NoFurniture`] if
/// nothing differs from them.
pub(super) fn without_ground(image: BitmapRef) -> Result<Bitmap, Refusal> {
    let size = (image.width() as usize, image.height() as usize);
    let edge = Edge { size, depth: (EDGE * size.0.min(size.1) as f64).ceil() as usize };
    let ground = Ground::fit(image, |i| edge.contains(i)).ok_or(Refusal::BusyGround)?.image();
    let photo = Photo { image, ground, size };
    let tolerance = photo.tolerance(&edge).ok_or(Refusal::BusyGround)?;
    let object = photo.object(tolerance).ok_or(Refusal::NoFurniture)?;
    Ok(photo.matted(&object))
}

/// The pixels near the edges of an image.
struct Edge {
    size: (usize, usize),
    depth: usize,
}

impl Edge {
    fn contains(&self, i: usize) -> bool {
        let (x, y) = (i % self.size.0, i / self.size.0);
        let near = |at: usize, length: usize| at < self.depth || at + self.depth >= length;
        near(x, self.size.0) || near(y, self.size.1)
    }
}

struct Photo<'a> {
    image: BitmapRef<'a>,
    /// The colour of the ground at each pixel.
    ground: Vec<Colour>,
    size: (usize, usize),
}

impl Photo<'_> {
    fn colour(&self, i: usize) -> Colour {
        let pixel: &[u8; 4] = &self.image.data().as_chunks().0[i];
        [0, 1, 2].map(|c| f32::from(pixel[c]) / 255.0)
    }

    fn difference(&self, i: usize) -> f32 {
        distance(self.colour(i), self.ground[i])
    }

    /// How much the ground varies; `None` if too much of the edges is something else.
    fn tolerance(&self, edge: &Edge) -> Option<f32> {
        let mut differences: Vec<f32> =
            (0..self.ground.len()).filter(|&i| edge.contains(i)).map(|i| self.difference(i)).collect();
        let middle = differences.len() / 2;
        let median = *differences.select_nth_unstable_by(middle, f32::total_cmp).1;
        let tolerance = (4.0 * median).clamp(TOLERANCE[0], TOLERANCE[1]);
        let even = differences.iter().filter(|&&difference| difference < tolerance).count();
        (even as f64 >= EVEN * differences.len() as f64).then_some(tolerance)
    }

    /// Whether each pixel belongs to the object; `None` if there is none.
    fn object(&self, tolerance: f32) -> Option<Vec<bool>> {
        let plain: Vec<bool> = (0..self.ground.len()).map(|i| self.difference(i) < tolerance).collect();
        let passable: Vec<bool> = (0..plain.len()).map(|i| plain[i] || self.is_shadow(i)).collect();
        let mut object: Vec<bool> = self.flood(&plain).iter().map(|flooded| !flooded).collect();
        self.remove_shadows(&mut object, &self.flood(&passable));
        self.open(&mut object, tolerance);
        self.clean(&mut object).then_some(object)
    }

    /// Removes the pixels that are reached over shadows, unless they are a part of the object.
    fn remove_shadows(&self, object: &mut [bool], reached: &[bool]) {
        let shadow: Vec<bool> = object.iter().zip(reached).map(|(inside, reached)| *inside && *reached).collect();
        let found = groups(&shadow, self.size.0, 1);
        // For each group the neighbours that are ground, and those of the object.
        let mut beside = vec![[0usize; 2]; found.groups.len()];
        for (i, group) in found.of.iter().enumerate().filter_map(|(i, group)| Some((i, (*group)? as usize))) {
            for next in neighbours(i, self.size).filter(|&next| !shadow[next]) {
                beside[group][usize::from(object[next])] += 1;
            }
        }
        for (inside, group) in object.iter_mut().zip(&found.of) {
            *inside &= !group.is_some_and(|group| {
                let [ground, object] = beside[group as usize].map(|count| count as f64);
                ground >= FADING * (ground + object)
            });
        }
    }

    /// The ground darkened, and no edge of an object.
    fn is_shadow(&self, i: usize) -> bool {
        let (colour, ground) = (self.colour(i), self.ground[i]);
        let ratios = [0, 1, 2].map(|c| colour[c] / ground[c]);
        let (low, high) = (ratios[0].min(ratios[1]).min(ratios[2]), ratios[0].max(ratios[1]).max(ratios[2]));
        if low < DARKEST || high > 1.0 || high - low > HUE {
            return false;
        }
        let (width, height) = self.size;
        let (x, y) = (i % width, i / width);
        let side = width.max(height) as f32;
        let reach = (REACH * side).round().max(1.0) as usize;
        let level = |x: usize, y: usize| self.colour(y * width + x).iter().sum::<f32>() / 3.0;
        let across = (level((x + reach).min(width - 1), y) - level(x.saturating_sub(reach), y)).abs();
        let down = (level(x, (y + reach).min(height - 1)) - level(x, y.saturating_sub(reach))).abs();
        across.max(down) < SOFT * (2 * reach) as f32 / side
    }

    /// The pixels that are reached from the edges of the image over passable ones.
    fn flood(&self, passable: &[bool]) -> Vec<bool> {
        let (width, height) = self.size;
        let mut flooded = vec![false; passable.len()];
        let rows = (0..width).flat_map(|x| [x, (height - 1) * width + x]);
        let columns = (0..height).flat_map(|y| [y * width, y * width + width - 1]);
        let mut stack: Vec<usize> = rows.chain(columns).filter(|&i| passable[i]).collect();
        stack.iter().for_each(|&i| flooded[i] = true);
        while let Some(i) = stack.pop() {
            for next in neighbours(i, self.size) {
                if passable[next] && !flooded[next] {
                    flooded[next] = true;
                    stack.push(next);
                }
            }
        }
        flooded
    }

    /// Removes the ground that is seen through openings of the object.
    fn open(&self, object: &mut [bool], tolerance: f32) {
        let ground: Vec<bool> =
            object.iter().enumerate().map(|(i, inside)| *inside && self.difference(i) < 0.5 * tolerance).collect();
        let found = groups(&ground, self.size.0, 1);
        let least = (OPENING * object.len() as f64).max(12.0);
        for (inside, group) in object.iter_mut().zip(&found.of) {
            if group.is_some_and(|group| found.groups[group as usize].count as f64 >= least) {
                *inside = false;
            }
        }
    }

    /// Removes small groups. Whether an object remains.
    fn clean(&self, object: &mut [bool]) -> bool {
        let found = groups(object, self.size.0, 1);
        let largest = found.groups.iter().map(|group| group.count).max().unwrap_or_default() as f64;
        for (inside, group) in object.iter_mut().zip(&found.of) {
            *inside &= group.is_some_and(|group| found.groups[group as usize].count as f64 >= SMALL * largest);
        }
        largest >= SPECK * object.len() as f64
    }

    /// The object with transparent surroundings.
    fn matted(&self, object: &[bool]) -> Bitmap {
        let depth = self.depths(object);
        let inner = |i: usize| (usize::from(depth[i]) > BAND).then(|| (self.colour(i), 1.0));
        let own = BlockColours::new(self.size, BLOCK, 1, inner).spread(2);
        let mut image = self.image.to_owned();
        for (i, pixel) in image.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let before = std::mem::take(&mut pixel[3]);
            let is_beside = || neighbours(i, self.size).any(|next| object[next]);
            if !object[i] && !is_beside() {
                *pixel = [0; 4];
                continue;
            }
            let (colour, ground) = (self.colour(i), self.ground[i]);
            let own = own.at(i % self.size.0, i / self.size.0);
            let alpha = match own.and_then(|own| covered(colour, own, ground)) {
                _ if usize::from(depth[i]) > BAND => 1.0,
                Some(alpha) => alpha,
                None => f32::from(u8::from(object[i])),
            };
            let colour =
                unmixed(colour, ground, alpha, own.unwrap_or(colour)).map(|value| (255.0 * value).round() as u8);
            *pixel = [colour[0], colour[1], colour[2], (f32::from(before) * alpha).round() as u8];
        }
        image
    }

    /// The distance of each pixel of the object from its edge, up to one more than [`BAND`]; 0 is
    /// outside.
    fn depths(&self, object: &[bool]) -> Vec<u8> {
        let mut depth: Vec<u8> = object.iter().map(|inside| u8::from(*inside)).collect();
        for step in 1..=BAND as u8 {
            let before = depth.clone();
            for (i, value) in depth.iter_mut().enumerate() {
                if before[i] == step && neighbours(i, self.size).all(|next| before[next] >= step) {
                    *value = step + 1;
                }
            }
        }
        depth
    }
}

/// The pixels beside, above and below a pixel.
fn neighbours(i: usize, (width, height): (usize, usize)) -> impl Iterator<Item = usize> {
    let (x, y) = (i % width, i / width);
    let left = (x > 0).then(|| i - 1);
    let right = (x + 1 < width).then(|| i + 1);
    let above = (y > 0).then(|| i - width);
    let below = (y + 1 < height).then(|| i + width);
    [left, right, above, below].into_iter().flatten()
}

#[cfg(test)]
mod tests;
