//! One panel: axes, curves, levels, the phases of the run.

use super::canvas::{Anchor, Canvas, Dash, FAINT, GREY, INK, Stroke, text_width};

/// A curve. Points are (step, value) in the order of the run; values that are not finite are gaps.
pub struct Series {
    pub name: String,
    pub stroke: Stroke,
    pub points: Vec<(f64, f64)>,
    /// Draw the values faintly and their running mean on top.
    pub smooth: bool,
}

/// A horizontal line with its meaning.
pub struct Level {
    pub name: String,
    pub value: f64,
    pub stroke: Stroke,
}

/// Steps of the run that belong together: one phase of one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// From the full name to the shortest: the first that fits is written.
    pub names: Vec<String>,
    pub start: f64,
    pub end: f64,
}

/// How values are laid out.
#[derive(Clone, Copy, PartialEq)]
pub enum Scale {
    /// From the least to the largest value, leaving out the odd outlier.
    Fitted,
    /// From zero.
    FromZero,
    /// From 0 to 100 %.
    Share,
}

pub struct Panel {
    pub title: String,
    pub unit: String,
    pub scale: Scale,
    /// Where all values are positive, and spread over more than this ratio, the axis is logarithmic.
    pub log_beyond: f64,
    pub series: Vec<Series>,
    pub levels: Vec<Level>,
    /// Name the curves above the panel.
    pub legend: bool,
}

/// Curves with fewer points are drawn as they are, and with still fewer, every one of them is marked.
const FEW: usize = 40;
const VERY_FEW: usize = 12;
/// Space for labels, left, top, right and below.
const MARGIN: [f64; 4] = [64.0, 42.0, 14.0, 40.0];

/// Numbers beyond are treated as those that are not finite: differences between them would be.
fn drawable(value: f64) -> bool {
    value.abs() < 1e30
}

impl Panel {
    pub fn is_empty(&self) -> bool {
        !self.series.iter().any(|series| series.points.iter().any(|(_, y)| drawable(*y)))
    }

    /// Draws into a rectangle: left, top, width, height.
    pub fn draw(&self, canvas: &mut Canvas, [left, top, width, height]: [f64; 4], segments: &[Segment]) {
        let inner = [
            left + MARGIN[0],
            top + MARGIN[1],
            (width - MARGIN[0] - MARGIN[2]).max(1.0),
            (height - MARGIN[1] - MARGIN[3]).max(1.0),
        ];
        let (x, y) = (self.steps(segments), self.values());
        let place = |(step, value): (f64, f64)| {
            (inner[0] + x.share(step) * inner[2], inner[1] + (1.0 - y.share(value)) * inner[3])
        };
        self.frame(canvas, inner, &x, &y);
        self.phases(canvas, inner, &x, segments);
        canvas.clipped(inner, |canvas| {
            for level in self.levels.iter().filter(|level| drawable(level.value)) {
                let ends = [place((x.low, level.value)), place((x.high, level.value))];
                canvas.line(&ends, &level.stroke);
            }
            for series in &self.series {
                self.curve(canvas, series, &y, segments, &place);
            }
        });
        canvas.text((inner[0], top + 19.0), 15.0, Anchor::Start, INK, &self.title);
        if self.legend {
            self.names(canvas, (inner[0] + text_width(&self.title, 15.0) + 24.0, top + 19.0), inner[0] + inner[2]);
        }
    }

    /// From the start of the first phase that has values to the end of the last.
    fn steps(&self, segments: &[Segment]) -> Axis {
        let steps = self.series.iter().flat_map(|series| series.points.iter().filter(|(_, y)| drawable(*y)));
        let [mut low, mut high] = span(steps.map(|(x, _)| *x));
        for segment in segments {
            if segment.end >= low && segment.start < high {
                (low, high) = (low.min(segment.start), high.max(segment.end));
            }
        }
        if high <= low {
            (low, high) = (low.min(0.0), low.max(0.0) + 1.0);
        }
        Axis { low, high, log: false, percent: false }
    }

