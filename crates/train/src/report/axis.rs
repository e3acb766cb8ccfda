//! Value axes: range, tick marks and labels.

/// The layout of the values of a panel.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// From the minimum to the maximum, without outliers.
    Fitted,
    /// From zero to the maximum.
    FromZero,
    /// From 0 to 100 %.
    Share,
}

/// The range of an axis.
#[derive(Clone, Copy)]
pub(super) struct Axis {
    pub low: f64,
    pub high: f64,
    pub log: bool,
}

impl Axis {
    /// The axis of a [`Scale::Share`] panel.
    pub(super) const SHARE: Self = Self { low: 0.0, high: 1.0, log: false };

    /// Adds a margin to the range of the values. The axis is logarithmic if all values are positive
    /// and the ratio of `high` to `low` exceeds `log_beyond`.
    pub(super) fn around([low, high]: [f64; 2], from_zero: bool, log_beyond: f64) -> Self {
        if low > 0.0 && high / low > log_beyond {
            let margin = (high / low).powf(0.04);
            return Self { low: low / margin, high: high * margin, log: true };
        }
        let low = if from_zero { low.min(0.0) } else { low };
        // Without a minimum range, all labels of a nearly constant curve would be equal.
        let size = low.abs().max(high.abs()).max(1e-9);
        let margin = if high - low > 1e-9 * size { 0.06 * (high - low) } else { 0.1 * size };
        let below = if from_zero && low == 0.0 { 0.0 } else { margin };
        Self { low: low - below, high: high + margin, log: false }
    }

    /// About `count` tick values of a logarithmic axis: ones, twos and fives.
    ///
    /// `plotters` supports whole decades only.
    pub(super) fn ticks(&self, count: usize) -> Vec<f64> {
        let decades = (self.high / self.low).log10();
        let every = (decades / count as f64).ceil().max(1.0) as i32;
        let within: &[f64] = match decades {
            few if few < count as f64 / 2.0 => &[1.0, 2.0, 5.0],
            some if some < count as f64 => &[1.0, 3.0],
            _ => &[1.0],
        };
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let decades = (first..=last).filter(|power| power % every == 0);
        let all = decades.flat_map(|power| within.iter().map(move |digit| digit * 10f64.powi(power)));
        all.filter(|value| (self.low..=self.high).contains(value)).collect()
    }
}

/// Formats the value of a tick mark with as few digits as possible.
pub(super) fn label(value: f64) -> String {
    let trimmed = |digits: String| match digits.contains('.') {
        true => digits.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => digits,
    };
    let text = match value.abs() {
        0.0 => "0".to_owned(),
        size if (1e-3..1e6).contains(&size) => trimmed(format!("{value:.6}")),
        _ => {
            let text = format!("{value:.6e}");
            let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
            format!("{}e{power}", trimmed(digits.to_owned()))
        }
    };
    text.replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithmic_ticks_are_increasing_inside_the_range_and_have_distinct_labels() {
        for (low, high) in [(1e-5, 3.0), (0.02, 0.3), (1e-20, 1e20), (0.9, 12.0)] {
            let ticks = Axis { low, high, log: true }.ticks(6);
            assert!((2..=20).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
            for pair in ticks.windows(2) {
                assert!(pair[0] < pair[1] && label(pair[0]) != label(pair[1]), "{ticks:?}");
            }
            assert!(ticks.iter().all(|v| (low..=high).contains(v)), "{ticks:?}");
        }
    }

    #[test]
    fn labels_have_no_superfluous_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (150_000.0, "150000"),
            (-0.05, "−0.05"),
            (0.300_000_000_000_000_04, "0.3"),
            (1_000_900.0, "1.0009e6"),
            (2e-9, "2e−9"),
            (100.0, "100"),
        ] {
            assert_eq!(label(value), expected);
        }
    }
}
