//! The tables of `stgan evaluate`.

use super::Report;
use std::fmt::{Error, Write as _};
use stgan_train::evaluate::{Calibration, FaceGroup, MAX_FOUND_ERROR, SpreadErrors, Summary, YawBand};

pub(super) fn table(report: &Report) -> Result<String, Error> {
    let mut text = format!(
        "split {}: {} faces, {} glasses, seed {}; landmark errors in inter-pupil distances\n",
        report.split, report.faces, report.glasses, report.seed
    );
    errors(&mut text, &report.spreads)?;
    yaw_bands(&mut text, &report.yaw_bands)?;
    groups(&mut text, &report.groups)?;
    if let Some(report) = &report.calibration {
        calibration(&mut text, report)?;
    }
    Ok(text)
}

fn errors(text: &mut String, spreads: &[SpreadErrors]) -> Result<(), Error> {
    for SpreadErrors { spread, fits, updates, visible } in spreads {
        writeln!(text, "\nspread `{}`, {fits} fits: {}\n", spread.name(), spread.describe())?;
        if !visible.is_empty() {
            writeln!(text, "{:<16}{:<30}{:<30}", "", "   against a stiff front", "   against the visible points")?;
        }
        let header = format!("{:>9}{:>9}{:>9}   ", "mean", "median", "95 %");
        writeln!(text, "{:<16}{}", "", header.repeat(1 + usize::from(!visible.is_empty())).trim_end())?;
        for (k, summary) in updates.iter().enumerate() {
            let name = if k == 0 { "as placed".to_owned() } else { format!("after update {k}") };
            let both = [Some(summary), visible.get(k)].into_iter().flatten();
            let columns: String = both.map(|s| format!("{:>9.4}{:>9.4}{:>9.4}   ", s.mean, s.median, s.p95)).collect();
            writeln!(text, "{name:<16}{}", columns.trim_end())?;
        }
    }
    Ok(())
}

fn yaw_bands(text: &mut String, bands: &[YawBand]) -> Result<(), Error> {
    if let Some(first) = bands.first() {
        writeln!(
            text,
            "\nafter the last update by yaw, spread `{}`; height: of the nearer over the farther lens, medians\n",
            first.spread.name()
        )?;
        writeln!(text, "{:<16}{:>7}{:>9}{:>9}{:>9}{:>14}", "", "faces", "median", "95 %", "height", "stiff front")?;
    }
    for YawBand { yaw: [low, high], faces, errors, height_ratio, stiff_height_ratio, .. } in bands {
        let (name, Summary { median, p95, .. }) = (format!("{low} to {high}°"), errors);
        writeln!(text, "{name:<16}{faces:>7}{median:>9.4}{p95:>9.4}{height_ratio:>9.3}{stiff_height_ratio:>14.3}")?;
    }
    Ok(())
}

fn groups(text: &mut String, groups: &[FaceGroup]) -> Result<(), Error> {
    if let Some(first) = groups.first() {
        writeln!(text, "\nerrors after the last update by group of faces, spread `{}`\n", first.spread.name())?;
        writeln!(text, "{:<48}{:>7}{:>9}{:>9}", "", "faces", "median", "95 %")?;
    }
    for FaceGroup { by, name, faces, errors, .. } in groups {
        writeln!(text, "{:<48}{faces:>7}{:>9.4}{:>9.4}", format!("{by}: {name}"), errors.median, errors.p95)?;
    }
    Ok(())
}

fn calibration(text: &mut String, report: &Calibration) -> Result<(), Error> {
    writeln!(
        text,
        "\nconvergence: motion of the landmarks by the n-th application of the last stage, spread `dropped`\n"
    )?;
    writeln!(text, "{:<16}{:>9}{:>9}{:>9}", "application", "mean", "median", "95 %")?;
    for one in &report.convergence {
        let moved = one.moved;
        writeln!(text, "{:<16}{:>9.4}{:>9.4}{:>9.4}", one.application, moved.mean, moved.median, moved.p95)?;
    }
    writeln!(
        text,
        "\noutcome by initial placement; found: landmark error at most {MAX_FOUND_ERROR}; confident: confidence at least 0.5;\n\
         ‖p‖: after the last update; ‖Δp‖: of any update\n"
    )?;
    writeln!(
        text,
        "{:<28}{:>7}{:>9}{:>11}{:>13}{:>11}{:>12}",
        "", "fits", "found", "confident", "median ‖p‖", "max. ‖p‖", "max. ‖Δp‖"
    )?;
    for s in &report.situations {
        let (name, [median, max]) = (s.situation.describe(), s.norm);
        let (found, confident, update) = (100.0 * s.found, 100.0 * s.confident, s.max_update);
        writeln!(
            text,
            "{name:<28}{:>7}{found:>7.1} %{confident:>9.1} %{median:>13.2}{max:>11.2}{update:>12.2}",
            s.fits
        )?;
    }
    writeln!(
        text,
        "\nconfidence: area under the ROC curve {:.3}, true positive rate {:.1} %, true negative rate {:.1} %",
        report.auc,
        100.0 * report.true_positive_rate,
        100.0 * report.true_negative_rate
    )?;
    let logistic = report.logistic;
    writeln!(
        text,
        "best logistic fit of the confidence: midpoint {:.4}, steepness {:.2}",
        logistic.midpoint, logistic.steepness
    )
}