    fn values(&self) -> Axis {
        if self.scale == Scale::Share {
            return Axis { low: 0.0, high: 1.0, log: false, percent: true };
        }
        let mut all = [f64::INFINITY, f64::NEG_INFINITY];
        for series in &self.series {
            let mut values: Vec<f64> = series.points.iter().map(|(_, y)| *y).filter(|y| drawable(*y)).collect();
            values.sort_by(f64::total_cmp);
            if values.is_empty() {
                continue;
            }
            // A spike at the start of a phase should not flatten everything after it.
            let odd = if self.scale == Scale::Fitted && values.len() >= 100 { values.len() / 200 } else { 0 };
            all = [all[0].min(values[odd]), all[1].max(values[values.len() - 1 - odd])];
        }
        for level in self.levels.iter().filter(|level| drawable(level.value)) {
            all = [all[0].min(level.value), all[1].max(level.value)];
        }
        let [low, high] = if all[0] <= all[1] { all } else { [0.0, 1.0] };
        if low > 0.0 && high / low > self.log_beyond {
            let air = (high / low).powf(0.04);
            return Axis { low: low / air, high: high * air, log: true, percent: false };
        }
        let low = if self.scale == Scale::FromZero { low.min(0.0) } else { low };
        let air = match high - low {
            0.0 => 0.1 * high.abs().max(1e-3),
            range => 0.06 * range,
        };
        let below = if self.scale == Scale::FromZero && low == 0.0 { 0.0 } else { air };
        Axis { low: low - below, high: high + air, log: false, percent: false }
    }

    fn frame(&self, canvas: &mut Canvas, [left, top, width, height]: [f64; 4], x: &Axis, y: &Axis) {
        let bottom = top + height;
        for (value, label) in y.ticks((height / 36.0).max(2.0)) {
            let at = bottom - y.share(value) * height;
            canvas.line(&[(left, at), (left + width, at)], &Stroke::new(FAINT, 1.0));
            canvas.text((left - 7.0, at + 4.0), 12.0, Anchor::End, GREY, &label);
        }
        for (value, label) in x.ticks((width / 90.0).max(2.0)) {
            let at = left + x.share(value) * width;
            canvas.line(&[(at, bottom), (at, bottom + 4.0)], &Stroke::new(GREY, 1.0));
            canvas.text((at, bottom + 17.0), 12.0, Anchor::Middle, GREY, &label);
        }
        canvas.line(&[(left, bottom), (left + width, bottom)], &Stroke::new(GREY, 1.0));
        canvas.text((left + width / 2.0, bottom + 33.0), 12.0, Anchor::Middle, GREY, "step (iterations of the run)");
        let unit = if y.log { format!("{}, log scale", self.unit) } else { self.unit.clone() };
        canvas.turned((left - MARGIN[0] + 13.0, top + height / 2.0), -90.0, 12.0, Anchor::Middle, GREY, &unit);
    }

    fn phases(&self, canvas: &mut Canvas, [left, top, width, height]: [f64; 4], x: &Axis, segments: &[Segment]) {
        for segment in segments.iter().filter(|s| s.end > x.low && s.start < x.high) {
            let [from, to] = [segment.start, segment.end].map(|s| left + x.share(s).clamp(0.0, 1.0) * width);
            if segment.start > x.low {
                canvas.line(&[(from, top), (from, top + height)], &Stroke::new("#a9b1b9", 1.0).dash(Dash::Dotted));
            }
            if let Some(name) = segment.names.iter().find(|name| text_width(name, 11.0) + 6.0 < to - from) {
                canvas.text((from + 3.0, top - 4.0), 11.0, Anchor::Start, GREY, name);
            }
        }
    }

