//! `stgan evaluate --task room`: errors of furniture in rooms.

use super::Arguments;
use crate::files;
use anyhow::{Context, Result};
use std::fmt::Write;
use stgan::model::{Cascade, Task, weights};
use stgan_synth::rooms::Split;
use stgan_train::rooms::{self, Protocol, RoomErrors, RoomSettings, StageErrors};

/// The number of samples that are rendered if no folder is given.
const SAMPLES: usize = 400;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.weights.as_deref().context("--task room needs --weights")?;
    let file = weights::read(&files::read(path)?).with_context(|| path.display().to_string())?;
    anyhow::ensure!(
        file.spec.task == Task::room(),
        "{}: the weights are for the task `{}`, not `room`",
        path.display(),
        file.spec.task.name
    );
    let updates = file.updates()?;
    let cascade = Cascade::new(&file.spec, file.stages, &file.parameters)?;
    let samples = match &arguments.data {
        Some(folder) => rooms::read(folder, usize::MAX)?,
        None => {
            let settings = RoomSettings { models: arguments.models.clone(), ..RoomSettings::default() };
            let options = settings.options(Split::Test)?;
            rooms::draw(SAMPLES, &options, arguments.seed, &mut |_| ())?
        }
    };
    let measured = [Protocol::Dropped, Protocol::Warped]
        .map(|protocol| rooms::evaluate(&cascade, updates, &samples, protocol, arguments.seed));
    let measured = measured.into_iter().collect::<stgan_train::Result<Vec<_>>>()?;
    let text = if arguments.json { serde_json::to_string(&measured)? + "\n" } else { table(&measured)? };
    files::print(&text)
}

fn table(measured: &[RoomErrors]) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for errors in measured {
        let start = match errors.protocol {
            Protocol::Dropped => "dropped: right centre and area, translation N(0, 0.1), area × U(0.9, 1.1)",
            Protocol::Warped => "warped: right centre and area, N(0, 0.1) on all eight parameters",
        };
        writeln!(text, "{} samples, {start}", errors.samples)?;
        writeln!(
            text,
            "{:<22} {:>9} {:>12} {:>10} {:>8} {:>6} {:>12}",
            "", "inner px", "no offset px", "diagonals", "nearest", "foot", "perspective"
        )?;
        for (k, stage) in errors.stages.iter().enumerate() {
            let name = if k == 0 { "unmoved".to_owned() } else { format!("after update {k}") };
            line(&mut text, &name, stage)?;
        }
        line(&mut text, "wrong room", &errors.wrong_room)?;
        line(&mut text, "blind", &errors.blind)?;
        for (category, (count, before, after)) in &errors.categories {
            line(&mut text, &format!("{category} ({count}) unmoved"), before)?;
            line(&mut text, &format!("{category} fitted"), after)?;
        }
        writeln!(text)?;
    }
    Ok(text)
}

fn line(text: &mut String, name: &str, e: &StageErrors) -> std::fmt::Result {
    writeln!(
        text,
        "{name:<22} {:>9.2} {:>12.2} {:>10.3} {:>8.3} {:>6.2} {:>12.2}",
        e.inner, e.inner_upright, e.diagonals, e.nearest, e.foot, e.perspective
    )
}
