//! What `stgan evaluate` prints.

use super::Report;
use std::fmt::{Error, Write as _};
use stgan_train::evaluate::{Errors, FOUND, Subset, Trust};

pub(super) fn table(report: &Report) -> Result<String, Error> {
    let mut text = format!(
        "{} faces of split {}, {} catalogue frames, seed {}; anchor error in eye distances\n",
        report.faces, report.split, report.frames, report.seed
    );
    errors(&mut text, &report.spreads)?;
    groups(&mut text, &report.groups)?;
    if let Some(trust) = &report.trust {
        self::trust(&mut text, trust)?;
    }
    Ok(text)
}

fn errors(text: &mut String, spreads: &[Errors]) -> Result<(), Error> {
    for Errors { spread, fits, steps } in spreads {
        writeln!(text, "\n{}: {fits} fits, {}\n", spread.name(), spread.describe())?;
        writeln!(text, "{:<16}{:>9}{:>9}{:>9}", "", "mean", "median", "95 %")?;
        for (step, summary) in steps.iter().enumerate() {
            let name = if step == 0 { "as placed".to_owned() } else { format!("after update {step}") };
            writeln!(text, "{name:<16}{:>9.4}{:>9.4}{:>9.4}", summary.mean, summary.median, summary.p95)?;
        }
    }
    Ok(())
}

fn groups(text: &mut String, groups: &[Subset]) -> Result<(), Error> {
    if let Some(first) = groups.first() {
        writeln!(text, "\nafter the last update, by kinds of faces and pictures ({})\n", first.spread.name())?;
        writeln!(text, "{:<48}{:>7}{:>9}{:>9}", "", "faces", "median", "95 %")?;
    }
    for Subset { by, name, faces, errors, .. } in groups {
        writeln!(text, "{:<48}{faces:>7}{:>9.4}{:>9.4}", format!("{by}: {name}"), errors.median, errors.p95)?;
    }
    Ok(())
}

fn trust(text: &mut String, trust: &Trust) -> Result<(), Error> {
    writeln!(text, "\nhow far one application of the last stage moves the anchors, as dropped\n")?;
    writeln!(text, "{:<16}{:>9}{:>9}{:>9}", "application", "mean", "median", "95 %")?;
    for settling in &trust.settling {
        let moved = settling.moved;
        writeln!(text, "{:<16}{:>9.4}{:>9.4}{:>9.4}", settling.application, moved.mean, moved.median, moved.p95)?;
    }
    writeln!(
        text,
        "\nwhat becomes of a fit; found: error at most {FOUND}; sure: confidence at least 0.5; ‖p‖ after the last update, ‖Δp‖ of any\n"
    )?;
    writeln!(
        text,
        "{:<28}{:>7}{:>9}{:>9}{:>12}{:>12}{:>13}",
        "", "fits", "found", "sure", "median ‖p‖", "largest ‖p‖", "largest ‖Δp‖"
    )?;
    for s in &trust.situations {
        let (name, [median, largest]) = (s.situation.describe(), s.norm);
        let (found, sure, update) = (100.0 * s.found, 100.0 * s.sure, s.largest_update);
        writeln!(
            text,
            "{name:<28}{:>7}{found:>7.1} %{sure:>7.1} %{median:>12.2}{largest:>12.2}{update:>13.2}",
            s.fits
        )?;
    }
    let (caught, kept) = (100.0 * trust.caught, 100.0 * trust.kept);
    writeln!(
        text,
        "\nconfidence: area under the ROC curve {:.3}; {caught:.1} % of the fits that did not find a face are not sure, {kept:.1} % of the others are",
        trust.auc
    )?;
    let fitted = trust.regression;
    writeln!(
        text,
        "what would suit these fits best: halfway at {:.4}, steepness {:.2}",
        fitted.halfway, fitted.steepness
    )
}