    fn curve(
        &self,
        canvas: &mut Canvas,
        series: &Series,
        y: &Axis,
        segments: &[Segment],
        place: &impl Fn((f64, f64)) -> (f64, f64),
    ) {
        let count = series.points.iter().filter(|(_, y)| drawable(*y)).count();
        let smooth = series.smooth && count >= FEW;
        let raw = if smooth { Stroke::new(&series.stroke.colour, 1.0).faint(0.3) } else { series.stroke.clone() };
        let shown = |value: f64| drawable(value) && (!y.log || value > 0.0);
        // What one phase did says nothing about the next: neither line nor mean runs over their border.
        let segment = |step: f64| segments.partition_point(|segment| segment.end < step);
        let together = |a: &(f64, f64), b: &(f64, f64)| !series.smooth || segment(a.0) == segment(b.0);
        for phase in series.points.chunk_by(together) {
            for part in phase.split(|(_, value)| !shown(*value)) {
                let line = thinned(&part.iter().map(|point| place(*point)).collect::<Vec<_>>());
                if count < VERY_FEW || line.len() == 1 {
                    line.iter().for_each(|point| canvas.dot(*point, 2.5, &series.stroke.colour));
                }
                if line.len() > 1 {
                    canvas.line(&line, &raw);
                }
            }
            if smooth {
                let points: Vec<(f64, f64)> = phase.iter().copied().filter(|(_, value)| shown(*value)).collect();
                let values: Vec<f64> = points.iter().map(|(_, v)| if y.log { v.ln() } else { *v }).collect();
                let half = points.len() / 20;
                let mean = running_mean(&running_mean(&values, half), half);
                let back = |v: f64| if y.log { v.exp() } else { v };
                let line: Vec<_> = points.iter().zip(mean).map(|((step, _), v)| place((*step, back(v)))).collect();
                canvas.line(&thinned(&line), &series.stroke);
            }
        }
    }

    fn names(&self, canvas: &mut Canvas, (mut x, y): (f64, f64), right: f64) {
        let curves = self.series.iter().filter(|s| s.points.iter().any(|(_, v)| drawable(*v)));
        let curves = curves.map(|s| (&s.name, &s.stroke));
        for (name, stroke) in curves.chain(self.levels.iter().map(|level| (&level.name, &level.stroke))) {
            let end = x + 28.0 + text_width(name, 12.0);
            if name.is_empty() || end > right {
                continue;
            }
            canvas.line(&[(x, y - 4.5), (x + 22.0, y - 4.5)], stroke);
            canvas.text((x + 28.0, y), 12.0, Anchor::Start, INK, name);
            x = end + 14.0;
        }
    }
}

/// What values an axis spans.
struct Axis {
    low: f64,
    high: f64,
    log: bool,
    percent: bool,
}

impl Axis {
    /// Where a value lies: 0 at the low end, 1 at the high one, and beyond for what is outside.
    fn share(&self, value: f64) -> f64 {
        let share = if self.log {
            (value / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        // Far outside is far enough.
        share.clamp(-100.0, 100.0)
    }

    /// About `count` round values, with what to write beside them.
    fn ticks(&self, count: f64) -> Vec<(f64, String)> {
        if self.log {
            let decades = (self.high / self.low).log10();
            let every = (decades / count).ceil().max(1.0) as i32;
            let within: &[f64] = match decades {
                few if few < count / 2.0 => &[1.0, 2.0, 5.0],
                some if some < count => &[1.0, 3.0],
                _ => &[1.0],
            };
            let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
            let decades = (first..=last).filter(|power| power % every == 0);
            let all = decades.flat_map(|power| within.iter().map(move |digit| digit * 10f64.powi(power)));
            return all.filter(|v| (self.low..=self.high).contains(v)).map(|v| (v, label(v, v))).collect();
        }
        let step = round_step((self.high - self.low) / count);
        let (first, last) = ((self.low / step - 1e-9).ceil(), (self.high / step + 1e-9).floor());
        // A range that is narrow for its size has no ticks of its own.
        let gaps = last - first;
        if !gaps.is_finite() || gaps > 4.0 * count + 4.0 {
            return Vec::new();
        }
        let values = (0..=gaps as i64).map(|i| (first + i as f64) * step);
        values.map(|v| (v, if self.percent { format!("{:.0} %", v * 100.0) } else { label(v, step) })).collect()
    }
}

/// The least of 1, 2, 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 5.0].into_iter().map(|digit| digit * power).find(|round| *round >= step * 0.999).unwrap_or(10.0 * power)
}

/// A value with the digits that ticks `step` apart need.
fn label(value: f64, step: f64) -> String {
    let size = value.abs().max(step);
    let text = if value == 0.0 {
        "0".to_owned()
    } else if !(1e-3..1e9).contains(&size) {
        let decimals = ((value.abs() / step).log10() - 1e-9).ceil().clamp(0.0, 8.0) as usize;
        format!("{value:.decimals$e}")
    } else {
        let (unit, suffix) = match size {
            s if s >= 1e6 && step >= 1e3 => (1e6, "M"),
            s if s >= 1e4 && step >= 1.0 || s >= 1e3 && step >= 500.0 => (1e3, "k"),
            _ => (1.0, ""),
        };
        let decimals = (-(step / unit).log10() - 1e-9).ceil().clamp(0.0, 10.0) as usize;
        format!("{:.decimals$}{suffix}", value / unit)
    };
    text.replace('-', "−")
}

fn span(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let [low, high] = values.fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], v| [low.min(v), high.max(v)]);
    if low <= high { [low, high] } else { [0.0, 1.0] }
}

