//! `stgan evaluate --locate`: metrics of the face locator.

use super::{Arguments, IMAGE_SIZE, draw};
use crate::files;
use anyhow::{Result, ensure};
use std::fmt::Write as _;
use stgan::TryOn;
use stgan::compose::Foreground;
use stgan_train::data::Dataset;
use stgan_train::evaluate::{self, LocateReport, Summary};

/// The maximum number of heads in the image file.
const MAX_HEADS: usize = 12;

pub(super) fn run(arguments: &Arguments, tryon: &TryOn, dataset: &Dataset, glasses: &[Foreground]) -> Result<()> {
    let locator = files::locator(arguments.locator.as_deref())?;
    let (draws, faceless) = (arguments.draws, arguments.faceless);
    let report = evaluate::located(tryon, &locator, dataset, glasses, draws, faceless, arguments.seed)?;
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { table(&report, &arguments.split)? };
    files::print(&text)?;
    if let Some(path) = &arguments.images {
        let mut heads = evaluate::comparisons(tryon, &locator, dataset.without_glasses.faces(), glasses, IMAGE_SIZE)?;
        heads.truncate(MAX_HEADS);
        ensure!(!heads.is_empty(), "--images needs whole photos, but split {} has none", arguments.split);
        let columns = ["without glasses", "by located pupils", "after the fit"].map(str::to_owned);
        draw(path, &columns, heads.into_iter().map(|head| head.images.into()).collect())?;
    }
    Ok(())
}

fn table(report: &LocateReport, split: &str) -> Result<String, std::fmt::Error> {
    let mut text = format!(
        "split {split}: the best detection per image at threshold {:.3}; errors in inter-pupil distances, median and 95 %\n\n",
        report.threshold
    );
    let errors = |summary: &Option<Summary>| match summary {
        Some(s) => format!("{:>9.4}{:>9.4}", s.median, s.p95),
        None => format!("{:>9}{:>9}", "", ""),
    };
    writeln!(
        text,
        "{:<34}{:>9}{:>10}{:>18}{:>9}{:>18}",
        "", "images", "located", "pupil error", "found", "landmark error"
    )?;
    for (name, group) in [
        ("whole photos", &report.photos),
        ("pasted aligned images", &report.pasted),
        ("whole photos, with glasses", &report.with_glasses),
    ] {
        let share = if group.fits > 0 { format!("{:.1} %", 100.0 * group.found) } else { String::new() };
        writeln!(
            text,
            "{name:<34}{:>9}{:>8.1} %{}{share:>9}{}",
            group.images,
            100.0 * group.located,
            errors(&group.pupil_error),
            errors(&group.landmark_error)
        )?;
    }
    writeln!(
        text,
        "\nlocated: pupil error at most 0.25; found: share of all fits with a landmark error of at most 0.15\n"
    )?;
    writeln!(text, "{:<34}{:>9}{:>17}", "images without a face", "images", "false positives")?;
    for kind in &report.faceless {
        writeln!(text, "{:<34}{:>9}{:>17}", kind.kind, kind.images, kind.false_positives)?;
    }
    writeln!(text, "\n{:<16}{:>10}{:>10}{:>21}", "threshold", "precision", "recall", "false positive rate")?;
    for point in &report.operating_points {
        let (precision, recall, rate) =
            (100.0 * point.precision, 100.0 * point.recall, 100.0 * point.false_positive_rate);
        writeln!(text, "{:<16.3}{precision:>8.1} %{recall:>8.1} %{rate:>19.2} %", point.threshold)?;
    }
    let line = |errors: &[Summary], k: usize| {
        errors.get(k).map_or(String::new(), |s| format!("{:>9.4}{:>9.4}", s.median, s.p95))
    };
    writeln!(text, "\n{:<34}{:>18}{:>18}", "landmark error on located faces", "all", "most turned 10 %")?;
    for k in 0..report.updates.len() {
        let name = if k == 0 { "by the located pupils alone".into() } else { format!("after update {k}") };
        writeln!(text, "{name:<34}{}{}", line(&report.updates, k), line(&report.updates_turned, k))?;
    }
    Ok(text)
}
