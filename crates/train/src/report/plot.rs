//! Plots of the metrics of a run as PNG, 1200×800 pixels.

use super::axis::Scale;
use super::canvas::{Area, Drawn, GREY, INK, drawn, text, write_png};
use super::chart::{Dash, Level, Panel, Segment, Series, Stroke, sample};
use super::metrics::Record;
use crate::Result;
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;
use std::path::Path;
use stgan::Bitmap;

const WIDTH: u32 = 1200;
const HEIGHT: u32 = 800;

/// The colour-blind safe palette of Okabe and Ito.
const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const VERMILION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
const PURPLE: RGBColor = RGBColor(0xb8, 0x65, 0x9a);
/// Colours of the stages, from viridis, which is ordered and readable in grey. The last one is
/// darkest.
const STAGES: [[f64; 3]; 5] =
    [[128.0, 188.0, 66.0], [53.0, 183.0, 121.0], [38.0, 130.0, 142.0], [62.0, 73.0, 137.0], [68.0, 1.0, 84.0]];

/// Writes `losses.png` and `landmark-error.png` into the folder of a run.
///
/// If there is nothing to draw, a plot contains a message instead.
///
/// # Errors
/// [`crate::Error::Io`].
pub fn write(folder: &Path, records: &[Record]) -> Result<()> {
    write_png(&folder.join("losses.png"), &losses(records)?)?;
    write_png(&folder.join("landmark-error.png"), &landmark_errors(records)?)
}

/// Plots the training metrics, one panel per group.
///
/// The groups are the regression loss, the adversarial losses, the Wasserstein estimate, the
/// gradient norm of the discriminator, ‖Δp‖, and the held-out preference. Groups without values are
/// omitted.
///
/// # Errors
/// No record causes an error.
pub fn losses(records: &[Record]) -> Result<Bitmap> {
    let segments = segments(records);
    let panels: Vec<Panel> = panels(records).into_iter().filter(|panel| !panel.is_empty()).collect();
    if panels.is_empty() {
        return nothing("no losses yet");
    }
    let columns = if panels.len() < 3 { 1 } else { 2 };
    let rows = panels.len().div_ceil(columns);
    let (width, height) = (f64::from(WIDTH - 20) / columns as f64, f64::from(HEIGHT - 12) / rows as f64);
    drawn(WIDTH, HEIGHT, |sheet| {
        for (i, panel) in panels.iter().enumerate() {
            // A single panel in the last row spans the row.
            let across = if i + 1 == panels.len() && i % columns == 0 { columns as f64 } else { 1.0 };
            let (left, top) = (10.0 + (i % columns) as f64 * width, 4.0 + (i / columns) as f64 * height);
            panel.draw(sheet, [left, top, width * across, height], &segments)?;
        }
        Ok(())
    })
}

/// Plots the landmark error on held-out faces and glasses: median (solid) and 95th percentile
/// (dashed) after each stage.
///
/// The plot also shows the error as placed, and the baseline of a generator that ignores the view.
///
/// # Errors
/// No record causes an error.
pub fn landmark_errors(records: &[Record]) -> Result<Bitmap> {
    let found: Vec<ValidationErrors> = records.iter().filter_map(ValidationErrors::of).collect();
    let count = found.iter().map(|f| f.median.len().max(f.p95.len())).max().unwrap_or(0);
    let mut panel = Panel {
        title: "Landmark error on the validation split".into(),
        unit: "inter-pupil distances".into(),
        scale: Scale::FromZero,
        log_beyond: 12.0,
        series: Vec::new(),
        levels: Vec::new(),
        legend: false,
    };
    let curve = |name: &str, stroke: Stroke, value: &dyn Fn(&ValidationErrors) -> Option<f64>| {
        // A validation without a stage leaves a gap in the curve of that stage.
        let points = found.iter().map(|f| (f.run_iteration, value(f).unwrap_or(f64::NAN))).collect();
        Series { name: name.into(), stroke, points, smooth: false }
    };
    let mut rows: Vec<(String, Stroke, [f64; 2])> = Vec::new();
    let last =
        |values: &dyn Fn(&ValidationErrors) -> Option<f64>| found.iter().rev().find_map(values).unwrap_or(f64::NAN);
    for stage in 0..count {
        let median = |f: &ValidationErrors| f.median.get(stage).copied();
        let p95 = |f: &ValidationErrors| f.p95.get(stage).copied();
        let colour = if stage == 0 { GREY } else { stage_colour(stage, count - 1) };
        let (name, solid, dashed) = match stage {
            0 => ("as placed".to_owned(), Stroke::new(colour, 1.6).dash(Dash::Dashed), None),
            _ => {
                let stroke = Stroke::new(colour, 2.2);
                (format!("after stage {stage}"), stroke, Some(Stroke::new(colour, 1.4).dash(Dash::Dashed)))
            }
        };
        panel.series.extend(dashed.map(|stroke| curve("", stroke, &p95)));
        panel.series.push(curve(&name, solid, &median));
        rows.push((name, solid, [last(&median), last(&p95)]));
    }
    if panel.is_empty() {
        return nothing("no validation yet");
    }
    if let Some(value) = found.iter().rev().find_map(|f| f.baseline) {
        let stroke = Stroke::new(VERMILION, 1.6).dash(Dash::Dotted);
        rows.insert(1.min(rows.len()), ("ignores the view".into(), stroke, [value, f64::NAN]));
        panel.levels.push(Level { name: String::new(), value, stroke });
    }
    let table = 290.0;
    drawn(WIDTH, HEIGHT, |sheet| {
        let place = [10.0, 4.0, f64::from(WIDTH) - 20.0 - table, f64::from(HEIGHT) - 12.0];
        panel.draw(sheet, place, &segments(records))?;
        legend(sheet, f64::from(WIDTH) - table - 2.0, &rows)
    })
}

