//! A panel of a plot: axes, curves, levels, and the phases of the run.

use super::axis::{Axis, Scale, label};
use super::canvas::{Area, Drawn, FAINT, FINE, GREY, INK, fine, style, text, text_width};
use super::curve::{range, running_mean, thinned};
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

/// The style of a line.
#[derive(Clone, Copy)]
pub(super) struct Stroke {
    pub colour: RGBColor,
    /// The width in pixels.
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

    /// The lengths of dashes and gaps in pixels; `None` for a solid line.
    fn dashes(&self) -> Option<(i32, i32)> {
        match self.dash {
            Dash::Solid => None,
            Dash::Dashed => Some((fine(7.0), fine(4.0))),
            Dash::Dotted => Some((fine(1.5), fine(3.5))),
        }
    }
}

/// A curve. Points are (run iteration, value) in the order of the run. Values that are not finite
/// are gaps.
pub(super) struct Series {
    pub name: String,
    pub stroke: Stroke,
    pub points: Vec<(f64, f64)>,
    /// Whether to draw the values faintly, with their running mean on top.
    pub smooth: bool,
}

/// A horizontal reference line with a name.
pub(super) struct Level {
    pub name: String,
    pub value: f64,
    pub stroke: Stroke,
}

/// The run iterations of one phase and stage.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Segment {
    /// Names from the longest to the shortest. The first one that fits is written.
    pub names: Vec<String>,
    pub start: f64,
    pub end: f64,
}

pub(super) struct Panel {
    pub title: String,
    pub unit: String,
    pub scale: Scale,
    /// The axis is logarithmic if all values are positive and their maximum exceeds this multiple
    /// of their minimum.
    pub log_beyond: f64,
    pub series: Vec<Series>,
    pub levels: Vec<Level>,
    /// Whether to name the curves above the panel.
    pub legend: bool,
}

/// The minimum number of points of a curve that is smoothed.
const MIN_SMOOTHED: usize = 40;
/// Curves with fewer points have a dot at every point.
const MIN_WITHOUT_DOTS: usize = 12;
/// The margins for title and labels: left, top, right and bottom.
const MARGIN: [f64; 4] = [70.0, 42.0, 14.0, 44.0];

type Chart<'a, 'b, Y> = ChartContext<'a, BitMapBackend<'b>, Cartesian2d<RangedCoordf64, Y>>;

/// Whether a value can be drawn. Huge values are excluded, because their differences may overflow.
fn drawable(value: f64) -> bool {
    value.abs() < 1e30
}

impl Panel {
    pub(super) fn is_empty(&self) -> bool {
        !self.series.iter().any(|series| series.points.iter().any(|(_, y)| drawable(*y)))
    }

    /// Draws the panel into a rectangle of the sheet: left, top, width, height.
    ///
    /// # Errors
    /// No value causes an error.
    pub(super) fn draw(&self, sheet: &Area, [left, top, width, height]: [f64; 4], segments: &[Segment]) -> Drawn {
        let area = sheet.clone().shrink((fine(left), fine(top)), (fine(width), fine(height)));
        let (x, y) = (self.iterations(segments), self.values());
        let mut builder = ChartBuilder::on(&area);
        builder.margin_left(fine(8.0)).y_label_area_size(fine(MARGIN[0] - 8.0));
        builder.margin_top(fine(MARGIN[1])).margin_right(fine(MARGIN[2]));
        builder.margin_bottom(fine(4.0)).x_label_area_size(fine(MARGIN[3] - 4.0));
        // About one label every 90 pixels in x and every 36 pixels in y.
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
            // This centres labels on the digits instead of on the line with its descenders.
            .y_label_offset(fine(2.0))
            .label_style(words.clone())
            .x_desc("iteration of the run")
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

    /// The range of run iterations: from the start of the first phase with values to the end of the
    /// last.
    fn iterations(&self, segments: &[Segment]) -> [f64; 2] {
        let points = self.series.iter().flat_map(|series| series.points.iter().filter(|(_, y)| drawable(*y)));
        let [mut low, mut high] = range(points.map(|(x, _)| *x));
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

    /// The value axis.
    fn values(&self) -> Axis {
        if self.scale == Scale::Share {
            return Axis::SHARE;
        }
        let mut all = [f64::INFINITY, f64::NEG_INFINITY];
        for series in &self.series {
            let mut values: Vec<f64> = series.points.iter().map(|(_, y)| *y).filter(|y| drawable(*y)).collect();
            values.sort_by(f64::total_cmp);
            if values.is_empty() {
                continue;
            }
            // Without outliers, a spike at the start of a phase does not flatten the rest of the
            // curve.
            let outliers = if self.scale == Scale::Fitted && values.len() >= 100 { values.len() / 200 } else { 0 };
            all = [all[0].min(values[outliers]), all[1].max(values[values.len() - 1 - outliers])];
        }
        for level in self.levels.iter().filter(|level| drawable(level.value)) {
            all = [all[0].min(level.value), all[1].max(level.value)];
        }
        let all = if all[0] <= all[1] { all } else { [0.0, 1.0] };
        Axis::around(all, self.scale == Scale::FromZero, self.log_beyond)
    }

    /// Draws dotted lines between the phases of the run, and the names of the phases that fit.
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
            let place =
                |iteration: f64| chart.plotting_area().map_coordinate(&(iteration.clamp(x.start, x.end), y.high));
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
        let smooth = series.smooth && count >= MIN_SMOOTHED;
        let raw = if smooth { Stroke { width: 0.5, opacity: 0.45, ..series.stroke } } else { series.stroke };
        let shown = |value: f64| drawable(value) && (!y.log || value > 0.0);
        // Phases are independent, so neither lines nor means cross the border between them.
        let segment = |iteration: f64| segments.partition_point(|segment| segment.end < iteration);
        let together = |a: &(f64, f64), b: &(f64, f64)| !series.smooth || segment(a.0) == segment(b.0);
        let column = (chart.x_range().end - chart.x_range().start) / 2000.0;
        for phase in series.points.chunk_by(together) {
            for part in phase.split(|(_, value)| !shown(*value)) {
                if count < MIN_WITHOUT_DOTS || part.len() == 1 {
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
                let mean: Vec<_> = points.iter().zip(mean).map(|((iteration, _), v)| (*iteration, back(v))).collect();
                line(chart, thinned(&mean, column), &series.stroke)?;
            }
        }
        Ok(())
    }

    /// Writes the names of curves and levels from `x` to `right`, as far as they fit.
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

/// Draws a line through the points, if there are at least two.
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

/// Draws a horizontal sample of a line style, for a legend.
pub(super) fn sample(sheet: &Area, (x, y): (f64, f64), length: f64, stroke: &Stroke) -> Drawn {
    let ends = [(fine(x), fine(y)), (fine(x + length), fine(y))];
    match stroke.dashes() {
        Some((dash, gap)) => sheet.draw(&DashedPathElement::new(ends, dash, gap, stroke.style())),
        None => sheet.draw(&PathElement::new(ends, stroke.style())),
    }
}
