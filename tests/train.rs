//! Training on a folder that the test makes: it learns, it resumes exactly, and bad data is named.

use image::{Rgb, RgbImage};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use stgan::model::weights;
use stgan::train::Config;
use stgan::train::regression::{self, Event, Start};
use stgan::tryon::TryOn;

const CONFIG: &str = r#"
seed = 5
[model]
size = 24
channels = [4, 6, 8]
hidden = 8
inputs = "rgba+pose"
[frames]
count = 6
[regression]
iterations = [150, 60]
batch = 4
learning_rate = [2e-3, 1e-3]
warmup = 10
update_penalty = 1e-3
largest_yaw = 30.0
balance = 0.5
splits = ["train"]
validation = "val"
[regression.perturbation]
translation = 0.15
scale = 0.1
rotation = 6.0
far = 0.2
shape = 0.05
warp = 0.1
warped = 0.5
colour = true
"#;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stgan-test-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const HEADER: &str =
    "id,split,glasses,person,yaw,r_iris_x,r_iris_y,l_iris_x,l_iris_y,r_temple_x,r_temple_y,l_temple_x,l_temple_y";

/// Dark eyes on a bright oval, at slightly different places: enough for something to be learned.
fn faces(folder: &Path) {
    std::fs::create_dir_all(folder.join("aligned")).unwrap();
    let mut table = HEADER.to_owned();
    for i in 0..6u32 {
        let (x, y) = (32.0 + f64::from(i % 3) * 2.0, 38.0 - f64::from(i % 2) * 3.0);
        let picture = RgbImage::from_fn(64, 78, |px, py| {
            let (dx, dy) = (f64::from(px) + 0.5 - x, f64::from(py) + 0.5 - y);
            let face = (dx / 18.0).powi(2) + ((dy - 6.0) / 26.0).powi(2) < 1.0;
            let eye = ((dx.abs() - 8.0) / 3.0).powi(2) + (dy / 2.0).powi(2) < 1.0;
            Rgb(if eye {
                [30, 20, 20]
            } else if face {
                [220, 170, 140]
            } else {
                [60, 90, 120]
            })
        });
        picture.save(folder.join(format!("aligned/f{i}.jpg"))).unwrap();
        let split = if i < 4 { "train" } else { "val" };
        write!(table, "\nf{i},{split},0,p{i},0,{},{y},{},{y},{},{y},{},{y}", x - 8.0, x + 8.0, x - 17.0, x + 17.0)
            .unwrap();
    }
    std::fs::write(folder.join("labels.csv"), table).unwrap();
}

fn config() -> Config {
    Config::parse(CONFIG, "test").unwrap()
}

