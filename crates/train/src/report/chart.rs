//! One panel: axes, curves, levels, the phases of the run.

use super::canvas::{Area, Drawn, FAINT, FINE, GREY, INK, fine, style, text, text_width};
use plotters::coord::ranged1d::{Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;

#[derive(Clone, Copy, Default, PartialEq)]
pub(super) enum Dash {
    #[default]
    Solid,
    Dashed,
    Dotted,
}

/// How a line looks.
#[derive(Clone, Copy)]
pub(super) struct Stroke {
    pub colour: RGBColor,
    /// In pixels.
    pub width: f64,
    pub opacity: f64,
    pub dash: Dash,
}

impl Stroke {
    pub(super) const fn new(colour: RGBColor, width: f64) -> Self {
        Self { colour, width, opacity: 1.0, dash: Dash::Solid }
    }

    pub(super) const fn dash(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    fn style(&self) -> ShapeStyle {
        self.colour.mix(self.opacity).stroke_width(fine(self.width).max(1) as u32)
    }

    /// Dashes and the gaps between them, in pixels.
    fn dashes(&self) -> Option<(i32, i32)> {
        match self.dash {
            Dash::Solid => None,
            Dash::Dashed => Some((fine(7.0), fine(4.0))),
            Dash::Dotted => Some((fine(1.5), fine(3.5))),
        }
    }
}

/// A curve. Points are (step, value) in the order of the run; values that are not finite are gaps.
pub(super) struct Series {
    pub name: String,
    pub stroke: Stroke,
    pub points: Vec<(f64, f64)>,
    /// Draw the values faintly and their running mean on top.
    pub smooth: bool,
}

/// A horizontal line with its meaning.
pub(super) struct Level {
    pub name: String,
    pub value: f64,
    pub stroke: Stroke,
}

/// Steps of the run that belong together: one phase of one stage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// From the full name to the shortest: the first that fits is written.
    pub names: Vec<String>,
    pub start: f64,
    pub end: f64,
}

/// How values are laid out.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scale {
    /// From the least to the largest value, leaving out the odd outlier.
    Fitted,
    /// From zero.
    FromZero,
    /// From 0 to 100 %.
    Share,
}

pub(super) struct Panel {
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
/// Space for title, labels and air: left, top, right and below.
const MARGIN: [f64; 4] = [70.0, 42.0, 14.0, 44.0];

type Chart<'a, 'b, Y> = ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, Y>>;

/// Numbers beyond are treated as those that are not finite: differences between them would be.
fn drawable(value: f64) -> bool {
    value.abs() < 1e30
}

impl Panel {
    pub(super) fn is_empty(&self) -> bool {
        !self.series.iter().any(|series| series.points.iter().any(|(_, y)| drawable(*y)))
    }

    /// Draws into a rectangle of the sheet: left, top, width, height.
    ///
    /// # Errors
    /// None that values could cause.
    pub(super) fn draw(&self, sheet: &Area, [left, top, width, height]: [f64; 4], segments: &[Segment]) -> Drawn {
        let area = sheet.clone().shrink((fine(left), fine(top)), (fine(width), fine(height)));
        let (x, y) = (self.steps(segments), self.values());
        let mut builder = ChartBuilder::on(&area);
        builder.margin_left(fine(8.0)).y_label_area_size(fine(MARGIN[0] - 8.0));
        builder.margin_top(fine(MARGIN[1])).margin_right(fine(MARGIN[2]));
        builder.margin_bottom(fine(4.0)).x_label_area_size(fine(MARGIN[3] - 4.0));
        // About one label every 90 pixels across and every 36 down.
        let labels = [(width - MARGIN[0]) / 90.0, (height - MARGIN[1] - MARGIN[3]) / 36.0].map(|n| n.max(2.0) as usize);
        if y.log {
            let ticks = y.ticks(labels[1]);
            let range = (y.low..y.high).log_scale().with_key_points(ticks);
            self.fill(sheet, builder.build_cartesian_2d(x[0]..x[1], range)?, y, labels, segments)?;
        } else {
            self.fill(sheet, builder.build_cartesian_2d(x[0]..x[1], y.low..y.high)?, y, labels, segments)?;
        }
        text(sheet, (left + MARGIN[0], top + 19.0), 15.0, HPos::Left, &INK, &self.title)?;
        if self.legend {
            let start = left + MARGIN[0] + text_width(sheet, &self.title, 15.0) + 24.0;
            self.names(sheet, (start, top + 19.0), left + width - MARGIN[2])?;
        }
        Ok(())
    }

