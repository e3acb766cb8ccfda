//! The table of results, with those of the paper.

use crate::data::Distortion;
use std::fmt::Write as _;

/// Error rates in percent on distorted MNIST, in the order of [`Distortion::ALL`]: R, RTS, P and E
/// from table 1 of Jaderberg et al. 2015, TC from section 4.1 if given there. RTSC is not in the
/// paper.
const PAPER: [(&str, [Option<f64>; 6]); 8] = [
    ("FCN", [Some(2.1), Some(5.2), Some(3.1), Some(3.2), Some(13.2), None]),
    ("CNN", [Some(1.2), Some(0.8), Some(1.5), Some(1.4), Some(3.5), None]),
    ("ST-FCN Aff", [Some(1.2), Some(0.8), Some(1.5), Some(2.7), Some(2.0), None]),
    ("ST-FCN Proj", [Some(1.3), Some(0.9), Some(1.4), Some(2.6), None, None]),
    ("ST-FCN TPS", [Some(1.1), Some(0.8), Some(1.4), Some(2.4), None, None]),
    ("ST-CNN Aff", [Some(0.7), Some(0.5), Some(0.8), Some(1.2), Some(1.7), None]),
    ("ST-CNN Proj", [Some(0.8), Some(0.6), Some(0.8), Some(1.3), None, None]),
    ("ST-CNN TPS", [Some(0.7), Some(0.5), Some(0.8), Some(1.1), None, None]),
];

/// The result of one training run.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct Outcome {
    pub network: String,
    pub distortion: &'static str,
    pub seed: u64,
    pub parameters: usize,
    /// Error rate in percent.
    pub error: f64,
    pub seconds: f64,
}

/// The mean and, for several values, the standard deviation.
fn mean_and_deviation(errors: &[f64]) -> String {
    let mean = errors.iter().sum::<f64>() / errors.len() as f64;
    match errors.len() {
        0 => String::new(),
        1 => format!("{mean:.2}"),
        n => {
            let variance = errors.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
            format!("{mean:.2} ± {:.2}", variance.sqrt())
        }
    }
}

/// A Markdown table of networks by distortions, with the paper's error rates in brackets.
pub(crate) fn table(outcomes: &[Outcome]) -> String {
    let mut networks: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !networks.contains(&outcome.network.as_str()) {
            networks.push(&outcome.network);
        }
    }
    let columns: Vec<Distortion> =
        Distortion::ALL.into_iter().filter(|d| outcomes.iter().any(|o| o.distortion == d.short())).collect();
    let mut text = String::from("| error rate in % | parameters |");
    for distortion in &columns {
        let _ = write!(text, " {} |", distortion.short());
    }
    text += "\n|---|---|";
    text += &"---|".repeat(columns.len());
    for network in networks {
        let of = |o: &&Outcome| o.network == network;
        let parameters = outcomes.iter().filter(of).map(|o| o.parameters).max().unwrap_or(0);
        let _ = write!(text, "\n| {network} | {:.0} k |", parameters as f64 / 1000.0);
        for distortion in &columns {
            let found: Vec<f64> =
                outcomes.iter().filter(of).filter(|o| o.distortion == distortion.short()).map(|o| o.error).collect();
            let column = Distortion::ALL.iter().position(|d| d == distortion);
            let paper = PAPER.iter().find(|(name, _)| *name == network).zip(column).and_then(|((_, row), i)| row[i]);
            let paper = paper.map(|x| format!(" [{x:.1}]")).unwrap_or_default();
            let _ = write!(text, " {}{paper} |", mean_and_deviation(&found));
        }
    }
    text
}