#[test]
fn a_resumed_run_is_the_same_run_and_it_learns() {
    let data = Folder::new("data");
    faces(&data.0);
    let (whole, parts) = (Folder::new("whole"), Folder::new("parts"));
    let mut losses = Vec::new();
    let finished = regression::run(&config(), &data.0, &whole.0, Start::Afresh, &mut |event| {
        if let Event::Progress { loss, .. } = event {
            losses.push(loss);
        }
        true
    });
    assert!(finished.unwrap());
    assert!(losses.last().unwrap() < &(losses[0] * 0.9), "{losses:?}");

    // Interrupted within the first stage, and again within the second.
    for (start, stop) in [(Start::Afresh, 100), (Start::Resume, 200)] {
        let finished = regression::run(
            &config(),
            &data.0,
            &parts.0,
            start,
            &mut |event| !matches!(event, Event::Progress { done, .. } if done == stop),
        );
        assert!(!finished.unwrap());
    }
    assert!(regression::run(&config(), &data.0, &parts.0, Start::Resume, &mut |_| true).unwrap());
    for file in ["weights.safetensors", "best.safetensors", "checkpoint.safetensors"] {
        let read = |folder: &Folder| std::fs::read(folder.0.join(file)).unwrap();
        let (a, b) = (read(&whole), read(&parts));
        // Metadata has no fixed order; the numbers do.
        let numbers = |bytes: &[u8]| bytes[8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize..].to_vec();
        assert!(numbers(&a) == numbers(&b), "{file} differs");
    }
    let weights = std::fs::read(whole.0.join("weights.safetensors")).unwrap();
    assert_eq!(TryOn::new(&weights).unwrap().stages(), 2);
    assert!(!whole.0.join("weights.partial").exists());

    let other = Config { seed: 6, ..config() };
    let error = regression::run(&other, &data.0, &parts.0, Start::Resume, &mut |_| true).unwrap_err();
    assert!(error.to_string().contains("another configuration"), "{error}");
    let checkpoint = parts.0.join("checkpoint.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    std::fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    assert_eq!(regression::run(&config(), &data.0, &parts.0, Start::Resume, &mut |_| true).unwrap_err().code(), "data");
}

#[test]
fn extending_adds_a_stage_and_leaves_the_others() {
    let data = Folder::new("extend-data");
    faces(&data.0);
    let (first, longer) = (Folder::new("extend-first"), Folder::new("extend-longer"));
    let mut plan = config();
    plan.regression.iterations = vec![20];
    regression::run(&plan, &data.0, &first.0, Start::Afresh, &mut |_| true).unwrap();
    let file = || weights::read(&std::fs::read(first.0.join("weights.safetensors")).unwrap()).unwrap();
    plan.regression.iterations = vec![20, 10];
    regression::run(&plan, &data.0, &longer.0, Start::Extend(file()), &mut |_| true).unwrap();
    let extended = weights::read(&std::fs::read(longer.0.join("weights.safetensors")).unwrap()).unwrap();
    assert_eq!(extended.stages, 2);
    for (name, tensor) in &file().parameters.0 {
        let values = |t: &candle_core::Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert_eq!(values(tensor), values(&extended.parameters.0[name]), "{name}");
    }
    // Tuning changes the last stage, and only that.
    let tuned = Folder::new("extend-tuned");
    regression::run(&plan, &data.0, &tuned.0, Start::Tune(extended.clone()), &mut |_| true).unwrap();
    let tuned = weights::read(&std::fs::read(tuned.0.join("best.safetensors")).unwrap()).unwrap();
    for (name, tensor) in &extended.parameters.0 {
        let same = (tensor - &tuned.parameters.0[name]).unwrap().abs().unwrap().flatten_all().unwrap();
        let largest = same.max(0).unwrap().to_scalar::<f32>().unwrap();
        assert_eq!(largest == 0.0, name.starts_with("stages.0."), "{name}: {largest}");
    }
    let error = regression::run(&plan, &data.0, &longer.0, Start::Extend(extended), &mut |_| true).unwrap_err();
    assert_eq!(error.code(), "argument");
}

#[test]
fn bad_data_is_named_before_training_starts() {
    let error = |change: &dyn Fn(&Path)| {
        let data = Folder::new("bad");
        faces(&data.0);
        change(&data.0);
        let out = Folder::new("bad-out");
        let error = regression::run(&config(), &data.0, &out.0, Start::Afresh, &mut |_| true).unwrap_err();
        format!("{}: {error}", error.code())
    };
    let edit = |from: &'static str, to: &'static str| {
        move |folder: &Path| {
            let path = folder.join("labels.csv");
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(from));
            std::fs::write(&path, text.replace(from, to)).unwrap();
        }
    };
    for (found, named) in [
        (error(&|f| std::fs::remove_file(f.join("labels.csv")).unwrap()), "labels.csv"),
        (error(&|f| std::fs::remove_file(f.join("aligned/f1.jpg")).unwrap()), "f1.jpg"),
        (error(&|f| std::fs::write(f.join("aligned/f2.jpg"), b"not a picture").unwrap()), "f2.jpg"),
        (error(&edit(",p4,", ",p1,")), "person p1"),
        (error(&edit("r_iris_x", "r_iris_z")), "r_iris_x"),
        (error(&edit(",train,0,", ",train,1,")), "no faces"),
        (error(&edit("f0,train,0,p0,0,24,", "f0,train,0,p0,0,NaN,")), "f0.jpg"),
    ] {
        assert!(found.contains(named), "{found}");
    }
}
