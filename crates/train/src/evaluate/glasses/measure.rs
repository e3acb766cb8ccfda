//! Scores of a cut-out by the labels of its photo.

use super::InPlace;
use super::mask::{Mask, borders};
use serde::Serialize;

/// The labels of a label map.
pub(super) const FRONT: u8 = 1;
pub(super) const LENS: u8 = 2;
pub(super) const ARM: u8 = 3;

/// What a labelled photo shows, which decides how its cut-out is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Product {
    /// Whether the lenses are clear, neither tinted nor mirrored.
    pub clear: bool,
    /// Whether the front is translucent.
    pub translucent: bool,
}

/// Scores of a cut-out. A value is NaN (`null` in JSON) if the photo has no such pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CutOutScores {
    /// Intersection over union of the front. Pixels of arms, and those closer than 0.25 % of the
    /// glasses' width to the border of two labels, do not count.
    pub front: f64,
    /// Intersection over union of the lenses, with the same exceptions.
    pub lens: f64,
    /// Intersection over union of the front, near borders too.
    pub front_strict: f64,
    /// Intersection over union of the lenses, near borders too.
    pub lens_strict: f64,
    /// The mean alpha of the background in a box around the glasses.
    pub background: f64,
    /// The area outside the glasses with an alpha above 0.15, as a share of the front's area.
    pub remains: f64,
    /// One minus the mean alpha of the front; NaN for a translucent front.
    pub front_loss: f64,
    /// The mean alpha of clear lenses. For other lenses, the mean distance of alpha from the range
    /// 0.25 to 0.95.
    pub lens_error: f64,
    /// The mean alpha where arms or pads are. It does not count for `usable`.
    pub arms: f64,
    /// Whether `front` is at least 0.85 (0.7 if translucent), `background` at most 0.02, `remains`
    /// at most 0.05, `front_loss` at most 0.15 and `lens_error` at most 0.12.
    pub usable: bool,
}

impl CutOutScores {
    /// The scores of a photo that was refused.
    pub(super) const REFUSED: Self = Self {
        front: 0.0,
        lens: 0.0,
        front_strict: 0.0,
        lens_strict: 0.0,
        background: 1.0,
        remains: 9.0,
        front_loss: 1.0,
        lens_error: 1.0,
        arms: 0.0,
        usable: false,
    };

    /// Scores a cut-out by the label map `truth` of its size, in which there are glasses.
    pub(super) fn of(cut_out: &InPlace, truth: &[u8], product: Product) -> Self {
        let width = cut_out.image.width() as usize;
        let alpha: Vec<f64> = cut_out.image.data().chunks_exact(4).map(|pixel| f64::from(pixel[3]) / 255.0).collect();
        let is_glasses = |label: u8| label == FRONT || label == LENS;
        let [left, top, right, bottom] = bounds(truth, width, is_glasses);
        let glasses_width = right - left;
        let reach = ((0.0025 * glasses_width as f64).round_ties_even() as usize).max(1);
        let (front, lens) = classes(cut_out, &alpha, glasses_width, product);
        let edge = borders(truth, width, reach);
        let near = Mask::new(width, truth.iter().map(|&label| label > 0)).dilated(reach);
        let iou = |mask: &[bool], label: u8, near_borders: bool| {
            let counted = |&i: &usize| truth[i] != ARM && (near_borders || !edge.on[i]);
            let (mut both, mut either) = (0.0, 0.0);
            for i in (0..truth.len()).filter(counted) {
                both += f64::from(u8::from(mask[i] && truth[i] == label));
                either += f64::from(u8::from(mask[i] || truth[i] == label));
            }
            both / either
        };
        let mean = |wanted: &dyn Fn(usize) -> bool, value: &dyn Fn(f64) -> f64| {
            let values = (0..truth.len()).filter(|&i| wanted(i)).map(|i| value(alpha[i]));
            let (count, sum) = values.fold((0.0, 0.0), |(count, sum), value| (count + 1.0, sum + value));
            sum / count
        };
        let margin = (0.15 * glasses_width as f64) as usize;
        let (columns, rows) =
            (left.saturating_sub(margin)..right + margin, top.saturating_sub(margin)..bottom + margin);
        let in_box = |i: usize| columns.contains(&(i % width)) && rows.contains(&(i / width));
        let same = |alpha: f64| alpha;
        let lens_error =
            if product.clear { same } else { |alpha: f64| (0.25 - alpha).max(0.0) + (alpha - 0.95).max(0.0) };
        let area = truth.iter().filter(|&&label| label == FRONT).count().max(1) as f64;
        let remains = (0..truth.len()).filter(|&i| alpha[i] > 0.15 && !near.on[i]).count() as f64;
        let mut scores = Self {
            front: iou(&front.on, FRONT, false),
            lens: iou(&lens.on, LENS, false),
            front_strict: iou(&front.on, FRONT, true),
            lens_strict: iou(&lens.on, LENS, true),
            background: mean(&|i| truth[i] == 0 && in_box(i) && !near.on[i], &same),
            remains: remains / area,
            front_loss: 1.0 - mean(&|i| truth[i] == FRONT && !edge.on[i] && !product.translucent, &same),
            lens_error: mean(&|i| truth[i] == LENS && !edge.on[i], &lens_error),
            arms: mean(&|i| truth[i] == ARM, &same),
            usable: false,
        };
        let least = if product.translucent { 0.7 } else { 0.85 };
        scores.usable = scores.front >= least
            && scores.background <= 0.02
            && scores.remains <= 0.05
            && (scores.front_loss.is_nan() || scores.front_loss <= 0.15)
            && scores.lens_error <= 0.12;
        scores
    }
}

