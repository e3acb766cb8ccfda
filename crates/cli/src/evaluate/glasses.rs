//! `stgan evaluate --glasses`: scores of cut-outs of product photos.

use super::Arguments;
use crate::{cut_out, files};
use anyhow::Result;
use std::fmt::{Error, Write as _};
use std::path::Path;
use stgan_train::evaluate::{self, CutOutScores, RenderedReport, ScoredPhoto};

pub(super) fn run(arguments: &Arguments, folder: Option<&Path>) -> Result<()> {
    let network = cut_out::network(arguments.cut_out_weights.as_deref())?;
    let text = match folder {
        Some(folder) => {
            let photos = evaluate::labelled_photos(folder, &network)?;
            if arguments.json { serde_json::to_string(&photos)? + "\n" } else { table(&photos)? }
        }
        None => {
            let report = evaluate::rendered_photos(&network, arguments.rendered, arguments.seed)?;
            if arguments.json { serde_json::to_string(&report)? + "\n" } else { rendered(&report, arguments.seed)? }
        }
    };
    files::print(&text)
}

/// The name of a column, its score, and whether larger is better.
type Column = (&'static str, fn(&CutOutScores) -> f64, bool);

const COLUMNS: [Column; 9] = [
    ("front", |scores| scores.front, true),
    ("lens", |scores| scores.lens, true),
    ("front*", |scores| scores.front_strict, true),
    ("lens*", |scores| scores.lens_strict, true),
    ("ground", |scores| scores.background, false),
    ("remains", |scores| scores.remains, false),
    ("loss", |scores| scores.front_loss, false),
    ("lens err", |scores| scores.lens_error, false),
    ("arms", |scores| scores.arms, false),
];

const LEGEND: &str = "\
front, lens    intersection over union; with *, near borders of labels too
ground         mean alpha of the background near the glasses
remains        area outside the glasses with alpha > 0.15, over the area of the front
loss           1 − mean alpha of the front
lens err       mean alpha of clear lenses; of others, the distance of alpha from 0.25 to 0.95
arms           mean alpha of temple arms and pads
usable         front ≥ 0.85 (translucent 0.7), ground ≤ 0.02, remains ≤ 0.05, loss ≤ 0.15, lens err ≤ 0.12
";

fn table(photos: &[ScoredPhoto]) -> Result<String, Error> {
    let mut text = format!("{LEGEND}\n{:<20}{:<10}{:<12}", "photo", "lenses", "frame");
    COLUMNS.iter().try_for_each(|(name, _, _)| write!(text, "{name:>9}"))?;
    text += "  usable\n";
    for ScoredPhoto { stem, lenses, frame, refused, scores } in photos {
        write!(text, "{stem:<20}{lenses:<10}{frame:<12}")?;
        if let Some(code) = refused {
            writeln!(text, "  {code}")?;
            continue;
        }
        COLUMNS.iter().try_for_each(|(_, score, _)| number(&mut text, score(scores)))?;
        writeln!(text, "{:>8}", if scores.usable { "yes" } else { "no" })?;
    }
    text.push('\n');
    for (name, statistic) in [("mean", mean as fn(&[f64], bool) -> f64), ("median", median), ("worst", worst)] {
        write!(text, "{name:<42}")?;
        for (_, score, larger_is_better) in COLUMNS {
            let values = photos.iter().map(|photo| score(&photo.scores)).filter(|value| !value.is_nan());
            number(&mut text, statistic(&values.collect::<Vec<_>>(), larger_is_better))?;
        }
        text.push('\n');
    }
    let usable = |wanted: &dyn Fn(&ScoredPhoto) -> bool| {
        let group = photos.iter().filter(|photo| wanted(photo));
        let (usable, all) = group.fold((0, 0), |(n, all), photo| (n + usize::from(photo.scores.usable), all + 1));
        format!("{usable} of {all}")
    };
    writeln!(
        text,
        "\nusable: {}; clear lenses {}, other lenses {}",
        usable(&|_| true),
        usable(&|photo| photo.lenses == "clear"),
        usable(&|photo| photo.lenses != "clear"),
    )?;
    Ok(text)
}

fn number(text: &mut String, value: f64) -> Result<(), Error> {
    if value.is_nan() { write!(text, "{:>9}", "–") } else { write!(text, "{value:>9.3}") }
}

fn mean(values: &[f64], _: bool) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn median(values: &[f64], _: bool) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n => 0.5 * (values[(n - 1) / 2] + values[n / 2]),
    }
}

fn worst(values: &[f64], larger_is_better: bool) -> f64 {
    values.iter().copied().fold(f64::NAN, if larger_is_better { f64::min } else { f64::max })
}

fn rendered(report: &RenderedReport, seed: u64) -> Result<String, Error> {
    let refused: usize = report.refused.values().sum();
    let mut text = format!("{} rendered product photos, seed {seed}: {refused} refused\n", report.photos);
    for (code, count) in &report.refused {
        writeln!(text, "  {code}: {count}")?;
    }
    writeln!(text, "\nintersection over union on the others\n")?;
    let values =
        [("background", report.background), ("front", report.front), ("lens", report.lens), ("arm", report.arm)];
    for (label, value) in values {
        write!(text, "{label:<12}")?;
        number(&mut text, value)?;
        text.push('\n');
    }
    Ok(text)
}