/// Draws the names of the curves with their last values.
fn legend(sheet: &Area, left: f64, rows: &[(String, Stroke, [f64; 2])]) -> Drawn {
    let (median, p95) = (left + 205.0, left + 270.0);
    text(sheet, (left, 60.0), 12.0, HPos::Left, &GREY, "last validation")?;
    text(sheet, (median, 60.0), 12.0, HPos::Right, &GREY, "median")?;
    text(sheet, (p95, 60.0), 12.0, HPos::Right, &GREY, "95 %")?;
    for (i, (name, stroke, values)) in rows.iter().enumerate() {
        let y = 86.0 + 24.0 * i as f64;
        if y > f64::from(HEIGHT) - 70.0 {
            return Ok(());
        }
        sample(sheet, (left, y - 4.5), 30.0, stroke)?;
        text(sheet, (left + 38.0, y), 13.0, HPos::Left, &INK, name)?;
        for (x, value) in [median, p95].into_iter().zip(values) {
            if value.is_finite() {
                text(sheet, (x, y), 13.0, HPos::Right, &INK, &format!("{value:.4}"))?;
            }
        }
    }
    let y = 86.0 + 24.0 * rows.len() as f64;
    text(sheet, (left, y + 6.0), 12.0, HPos::Left, &GREY, "solid: median; dashed: 95 %")
}

/// The landmark errors of one validation.
struct ValidationErrors {
    run_iteration: f64,
    median: Vec<f64>,
    p95: Vec<f64>,
    baseline: Option<f64>,
}

impl ValidationErrors {
    fn of(record: &Record) -> Option<Self> {
        let median = record.numbers("median")?;
        let p95 = record.numbers("p95").unwrap_or_default();
        let baseline = record.number("baseline").filter(|value| value.is_finite());
        Some(Self { run_iteration: record.run_iteration as f64, median, p95, baseline })
    }
}

fn panels(records: &[Record]) -> Vec<Panel> {
    let panel = |title: &str, unit: &str, scale: Scale, log_beyond: f64, curves: &[(&str, &str, RGBColor)]| Panel {
        title: title.into(),
        unit: unit.into(),
        scale,
        log_beyond,
        series: curves.iter().map(|(key, name, colour)| series(records, key, name, *colour)).collect(),
        levels: Vec::new(),
        legend: true,
    };
    let level = |name: &str, value: f64| {
        vec![Level { name: name.into(), value, stroke: Stroke::new(GREY, 1.3).dash(Dash::Dashed) }]
    };
    let never = f64::INFINITY;
    let mut preference = panel(
        "Held-out preference",
        "share of pairs",
        Scale::Share,
        never,
        &[("preference", "correct placement preferred", GREEN)],
    );
    preference.levels = level("chance", 0.5);
    let mut gradient = panel(
        "Discriminator gradient",
        "norm of the input gradient",
        Scale::Fitted,
        30.0,
        &[("gradient_norm", "between real and fake", PURPLE)],
    );
    if !gradient.is_empty() && records.iter().any(|record| record.values.contains_key("wasserstein")) {
        gradient.levels = level("1, target of the penalty", 1.0);
    }
    vec![
        panel("Regression", "loss", Scale::Fitted, 10.0, &[("loss", "", BLUE)]),
        panel(
            "Adversarial losses",
            "loss",
            Scale::Fitted,
            100.0,
            &[
                ("generator_loss", "generator", BLUE),
                ("discriminator_loss", "discriminator", VERMILION),
                ("penalty", "penalty", PURPLE),
            ],
        ),
        panel(
            "Wasserstein estimate",
            "mean score, real − fake",
            Scale::Fitted,
            never,
            &[("wasserstein", "", VERMILION)],
        ),
        gradient,
        panel("Update of the warp", "norm of Δp", Scale::Fitted, 30.0, &[("update_norm", "", BLUE)]),
        preference,
    ]
}