/// The mean of each value and up to `half` neighbours on either side, as many as there are.
fn running_mean(values: &[f64], half: usize) -> Vec<f64> {
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

/// Of points that fall on the same pixel column the first, the lowest, the highest and the last: the picture is the same.
fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    if points.len() < 2000 {
        return points.to_vec();
    }
    let mut kept = Vec::new();
    for column in points.chunk_by(|a, b| a.0.floor() == b.0.floor()) {
        let by_height = |a: &usize, b: &usize| column[*a].1.total_cmp(&column[*b].1);
        let (low, high) = ((0..column.len()).min_by(by_height), (0..column.len()).max_by(by_height));
        let mut of = [0, low.unwrap_or(0), high.unwrap_or(0), column.len() - 1];
        of.sort_unstable();
        let mut last = None;
        for i in of.into_iter().filter(|i| last.replace(*i) != Some(*i)) {
            kept.push(column[i]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_told_apart() {
        for (low, high, log) in [
            (0.0, 1.0, false),
            (-3.7, 12.2, false),
            (0.0, 250_000.0, false),
            (1_000_000.0, 1_000_900.0, false),
            (0.013, 0.0131, false),
            (1e-9, 3e-9, false),
            (1e-5, 3.0, true),
            (0.02, 0.3, true),
            (1e-20, 1e20, true),
        ] {
            let axis = Axis { low, high, log, percent: false };
            let ticks = axis.ticks(6.0);
            assert!((2..=20).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
            for pair in ticks.windows(2) {
                assert!(pair[0].0 < pair[1].0 && pair[0].1 != pair[1].1, "{ticks:?}");
            }
            assert!(ticks.iter().all(|(v, _)| (-0.001..=1.001).contains(&axis.share(*v))), "{ticks:?}");
        }
        assert_eq!(label(150_000.0, 50_000.0), "150k");
        assert_eq!(label(-0.05, 0.05), "−0.05");
        assert_eq!(label(1500.0, 500.0), "1.5k");
    }

    #[test]
    fn a_running_mean_keeps_straight_lines() {
        let line: Vec<f64> = (0..50).map(|i| 3.0 - f64::from(i)).collect();
        let mean = running_mean(&line, 4);
        for (mean, value) in mean.iter().zip(&line).skip(4).take(42) {
            assert!((mean - value).abs() < 1e-12);
        }
        // At an end it is the mean of what there is.
        assert_eq!((mean[0], mean[49]), (1.0, -44.0));
        assert!(running_mean(&[], 3).is_empty());
    }

    #[test]
    fn thinning_keeps_the_extremes() {
        let points: Vec<(f64, f64)> = (0..10_000).map(|i| (f64::from(i) / 100.0, f64::from(i * 7919 % 1000))).collect();
        let thin = thinned(&points);
        assert!(thin.len() <= 400);
        assert_eq!(span(thin.iter().map(|p| p.1)), span(points.iter().map(|p| p.1)));
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[points.len() - 1]));
    }
}
