//! The errors of one fit, and their means.

use super::StageErrors;
use crate::data::landmarks::{Point, distance};
use crate::rooms::RoomSample;
use stgan::Homography;
use stgan::internals::pose::closest_similarity;
use stgan::model::inner_points;

/// The errors of a homography from cut-out to room.
pub(super) fn measure(sample: &RoomSample, found: &Homography) -> StageErrors {
    let record = &sample.record;
    let truth = sample.truth();
    let points = inner_points(record.bounds);
    let (at, right) = (points.map(|p| found.apply(p)), points.map(|p| truth.apply(p)));
    let offsets: Vec<Point> = at.iter().zip(&right).map(|(a, b)| [a[0] - b[0], a[1] - b[1]]).collect();
    let n = offsets.len() as f64;
    let sideways = offsets.iter().map(|o| o[0]).sum::<f64>() / n;
    let inner = offsets.iter().map(|o| o[0].hypot(o[1])).sum::<f64>() / n;
    let [left, _, right_edge, bottom] = record.bounds;
    let foot = |h: &Homography| {
        let at = |share: f64| h.apply([left + share * (right_edge - left), bottom])[1];
        [at(0.15), at(0.5), at(0.85)]
    };
    let heights = foot(found).into_iter().zip(foot(&truth)).map(|(a, b)| (a - b).abs());
    StageErrors {
        inner,
        inner_upright: offsets.iter().map(|o| (o[0] - sideways).hypot(o[1])).sum::<f64>() / n,
        diagonals: inner / record.diagonal,
        nearest: nearest_place(sample, found).1,
        foot: heights.sum::<f64>() / 3.0,
        perspective: after_similarity(&at, &right),
    }
}

/// The index of the nearest right place, and the mean distance of the inner points from theirs, in
/// diagonals.
pub(in crate::rooms) fn nearest_place(sample: &RoomSample, found: &Homography) -> (usize, f64) {
    let points = inner_points(sample.record.bounds);
    let at = points.map(|p| found.apply(p));
    let distances = sample.places().map(|place| {
        points.iter().zip(&at).map(|(p, a)| distance(*a, place.apply(*p))).sum::<f64>() / points.len() as f64
    });
    let nearest = distances.enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b));
    nearest.map_or((0, f64::NAN), |(index, distance)| (index, distance / sample.record.diagonal))
}

/// The mean distance of points after the similarity that moves them closest to their places.
fn after_similarity(from: &[Point], to: &[Point]) -> f64 {
    let closest = closest_similarity(from, to);
    from.iter().zip(to).map(|(p, q)| distance(closest.apply(*p), *q)).sum::<f64>() / from.len() as f64
}

/// The means of all errors, and the median of the distance from the nearest right place.
pub(super) fn mean(errors: &[StageErrors]) -> StageErrors {
    let n = errors.len() as f64;
    let of = |value: fn(&StageErrors) -> f64| errors.iter().map(value).sum::<f64>() / n;
    let mut nearest: Vec<f64> = errors.iter().map(|e| e.nearest).collect();
    nearest.sort_by(f64::total_cmp);
    StageErrors {
        inner: of(|e| e.inner),
        inner_upright: of(|e| e.inner_upright),
        diagonals: of(|e| e.diagonals),
        nearest: nearest.get(nearest.len() / 2).copied().unwrap_or(f64::NAN),
        foot: of(|e| e.foot),
        perspective: of(|e| e.perspective),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::{RoomSettings, draw};
    use stgan_synth::rooms::Split;

    #[test]
    fn the_truth_has_no_error_and_a_shift_has_its_length() {
        for sample in draw(4, &RoomSettings::default().options(Split::Test).unwrap(), 2, &mut |_| ()).unwrap() {
            let truth = sample.truth();
            let none = measure(&sample, &truth);
            assert!(none.inner < 1e-9 && none.nearest < 1e-9 && none.foot < 1e-9 && none.perspective < 1e-9);
            let aside = measure(&sample, &(Homography::similarity(1.0, 0.0, 3.0, 0.0) * truth));
            assert!((aside.inner - 3.0).abs() < 1e-9 && aside.inner_upright < 1e-9 && aside.foot < 1e-9);
            assert!(aside.nearest <= aside.diagonals + 1e-12);
            let down = measure(&sample, &(Homography::similarity(1.0, 0.0, 0.0, -2.0) * truth));
            assert!((down.foot - 2.0).abs() < 1e-9 && (down.inner_upright - 2.0).abs() < 1e-9);
            assert!(down.perspective < 1e-9);
        }
    }
}
