//! Labels at full size: the network's coarse probabilities, weighed by the colours around each
//! pixel.

use super::blocks::BlockColours;
use super::{Colour, Labelled, distance};
use crate::cutout::network::{ARM, BACKGROUND, FRONT, LABELS, LENS};

/// The sides of the blocks over which colours of the front and of the lenses are averaged, as a
/// share of the image's width.
const FRONT_BLOCK: f64 = 1.0 / 250.0;
const LENS_BLOCK: f64 = 1.0 / 60.0;
/// The largest distance of an arm's middle from the lens around it, in blocks of the lens.
const ARM_BLOCKS: usize = 6;
/// The spread of colours around those expected: of the ground, which is known, and of the means of
/// lens and front.
const GROUND_SPREAD: f32 = 0.04;
const MEAN_SPREAD: f32 = 0.07;
/// The likelihood of any colour: by noise in ground and lens, and in the front, whose colours vary.
const ANY: f32 = 0.02;
const ANY_OF_FRONT: f32 = 0.15;
/// The likelihood of the ground's colour in a shadow, and the darkest shadow.
const SHADOW: f32 = 0.3;
const DARKEST: f32 = 0.45;
/// Shadows darken all channels alike, up to this difference.
const SHADOW_TINT: f32 = 0.05;
/// Pixels at least this certain keep their label.
const SURE: f32 = 0.995;

/// The colours of ground, front and lenses around each pixel.
pub(super) struct ColourModels<'a> {
    pub backdrop: &'a [Colour],
    pub fronts: BlockColours,
    pub lenses: BlockColours,
    width: usize,
}

impl<'a> ColourModels<'a> {
    pub(super) fn new(labelled: &Labelled, backdrop: &'a [Colour]) -> Self {
        let size = (labelled.image.width() as usize, labelled.image.height() as usize);
        let block = |share: f64| ((share * size.0 as f64) as usize).max(2);
        let lenses = BlockColours::new(size, block(LENS_BLOCK), 1, |i| {
            (labelled.shares(i)[LENS] > 0.8).then(|| (labelled.colour(i), 1.0))
        })
        .spread(ARM_BLOCKS);
        // Pixels that differ from ground and lens are the least mixed with them.
        let fronts = BlockColours::new(size, block(FRONT_BLOCK), 2, |i| {
            (labelled.shares(i)[FRONT] > 0.6).then(|| {
                let colour = labelled.colour(i);
                let lens = lenses.at(i % size.0, i / size.0).map_or(1.0, |lens| distance(colour, lens));
                (colour, 1e-4 + distance(colour, backdrop[i]).min(lens))
            })
        });
        Self { backdrop, fronts, lenses, width: size.0 }
    }

    /// The probabilities of the labels given the colours: Bayes' rule with the network's answer as
    /// the prior.
    pub(super) fn weighed(&self, labelled: &Labelled) -> Vec<f32> {
        let mut weighed = labelled.probabilities.to_vec();
        for (i, shares) in weighed.as_chunks_mut::<LABELS>().0.iter_mut().enumerate() {
            if shares.iter().any(|&share| share > SURE) {
                continue;
            }
            let likelihoods = self.likelihoods(labelled.colour(i), i);
            for (share, likelihood) in shares.iter_mut().zip(likelihoods) {
                *share *= likelihood;
            }
            let sum: f32 = shares.iter().sum();
            for share in shares {
                *share /= sum;
            }
        }
        weighed
    }

    fn likelihoods(&self, colour: Colour, i: usize) -> [f32; LABELS] {
        let (x, y) = (i % self.width, i / self.width);
        let ground = self.backdrop[i];
        let own = self.fronts.at(x, y).map_or(0.0, |own| near(colour, own, MEAN_SPREAD));
        let mut all = [0.0; LABELS];
        all[BACKGROUND] =
            (ANY + near(colour, ground, GROUND_SPREAD)).max(if is_shadow(colour, ground) { SHADOW } else { 0.0 });
        all[LENS] = ANY + near(colour, self.lenses.at(x, y).unwrap_or(ground), MEAN_SPREAD);
        all[FRONT] = ANY_OF_FRONT + own;
        // Arms have the colours of the front; which of the two it is, the network decides.
        all[ARM] = all[FRONT];
        all
    }
}

/// 1 for equal colours, falling to 0.
fn near(a: Colour, b: Colour, spread: f32) -> f32 {
    let off = distance(a, b) / spread;
    (-off * off).exp()
}

fn is_shadow(colour: Colour, ground: Colour) -> bool {
    let ratios: [f32; 3] = std::array::from_fn(|c| colour[c] / ground[c]);
    let (low, high) = (ratios[0].min(ratios[1]).min(ratios[2]), ratios[0].max(ratios[1]).max(ratios[2]));
    low > DARKEST && high < 1.0 && high - low < SHADOW_TINT
}
