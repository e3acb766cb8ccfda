//! `stgan evaluate --task room`: errors of furniture in rooms.

use super::Arguments;
use crate::files;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::Path;
use stgan::TryOn;
use stgan::model::{Discriminator, ImageSize, Task, weights};
use stgan_synth::rooms::Split;
use stgan_train::report::grid;
use stgan_train::rooms::{self, Places, Preference, Protocol, RoomErrors, RoomSample, RoomSettings, StageErrors};

/// The number of samples in an image of fits.
const DRAWN: usize = 12;
const PROTOCOLS: [Protocol; 2] = [Protocol::Dropped, Protocol::Warped];
/// The number of samples that are rendered if no folder is given.
const SAMPLES: usize = 400;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let path = arguments.weights.as_deref().context("--task room needs --weights")?;
    let bytes = files::read(path)?;
    let tryon = TryOn::for_task(&bytes, &Task::room()).with_context(|| path.display().to_string())?;
    let file = weights::read(&bytes)?;
    let updates = arguments.updates.unwrap_or(tryon.updates());
    let samples = match &arguments.data {
        Some(folder) => rooms::read(folder, usize::MAX)?,
        None => {
            let settings = RoomSettings { models: arguments.models.clone(), ..RoomSettings::default() };
            let options = settings.options(Split::Test)?;
            rooms::draw(SAMPLES, &options, arguments.seed, &mut |_| ())?
        }
    };
    let protocols = PROTOCOLS.map(|protocol| rooms::evaluate(&tryon, updates, &samples, protocol, arguments.seed));
    let protocols = protocols.into_iter().collect::<stgan_train::Result<Vec<_>>>()?;
    let places = rooms::places(&tryon, updates, &samples, arguments.seed)?;
    if let Some(images) = &arguments.images {
        draw_fits(images, &tryon, updates, &samples[..samples.len().min(DRAWN)], arguments.seed)?;
    }
    let mut preferences = Vec::new();
    if let Some(spec) = &file.discriminator {
        let discriminator = Discriminator::new(spec, &file.parameters)?;
        for protocol in PROTOCOLS {
            let networks = (&discriminator, &file.spec);
            preferences.push(rooms::preference(&tryon, networks, updates, &samples, protocol, arguments.seed)?);
        }
    }
    let report = Report { protocols, preferences, places };
    let text = if arguments.json { serde_json::to_string(&report)? + "\n" } else { table(&report)? };
    files::print(&text)
}

/// The JSON output.
#[derive(serde::Serialize)]
struct Report {
    protocols: Vec<RoomErrors>,
    /// One for each protocol if the file has a discriminator, else none.
    preferences: Vec<Preference>,
    places: Places,
}

/// Draws fits as an image: a row for each sample.
pub(crate) fn draw_fits(path: &Path, tryon: &TryOn, updates: usize, samples: &[RoomSample], seed: u64) -> Result<()> {
    let [first, last] = rooms::FIT_COLUMNS;
    let names: Vec<String> = (1..=updates).map(|update| format!("update {update}")).collect();
    let columns: Vec<&str> = std::iter::once(first).chain(names.iter().map(String::as_str)).chain([last]).collect();
    let size = samples.first().map_or((0, 0), |sample| (sample.room.height(), sample.room.width()));
    let size = ImageSize { height: size.0 as usize, width: size.1 as usize };
    Ok(grid::write(path, size, &columns, &rooms::fit_rows(tryon, updates, samples, seed)?)?)
}

fn table(Report { protocols, preferences, places }: &Report) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for (i, errors) in protocols.iter().enumerate() {
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
        if let Some(preference) = preferences.get(i) {
            prefer(&mut text, preference)?;
        }
        writeln!(text)?;
    }
    let Places { reached: [before, after], different: [different_before, different_after], known } = places;
    writeln!(text, "from ten starts across each room: in a right place, and different right places of {known:.1}")?;
    for (name, reached, different) in [("unmoved", before, different_before), ("fitted", after, different_after)] {
        writeln!(text, "{name:<22} {:>8.1} % {different:>11.2}", 100.0 * reached)?;
    }
    Ok(text)
}

/// Writes what the discriminator prefers.
fn prefer(text: &mut String, Preference { updates, truth, truth_over_fit }: &Preference) -> std::fmt::Result {
    write!(text, "the discriminator prefers to the start:")?;
    for (k, share) in (1..).zip(updates) {
        write!(text, " update {k} {:.1} %,", 100.0 * share)?;
    }
    writeln!(text, " the truth {:.1} %; to the fit: the truth {:.1} %", 100.0 * truth, 100.0 * truth_over_fit)
}

fn line(text: &mut String, name: &str, e: &StageErrors) -> std::fmt::Result {
    writeln!(
        text,
        "{name:<22} {:>9.2} {:>12.2} {:>10.3} {:>8.3} {:>6.2} {:>12.2}",
        e.inner, e.inner_upright, e.diagonals, e.nearest, e.foot, e.perspective
    )
}