/// Front and lenses by the cut-out's own labels; without them, by alpha.
fn classes(cut_out: &InPlace, alpha: &[f64], glasses_width: usize, product: Product) -> (Mask, Mask) {
    let width = cut_out.image.width() as usize;
    if let Some(labels) = &cut_out.labels {
        let front = labels.iter().zip(alpha).map(|(&label, &alpha)| label == FRONT && alpha > 0.1);
        return (Mask::new(width, front), Mask::new(width, labels.iter().map(|&label| label == LENS)));
    }
    if !product.clear {
        let front = Mask::new(width, alpha.iter().map(|&alpha| alpha >= 0.9));
        return (front, Mask::new(width, alpha.iter().map(|&alpha| alpha > 0.1 && alpha < 0.9)));
    }
    let least = if product.translucent { 0.15 } else { 0.5 };
    let front = Mask::new(width, alpha.iter().map(|&alpha| alpha > least));
    let filled = front.dilated(1).eroded(1).filled();
    let holes = Mask::new(width, filled.on.iter().zip(&front.on).map(|(&filled, &front)| filled && !front));
    let lens = holes.without_small_groups(0.01 * (glasses_width as f64).powi(2));
    (front, lens)
}

/// The first and last column and row of some labels: left, top, right, bottom.
fn bounds(labels: &[u8], width: usize, wanted: impl Fn(u8) -> bool) -> [usize; 4] {
    let found = (0..labels.len()).filter(|&i| wanted(labels[i])).map(|i| (i % width, i / width));
    found.fold([usize::MAX, usize::MAX, 0, 0], |[l, t, r, b], (x, y)| [l.min(x), t.min(y), r.max(x), b.max(y)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use stgan::Bitmap;

    const WIDTH: usize = 120;
    const CLEAR: Product = Product { clear: true, translucent: false };

    /// Two rings of front with a bridge, lenses inside, an arm across the left lens.
    fn truth() -> Vec<u8> {
        let label = |x: usize, y: usize| {
            let inside = |centre: f64| {
                let distance = (x as f64 - centre).hypot(y as f64 - 30.0);
                (distance <= 26.0).then_some(if distance <= 18.0 { LENS } else { FRONT })
            };
            let at = inside(32.0).or(inside(88.0));
            let bridge = (28..32).contains(&y) && (56..64).contains(&x);
            match at {
                Some(LENS) if x < 60 && (40..43).contains(&y) => ARM,
                Some(label) => label,
                None => FRONT * u8::from(bridge),
            }
        };
        (0..60 * WIDTH).map(|i| label(i % WIDTH, i / WIDTH)).collect()
    }

    fn cut_out(alpha: impl Fn(usize) -> u8, labels: Option<Vec<u8>>) -> InPlace {
        let data = (0..60 * WIDTH).flat_map(|i| [0, 0, 0, alpha(i)]).collect();
        InPlace { image: Bitmap::new(WIDTH as u32, 60, data).unwrap(), labels }
    }

    #[test]
    fn a_perfect_cut_out_is_usable_by_labels_and_by_alpha() {
        let truth = truth();
        let alpha = |i: usize| if truth[i] == FRONT { 255 } else { 0 };
        for labels in [None, Some(truth.clone())] {
            let scores = CutOutScores::of(&cut_out(alpha, labels), &truth, CLEAR);
            assert!(
                scores.usable && scores.front == 1.0 && scores.lens == 1.0 && scores.front_strict == 1.0,
                "{scores:?}"
            );
            assert_eq!((scores.background, scores.remains, scores.front_loss, scores.arms), (0.0, 0.0, 0.0, 0.0));
        }
    }

    #[test]
    fn errors_show_in_the_scores_that_they_concern() {
        let truth = truth();
        let perfect = |i: usize| if truth[i] == FRONT { 255 } else { 0 };
        let score = |alpha: &dyn Fn(usize) -> u8, product| {
            CutOutScores::of(&cut_out(alpha, Some(truth.clone())), &truth, product)
        };
        let opaque_lenses = score(&|i| if truth[i] == LENS { 255 } else { perfect(i) }, CLEAR);
        assert!(!opaque_lenses.usable && opaque_lenses.lens_error == 1.0);
        let tinted = Product { clear: false, translucent: false };
        let translucent_lenses = score(&|i| if truth[i] == LENS { 128 } else { perfect(i) }, tinted);
        assert!(translucent_lenses.usable && translucent_lenses.lens_error == 0.0);
        let arms = score(&|i| if truth[i] == ARM { 255 } else { perfect(i) }, CLEAR);
        assert!(arms.usable && arms.arms == 1.0);
        let rectangle = score(&|_| 255, CLEAR);
        assert!(!rectangle.usable && rectangle.background == 1.0 && rectangle.remains > 0.5);
        let faint = score(&|i| perfect(i) / 2, CLEAR);
        assert!(!faint.usable && (faint.front_loss - 0.5).abs() < 0.01 && faint.front == 1.0);
        let translucent = score(&|i| perfect(i) / 2, Product { translucent: true, ..CLEAR });
        assert!(translucent.usable && translucent.front_loss.is_nan());
    }
}
