//! Training and evaluation of the task `room`.

use crate::common::runs::{Temporary, numbers};
use candle_core::Device;
use stgan::TryOn;
use stgan::model::{Discriminator, ImageSize, Task, weights};
use stgan_synth::rooms::Split;
use stgan_train::rooms::{self, Protocol, RoomSample, RoomSamples, RoomSettings};
use stgan_train::{Config, Event, RoomData, RunStart, ValidationMetrics, train_room_generators};

/// A configuration with all phases that trains in seconds.
const CONFIG: &str = r#"
seed = 5
[model]
task = "room"
size = 18
width = 24
channels = [4, 6, 8]
hidden = 8
inputs = "rgba+pose"
stages = 1
normalise = true
[examples]
horizontal_weight = 0.25
[intervals]
report = 1
validate = 3
checkpoint = 2
keep = 2
[validation]
crops = 1
faces = 6
[regression]
iterations = [6]
batch = 4
batch_norm = true
update_penalty = 1e-3
[[regression.optimiser]]
learning_rate = 1e-3
[[regression.optimiser]]
learning_rate = 1e-3
[regression.perturbation]
translation = 0.1
scale = 0.05
rotation = 2.0
far_share = 0.1
shape = 0.02
warp = 0.1
warped_share = 0.5
colour = true
[discriminator]
channels = [4, 6]
[discriminator.reals]
composite_share = 0.5
[adversarial]
iterations = [2]
batch = 4
discriminator_iterations = 1
update_penalty = 0.3
generator = { learning_rate = 1e-4 }
discriminator = { learning_rate = 1e-4 }
[adversarial.perturbation]
translation = 0.1
scale = 0.05
rotation = 0.0
far_share = 0.0
shape = 0.0
warp = 0.1
warped_share = 0.5
colour = false
"#;

fn draw(count: usize, split: Split) -> Vec<RoomSample> {
    rooms::draw(count, &RoomSettings::default().options(split).unwrap(), 1, &mut |_| ()).unwrap()
}

#[test]
fn a_resumed_room_run_equals_an_uninterrupted_run() {
    let config = Config::parse(CONFIG, "test").unwrap();
    let held_out = draw(6, Split::Test);
    let data =
        RoomData { name: "rooms".into(), training: draw(8, Split::Train).into(), held_out: held_out.clone().into() };
    let (whole, parts) = (Temporary::new("room-whole"), Temporary::new("room-parts"));
    let train = |out: &Temporary, start, report: &mut dyn FnMut(Event) -> bool| {
        train_room_generators(&config, &data, &out.0, start, &Device::Cpu, report).unwrap()
    };
    let mut medians = Vec::new();
    assert!(train(&whole, RunStart::FromScratch, &mut |event| {
        if let Event::Validated { metrics: ValidationMetrics::Cascade { errors: Some(errors), .. }, .. } = event {
            medians.push(errors.median.clone());
        }
        true
    }));
    assert!(medians.len() >= 3 && medians.iter().flatten().all(|x| x.is_finite() && *x > 0.0), "{medians:?}");
    for (resume, stop) in [(false, 3), (true, 7)] {
        let start = if resume { RunStart::Resume } else { RunStart::FromScratch };
        let stopped = |event| !matches!(event, Event::Progress { done, .. } if done >= stop);
        assert!(!train(&parts, start, &mut { stopped }));
    }
    assert!(train(&parts, RunStart::Resume, &mut |_| true));
    let file = "weights.safetensors";
    assert!(numbers(&whole.file(file)) == numbers(&parts.file(file)), "{file} differs");

    let read = weights::read(&std::fs::read(whole.file(file)).unwrap()).unwrap();
    assert_eq!((&read.spec.task, read.spec.size), (&Task::room(), ImageSize { height: 18, width: 24 }));
    assert_eq!(read.metadata["task"], "room");
    let error = TryOn::new(&std::fs::read(whole.file(file)).unwrap()).unwrap_err();
    assert_eq!(error.code(), "weights", "glasses cannot be fitted with weights of another task");

    let tryon = TryOn::for_task(&std::fs::read(whole.file(file)).unwrap(), &Task::room()).unwrap();
    for protocol in [Protocol::Dropped, Protocol::Warped] {
        let errors = rooms::evaluate(&tryon, 1, &held_out, protocol, 3).unwrap();
        assert_eq!((errors.samples, errors.stages.len()), (6, 2));
        assert!(errors.stages.iter().all(|stage| stage.inner > 0.0 && stage.nearest <= stage.diagonals + 0.2));
        assert_eq!(errors.categories.values().map(|(count, ..)| count).sum::<usize>(), 6);
        let again = rooms::evaluate(&tryon, 1, &held_out, protocol, 3).unwrap();
        assert_eq!(errors, again);
        // The last stage is used again.
        let longer = rooms::evaluate(&tryon, 2, &held_out, protocol, 3).unwrap();
        assert_eq!((longer.stages.len(), longer.stages[1]), (3, errors.stages[1]));
    }
    let discriminator = Discriminator::new(&read.discriminator.unwrap(), &read.parameters).unwrap();
    let prefer = |updates| {
        let networks = (&discriminator, &read.spec);
        rooms::preference(&tryon, networks, updates, &held_out, Protocol::Warped, 3).unwrap()
    };
    let preference = prefer(2);
    assert_eq!((preference.updates.len(), &preference), (2, &prefer(2)));
    let shares = preference.updates.iter().chain([&preference.truth, &preference.truth_over_fit]);
    assert!(shares.clone().all(|share| (0.0..=1.0).contains(share)));
    // Without an update, the fit is the start.
    assert_eq!((prefer(0).truth, prefer(0).truth), (prefer(0).truth_over_fit, preference.truth));
    let places = rooms::places(&tryon, 1, &held_out, 3).unwrap();
    assert_eq!(places, rooms::places(&tryon, 1, &held_out, 3).unwrap());
    assert!(places.known >= 1.0 && places.reached.iter().all(|share| (0.0..=1.0).contains(share)));
    assert!(places.different[0] <= 10.0 * places.reached[0] && places.different[1] <= 10.0 * places.reached[1]);
    let rows = rooms::fit_rows(&tryon, 2, &held_out, 3).unwrap();
    assert!(rows.len() == 6 && rows.iter().all(|row| row.len() == 4));
    // The truth is a right place.
    assert!(rows.iter().all(|row| row[3].error.unwrap() < 1e-9));
}

#[test]
fn training_without_samples_is_an_error() {
    let config = Config::parse(CONFIG, "test").unwrap();
    let empty = RoomData { name: "none".into(), training: RoomSamples::default(), held_out: RoomSamples::default() };
    let out = Temporary::new("room-none");
    let result = train_room_generators(&config, &empty, &out.0, RunStart::FromScratch, &Device::Cpu, &mut |_| true);
    assert_eq!(result.unwrap_err().code(), "data");
}