    fn fill<Y>(&self, sheet: &Area, mut chart: Chart<Y>, y: Axis, labels: [usize; 2], segments: &[Segment]) -> Drawn
    where
        Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
    {
        let unit = if y.log { format!("{}, log scale", self.unit) } else { self.unit.clone() };
        let percent = |value: &f64| format!("{:.0} %", value * 100.0);
        let number = |value: &f64| label(*value);
        let words = style(12.0, HPos::Left, &GREY);
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(TRANSPARENT)
            .bold_line_style(FAINT.stroke_width(FINE))
            .axis_style(GREY.stroke_width(FINE))
            .set_all_tick_mark_size(fine(4.0))
            .x_labels(labels[0])
            .y_labels(labels[1])
            .x_label_formatter(&number)
            .y_label_formatter(if self.scale == Scale::Share { &percent } else { &number })
            // Centred on the digits rather than on the line with its descenders.
            .y_label_offset(fine(2.0))
            .label_style(words.clone())
            .x_desc("step (iterations of the run)")
            .y_desc(unit)
            .axis_desc_style(words)
            .draw()?;
        self.phases(sheet, &mut chart, y, segments)?;
        let [x0, x1] = [chart.x_range().start, chart.x_range().end];
        for level in self.levels.iter().filter(|level| drawable(level.value)) {
            line(&mut chart, vec![(x0, level.value), (x1, level.value)], &level.stroke)?;
        }
        for series in &self.series {
            self.curve(&mut chart, series, y, segments)?;
        }
        Ok(())
    }

    /// From the start of the first phase that has values to the end of the last.
    fn steps(&self, segments: &[Segment]) -> [f64; 2] {
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
        [low, high]
    }

    fn values(&self) -> Axis {
        if self.scale == Scale::Share {
            return Axis { low: 0.0, high: 1.0, log: false };
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
            return Axis { low: low / air, high: high * air, log: true };
        }
        let low = if self.scale == Scale::FromZero { low.min(0.0) } else { low };
        // A range that is narrow for its size has no labels of its own.
        let size = low.abs().max(high.abs()).max(1e-9);
        let air = if high - low > 1e-9 * size { 0.06 * (high - low) } else { 0.1 * size };
        let below = if self.scale == Scale::FromZero && low == 0.0 { 0.0 } else { air };
        Axis { low: low - below, high: high + air, log: false }
    }

    /// Dotted lines between the phases of the run, and their names where they fit.
    fn phases<Y>(&self, sheet: &Area, chart: &mut Chart<Y>, y: Axis, segments: &[Segment]) -> Drawn
    where
        Y: Ranged<ValueType = f64>,
    {
        let x = chart.x_range();
        for segment in segments.iter().filter(|s| s.end > x.start && s.start < x.end) {
            if segment.start > x.start {
                let ends = vec![(segment.start, y.low), (segment.start, y.high)];
                line(chart, ends, &Stroke::new(RGBColor(0xa9, 0xb1, 0xb9), 1.0).dash(Dash::Dotted))?;
            }
            let place = |step: f64| chart.plotting_area().map_coordinate(&(step.clamp(x.start, x.end), y.high));
            let ((from, top), (to, _)) = (place(segment.start), place(segment.end));
            let [from, top, to] = [from, top, to].map(|at| f64::from(at) / f64::from(FINE));
            if let Some(name) = segment.names.iter().find(|name| text_width(sheet, name, 11.0) + 6.0 < to - from) {
                text(sheet, (from + 3.0, top - 4.0), 11.0, HPos::Left, &GREY, name)?;
            }
        }
        Ok(())
    }

