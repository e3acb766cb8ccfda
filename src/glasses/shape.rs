//! The shape of glasses by the network's labels: lens centres, rotation, and whether the view is
//! one from the front.

use super::refusal::{MIN_WIDTH, Refusal};
use crate::cutout::{BACKGROUND, FRONT, LABELS, LENS, Segments, Sides};

/// A front view has lenses of about the same width.
const MIN_RATIO: f64 = 0.7;
/// The largest rotation that is straightened, in degrees.
const MAX_ROTATION: f64 = 12.0;
/// The heights of fronts as a share of their width.
const ASPECTS: std::ops::RangeInclusive<f64> = 0.12..=0.8;
/// Labels less certain than this, in the mean, show no glasses.
const MIN_CONFIDENCE: f64 = 0.6;

/// The shape of glasses in the part of a source image that the labels cover.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// The lens centres (x, y) in pixels of the part, the left one first.
    pub lens_centres: [[f64; 2]; 2],
    /// The clockwise rotation in degrees.
    pub rotation: f64,
    /// The width of front and lenses in pixels.
    pub width: f64,
    /// The mean probability of the labels of all pixels that are not background.
    pub confidence: f64,
    /// The area of the arms as a share of the area of front and lenses.
    pub arms: f64,
}

impl Shape {
    /// # Errors
    /// [`Refusal`] for what is no front view of glasses.
    pub(super) fn of(segments: &Segments) -> Result<Self, Refusal> {
        let (columns, rows) = segments.size;
        let cells = Cells::new(segments);
        let sides = Sides::of(&cells.labels, columns).ok_or(Refusal::NoGlasses)?;
        let ([left, right], [top, bottom]) = (sides.columns, sides.rows);
        let scale = f64::from(segments.rect.width) / columns as f64;
        let (width, height) = ((right + 1 - left) as f64, (bottom + 1 - top) as f64);
        let count = |wanted: fn(usize) -> bool| cells.labels.iter().filter(|&&label| wanted(label)).count() as f64;
        let glasses = count(|label| label == FRONT || label == LENS);
        let has_both = count(|label| label == FRONT) > 8.0 && count(|label| label == LENS) > 0.02 * width * width;
        if !has_both || !ASPECTS.contains(&(height / width)) || cells.confidence < MIN_CONFIDENCE {
            return Err(Refusal::NoGlasses);
        }
        if width * scale < f64::from(MIN_WIDTH) {
            return Err(Refusal::TooSmall { width: (width * scale) as u32 });
        }
        let lenses = [left..sides.bridge, sides.bridge..right + 1].map(|columns| cells.lens(columns));
        let usual = [-1.0, 1.0]
            .map(|side| [left as f64 + width * (0.5 + side * super::grid::LENS_CENTRE), top as f64 + 0.5 * height]);
        let mut centres = usual;
        let mut rotation = 0.0;
        // A shield has one lens.
        if let [Some(one), Some(other)] = lenses
            && !sides.is_shield
        {
            let ratio = (one.width / other.width).min(other.width / one.width);
            if ratio < MIN_RATIO {
                return Err(Refusal::NotAFrontView { ratio });
            }
            centres = [one.centre, other.centre];
            rotation = (centres[1][1] - centres[0][1]).atan2(centres[1][0] - centres[0][0]).to_degrees();
        }
        if rotation.abs() > MAX_ROTATION {
            return Err(Refusal::Rotated { degrees: rotation });
        }
        let [across, down] = [scale, f64::from(segments.rect.height) / rows as f64];
        Ok(Self {
            lens_centres: centres.map(|[x, y]| [x * across, y * down]),
            rotation,
            width: width * scale,
            confidence: cells.confidence,
            arms: (count(|label| label != BACKGROUND) - glasses) / glasses,
        })
    }
}

/// The most probable labels.
struct Cells {
    columns: usize,
    labels: Vec<usize>,
    confidence: f64,
}

/// The extent of a lens, in cells.
struct Lens {
    width: f64,
    centre: [f64; 2],
}

impl Cells {
    fn new(segments: &Segments) -> Self {
        let labels = segments.labels();
        let (mut sum, mut count) = (0.0, 0.0);
        for (values, &label) in segments.probabilities.chunks_exact(LABELS).zip(&labels) {
            if label != BACKGROUND {
                (sum, count) = (sum + f64::from(values[label]), count + 1.0);
            }
        }
        Self { columns: segments.size.0, labels, confidence: if count > 0.0 { sum / count } else { 0.0 } }
    }

    fn lenses_in_column(&self, x: usize) -> usize {
        self.labels.iter().skip(x).step_by(self.columns).filter(|&&label| label == LENS).count()
    }

    /// The lens in a range of columns; a lens that an arm crosses is one lens. `None` if there are
    /// hardly any cells.
    fn lens(&self, columns: std::ops::Range<usize>) -> Option<Lens> {
        let counts: Vec<usize> = columns.clone().map(|x| self.lenses_in_column(x)).collect();
        // Single cells do not widen a lens.
        let first = columns.start + counts.iter().position(|&count| count > 1)?;
        let last = columns.start + counts.iter().rposition(|&count| count > 1)?;
        let in_row = |row: &[usize]| row[first..=last].iter().filter(|&&label| label == LENS).count() > 1;
        let top = self.labels.chunks_exact(self.columns).position(in_row)?;
        let bottom = self.labels.chunks_exact(self.columns).rposition(in_row)?;
        let middle = |a: usize, b: usize| 0.5 * (a + b + 1) as f64;
        Some(Lens { width: (last + 1 - first) as f64, centre: [middle(first, last), middle(top, bottom)] })
    }
}