fn series(records: &[Record], key: &str, name: &str, colour: RGBColor) -> Series {
    let points = records.iter().filter_map(|record| Some((record.run_iteration as f64, record.number(key)?))).collect();
    Series { name: name.into(), stroke: Stroke::new(colour, 2.0), points, smooth: true }
}

/// The phases of a run, from the names in the records. Each phase begins where the previous one
/// ends.
fn segments(records: &[Record]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for part in records.chunk_by(|a, b| a.phase == b.phase && a.stage == b.stage) {
        let (first, last) = (&part[0], &part[part.len() - 1]);
        let before = segments.last().map_or(0.0, |segment| segment.end);
        // The file may begin in the middle of a run, so the start follows from the iteration of the
        // phase.
        let start = (first.run_iteration.saturating_sub(first.iteration) as f64).max(before);
        let phase = first.phase.replace('_', " ");
        let stage = first.stage;
        let names = match first.phase.as_str() {
            "regression" | "adversarial" => {
                vec![format!("{phase} {stage}"), format!("{}. {stage}", &phase[..3]), stage.to_string()]
            }
            "discriminator_pretraining" => vec![phase, "pretraining".into()],
            _ => vec![phase],
        };
        segments.push(Segment { names, start, end: (last.run_iteration as f64).max(start) });
    }
    segments
}

fn stage_colour(stage: usize, stages: usize) -> RGBColor {
    let at = if stages < 2 { 0.5 } else { (stage - 1) as f64 / (stages - 1) as f64 };
    let at = at * (STAGES.len() - 1) as f64;
    let below = (at as usize).min(STAGES.len() - 2);
    let mixed = |i: usize| STAGES[below][i] + (at - below as f64) * (STAGES[below + 1][i] - STAGES[below][i]);
    RGBColor(mixed(0) as u8, mixed(1) as u8, mixed(2) as u8)
}

/// A sheet with a message instead of a plot.
fn nothing(message: &str) -> Result<Bitmap> {
    let middle = (f64::from(WIDTH) / 2.0, f64::from(HEIGHT) / 2.0);
    drawn(WIDTH, HEIGHT, |sheet| text(sheet, middle, 18.0, HPos::Center, &GREY, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::style::Color as _;

    #[test]
    fn each_phase_begins_where_the_previous_one_ends() {
        let at = |phase: &str, stage, iteration, run_iteration| Record::new(phase, stage, iteration, run_iteration);
        let records = [
            at("regression", 1, 50, 50),
            at("regression", 1, 100, 100),
            at("regression", 2, 50, 150),
            at("discriminator_pretraining", 1, 50, 200),
            at("end_to_end", 2, 10, 210),
        ];
        let found: Vec<_> = segments(&records).into_iter().map(|s| (s.names[0].clone(), s.start, s.end)).collect();
        let expected = [
            ("regression 1", 0.0, 100.0),
            ("regression 2", 100.0, 150.0),
            ("discriminator pretraining", 150.0, 200.0),
            ("end to end", 200.0, 210.0),
        ];
        assert_eq!(found, expected.map(|(name, start, end)| (name.to_owned(), start, end)));
        assert_eq!(segments(&records[1..2])[0].start, 0.0);
        assert_eq!(segments(&[at("discriminator_pretraining", 1, 10, 1000)])[0].start, 990.0);
    }

    #[test]
    fn stages_have_distinct_colours() {
        let all: std::collections::BTreeSet<_> = (1..=8).map(|stage| stage_colour(stage, 8).rgb()).collect();
        assert_eq!(all.len(), 8);
        // A single stage gets the middle of the scale.
        assert_eq!(stage_colour(1, 1).rgb(), (38, 130, 142));
    }
}
