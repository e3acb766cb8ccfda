//! `stgan evaluate --locate`: how well faces are found.

use super::{Arguments, PICTURE, draw};
use crate::files;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use stgan::TryOn;
use stgan::compose::Foreground;
use stgan_train::data::Dataset;
use stgan_train::evaluate::{self, LocateReport, Summary};

/// How many heads are shown.
const PICTURED: usize = 12;

pub(super) fn run(arguments: &Arguments, tryon: &TryOn, dataset: &Dataset, frames: &[Foreground]) -> Result<()> {
    let locator = files::locator(arguments.locator.as_deref())?;
    let (draws, faceless) = (arguments.draws, arguments.faceless);
    let report = evaluate::located(tryon, &locator, dataset, frames, draws, faceless, arguments.seed)?;
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { table(&report, &arguments.split)? };
    files::print(&text)?;
    if let Some(path) = &arguments.pictures {
        let mut pairs = evaluate::pairs(tryon, &locator, dataset.without_glasses.faces(), frames, PICTURE)?;
        pairs.truncate(PICTURED);
        ensure!(!pairs.is_empty(), "no face of this split has a whole photo to draw");
        let columns = ["bare", "by the pupils alone", "after the generators"].map(str::to_owned);
        draw(path, &columns, pairs.into_iter().map(|pair| pair.pictures.into()).collect())?;
    }
    Ok(())
}

fn table(report: &LocateReport, split: &str) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "split {split}; the best of what is located, threshold {:.3}; errors in eye distances, median and 95th percentile\n\n",
        report.threshold
    );
    let numbers = |summary: &Option<Summary>| match summary {
        Some(s) => format!("{:>9.4}{:>9.4}", s.median, s.p95),
        None => format!("{:>9}{:>9}", "", ""),
    };
    writeln!(
        text,
        "{:<34}{:>9}{:>10}{:>18}{:>9}{:>18}",
        "", "pictures", "located", "pupils", "found", "anchors after fit"
    )?;
    for (name, group) in [
        ("whole photos", &report.photos),
        ("aligned images, pasted anywhere", &report.pasted),
        ("whole photos, wearing glasses", &report.wearers),
    ] {
        let share = if group.fits > 0 { format!("{:.1} %", 100.0 * group.found) } else { String::new() };
        writeln!(
            text,
            "{name:<34}{:>9}{:>8.1} %{}{share:>9}{}",
            group.pictures,
            100.0 * group.located,
            numbers(&group.pupils),
            numbers(&group.anchors)
        )?;
    }
    writeln!(text, "\nlocated: pupils within 0.25; found: of all fits, those with an anchor error of at most 0.15\n")?;
    writeln!(text, "{:<34}{:>9}{:>9}", "pictures without a face", "pictures", "alarms")?;
    for kind in &report.faceless {
        writeln!(text, "{:<34}{:>9}{:>9}", kind.kind, kind.pictures, kind.alarms)?;
    }
    writeln!(text, "\n{:<16}{:>10}{:>10}{:>30}", "threshold", "precision", "recall", "alarms where there is no face")?;
    for t in &report.thresholds {
        let (precision, recall, alarms) = (100.0 * t.precision, 100.0 * t.recall, 100.0 * t.alarms);
        writeln!(text, "{:<16.3}{precision:>8.1} %{recall:>8.1} %{alarms:>28.2} %", t.threshold)?;
    }
    let line = |errors: &[Summary], step: usize| {
        errors.get(step).map_or(String::new(), |s| format!("{:>9.4}{:>9.4}", s.median, s.p95))
    };
    writeln!(text, "\n{:<34}{:>18}{:>18}", "anchor error, all located faces", "all", "turned tenth")?;
    for step in 0..report.all.len() {
        let name = if step == 0 { "by the located pupils alone".into() } else { format!("after update {step}") };
        writeln!(text, "{name:<34}{}{}", line(&report.all, step), line(&report.turned, step))?;
    }
    Ok(text)
}