    fn curve<Y>(&self, chart: &mut Chart<Y>, series: &Series, y: Axis, segments: &[Segment]) -> Drawn
    where
        Y: Ranged<ValueType = f64>,
    {
        let count = series.points.iter().filter(|(_, y)| drawable(*y)).count();
        let smooth = series.smooth && count >= FEW;
        let raw = if smooth { Stroke { width: 0.5, opacity: 0.45, ..series.stroke } } else { series.stroke };
        let shown = |value: f64| drawable(value) && (!y.log || value > 0.0);
        // What one phase did says nothing about the next: neither line nor mean runs over their border.
        let segment = |step: f64| segments.partition_point(|segment| segment.end < step);
        let together = |a: &(f64, f64), b: &(f64, f64)| !series.smooth || segment(a.0) == segment(b.0);
        let column = (chart.x_range().end - chart.x_range().start) / 2000.0;
        for phase in series.points.chunk_by(together) {
            for part in phase.split(|(_, value)| !shown(*value)) {
                if count < VERY_FEW || part.len() == 1 {
                    let dot = |at: &(f64, f64)| Circle::new(*at, fine(2.5), series.stroke.colour.filled());
                    chart.draw_series(part.iter().map(dot))?;
                }
                line(chart, thinned(part, column), &raw)?;
            }
            if smooth {
                let points: Vec<(f64, f64)> = phase.iter().copied().filter(|(_, value)| shown(*value)).collect();
                let values: Vec<f64> = points.iter().map(|(_, v)| if y.log { v.ln() } else { *v }).collect();
                let half = points.len() / 20;
                let mean = running_mean(&running_mean(&values, half), half);
                let back = |v: f64| if y.log { v.exp() } else { v };
                let mean: Vec<_> = points.iter().zip(mean).map(|((step, _), v)| (*step, back(v))).collect();
                line(chart, thinned(&mean, column), &series.stroke)?;
            }
        }
        Ok(())
    }

    /// Names the curves and levels from `x` on, as many as there is room for.
    fn names(&self, sheet: &Area, (mut x, y): (f64, f64), right: f64) -> Drawn {
        let curves = self.series.iter().filter(|s| s.points.iter().any(|(_, v)| drawable(*v)));
        let curves = curves.map(|s| (&s.name, &s.stroke));
        for (name, stroke) in curves.chain(self.levels.iter().map(|level| (&level.name, &level.stroke))) {
            let end = x + 28.0 + text_width(sheet, name, 12.0);
            if name.is_empty() || end > right {
                continue;
            }
            sample(sheet, (x, y - 4.5), 22.0, stroke)?;
            text(sheet, (x + 28.0, y), 12.0, HPos::Left, &INK, name)?;
            x = end + 14.0;
        }
        Ok(())
    }
}

/// A line through points; nothing for fewer than two.
fn line<Y: Ranged<ValueType = f64>>(chart: &mut Chart<Y>, points: Vec<(f64, f64)>, stroke: &Stroke) -> Drawn {
    if points.len() < 2 {
        return Ok(());
    }
    match stroke.dashes() {
        Some((dash, gap)) => chart.draw_series(DashedLineSeries::new(points, dash, gap, stroke.style()))?,
        None => chart.draw_series(LineSeries::new(points, stroke.style()))?,
    };
    Ok(())
}

/// A piece of a curve, for a legend.
pub(super) fn sample(sheet: &Area, (x, y): (f64, f64), length: f64, stroke: &Stroke) -> Drawn {
    let ends = [(fine(x), fine(y)), (fine(x + length), fine(y))];
    match stroke.dashes() {
        Some((dash, gap)) => sheet.draw(&DashedPathElement::new(ends, dash, gap, stroke.style())),
        None => sheet.draw(&PathElement::new(ends, stroke.style())),
    }
}

/// What values an axis spans.
#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    high: f64,
    log: bool,
}

impl Axis {
    /// About `count` values for a logarithmic axis, ones, twos and fives; plotters has whole decades only.
    fn ticks(&self, count: usize) -> Vec<f64> {
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

/// A round value in as few digits as it needs.
fn label(value: f64) -> String {
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

/// Of points that fall on the same column, as wide as a pixel, the first, the lowest, the highest and the last: the
/// picture is the same.
fn thinned(points: &[(f64, f64)], width: f64) -> Vec<(f64, f64)> {
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
    fn ticks_of_decades_are_round_and_told_apart() {
        for (low, high) in [(1e-5, 3.0), (0.02, 0.3), (1e-20, 1e20), (0.9, 12.0)] {
            let ticks = Axis { low, high, log: true }.ticks(6);
            assert!((2..=20).contains(&ticks.len()), "{low} to {high}: {ticks:?}");
            for pair in ticks.windows(2) {
                assert!(pair[0] < pair[1] && label(pair[0]) != label(pair[1]), "{ticks:?}");
            }
            assert!(ticks.iter().all(|v| (low..=high).contains(v)), "{ticks:?}");
        }
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
        let thin = thinned(&points, 1.0);
        assert!(thin.len() <= 400);
        assert_eq!(span(thin.iter().map(|p| p.1)), span(points.iter().map(|p| p.1)));
        assert_eq!((thin[0], thin[thin.len() - 1]), (points[0], points[points.len() - 1]));
    }
}
