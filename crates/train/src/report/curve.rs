//! Preparation of the points of a curve: range, smoothing and thinning.

/// The minimum and the maximum of the values; `[0, 1]` if there are none.
pub(super) fn range(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
    if low <= high { [low, high] } else { [0.0, 1.0] }
}

/// The running mean over each value and up to `half` neighbours on either side.
pub(super) fn running_mean(values: &[f64], half: usize) -> Vec<f64> {
    let mut sums = vec![0.0];
    for value in values {
        sums.push(sums[sums.len() - 1] + value);
    }
    let mean = |i: usize| {
        let (from, to) = (i.saturating_sub(half), (i + half + 1).min(values.len()));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    (0..values.len()).map(mean).collect()
}

/// Reduces a curve to at most four points per pixel column: the first, the minimum, the maximum and
/// the last. The drawn line is the same. `width` is the width of a column.
pub(super) fn thinned(points: &[(f64, f64)], width: f64) -> Vec<(f64, f64)> {
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| (a.0 / width).floor() == (b.0 / width).floor()) {
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let (low, high) = ((0..column.len()).min_by(by_height), (0..column.len()).max_by(by_height));
        let mut of = vec![0, low.unwrap_or(0), high.unwrap_or(0), column.len() - 1];
        of.sort_unstable();
        of.dedup();
        kept.extend(of.into_iter().map(|i| column[i]));
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_mean_preserves_straight_lines_away_from_the_ends() {
        let line: Vec<f64> = (0..50).map(|i| 3.0 - f64::from(i)).collect();
        let mean = running_mean(&line, 4);
        for (mean, value) in mean.iter().zip(&line).skip(4).take(42) {
            assert!((mean - value).abs() < 1e-12);
        }
        // At the ends it averages the neighbours that exist.
        assert_eq!((mean[0], mean[49]), (1.0, -44.0));
        assert!(running_mean(&[], 3).is_empty());
    }

    #[test]
    fn thinning_preserves_the_ends_and_the_extremes() {
        let points: Vec<(f64, f64)> = (0..10_000).map(|i| (f64::from(i) / 100.0, f64::from(i * 7919 % 1000))).collect();
        let thin = thinned(&points, 1.0);
        assert!(thin.len() <= 400);
        assert_eq!(range(thin.iter().map(|p| p.1)), range(points.iter().map(|p| p.1)));
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[points.len() - 1]));
    }
}
