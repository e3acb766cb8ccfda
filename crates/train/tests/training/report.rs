//! The report of a run: metrics, plots and grids of images.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::path::{Path, PathBuf};
use stgan_train::report::{GridImage, Metrics, Record, grid, metrics, plot};

fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}"));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn record(iteration: usize) -> Record {
    Record::new("discriminator_pretraining", 1, iteration, iteration).with("discriminator_loss", 0.1 * iteration as f64)
}

fn run_iterations(path: &Path) -> Vec<usize> {
    metrics::read(path).unwrap().iter().map(|record| record.run_iteration).collect()
}

#[test]
fn records_are_read_as_they_were_written() {
    let path = folder("records").join("metrics.jsonl");
    let first = record(1).with("median", vec![0.2, 0.1]).with("preference", 0.75).with("seconds", f64::NAN);
    let mut file = Metrics::open(&path).unwrap();
    file.append(&first).unwrap();
    file.append(&json!({ "phase": "end_to_end", "stage": 2, "iteration": 1, "run_iteration": 2, "loss": 1e-9 }))
        .unwrap();
    // Records are visible while the file is open, and after it is opened again.
    assert_eq!(run_iterations(&path), [1, 2]);
    drop(file);
    Metrics::open(&path).unwrap().append(&record(3)).unwrap();
    let found = metrics::read(&path).unwrap();
    assert_eq!((found.len(), &found[0]), (3, &first));
    assert_eq!(found[0].numbers("median").unwrap(), [0.2, 0.1]);
    assert_eq!((found[0].number("preference"), found[0].number("loss")), (Some(0.75), None));
    assert!(found[0].number("seconds").unwrap().is_nan());
    assert_eq!((found[1].phase.as_str(), found[1].stage, found[1].number("loss")), ("end_to_end", 2, Some(1e-9)));
}

#[test]
fn invalid_records_and_lines_are_errors() {
    let path = folder("refused").join("metrics.jsonl");
    let mut file = Metrics::open(&path).unwrap();
    for bad in [json!({ "stage": 1, "iteration": 1, "run_iteration": 1 }), json!([1]), json!("text"), json!(null)] {
        assert_eq!(file.append(&bad).unwrap_err().code(), "argument");
    }
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    let line = serde_json::to_string(&record(1)).unwrap();
    std::fs::write(&path, format!("{line}\nnonsense\n{line}\n")).unwrap();
    for error in [Metrics::open(&path).unwrap_err(), metrics::read(&path).unwrap_err()] {
        assert!(error.code() == "data" && error.to_string().contains("line 2"), "{error}");
    }
    assert_eq!(metrics::read(&path.with_file_name("none")).unwrap_err().code(), "io");
}

#[test]
fn truncation_removes_the_records_after_the_checkpoint() {
    let path = folder("resumed").join("metrics.jsonl");
    let mut file = Metrics::open(&path).unwrap();
    for iteration in [10, 20, 20, 30, 40] {
        file.append(&record(iteration)).unwrap();
    }
    let before = std::fs::read(&path).unwrap();
    file.truncate_after(20).unwrap();
    assert_eq!(run_iterations(&path), [10, 20, 20]);
    for iteration in [30, 40] {
        file.append(&record(iteration)).unwrap();
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    file.truncate_after(0).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    let files: Vec<_> = std::fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(files.len(), 1, "{files:?}");
}

#[test]
fn an_incomplete_last_line_is_ignored_and_removed() {
    let path = folder("torn").join("metrics.jsonl");
    let whole =
        [1, 2].map(|iteration| serde_json::to_string(&record(iteration).with("note", "λ")).unwrap() + "\n").concat();
    // The program can be killed at any length of the file.
    let first = whole.find('\n').unwrap() + 1;
    for length in first..=whole.len() {
        std::fs::write(&path, &whole.as_bytes()[..length]).unwrap();
        // A line that lacks only its line break is complete.
        let kept: &[usize] = if length + 1 >= whole.len() { &[1, 2] } else { &[1] };
        assert_eq!(run_iterations(&path), kept);
        Metrics::open(&path).unwrap().append(&record(3)).unwrap();
        assert_eq!(run_iterations(&path), [kept, &[3]].concat());
    }
}

/// The records of a run with all phases, with noise.
fn whole_run() -> Vec<Record> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let (mut records, mut run_iteration) = (Vec::new(), 0);
    let mut phase = |name: &str, stage: usize, iterations: usize, values: &mut dyn FnMut(Record, f64) -> Record| {
        for iteration in (50..=iterations).step_by(50) {
            run_iteration += 50;
            let share = iteration as f64 / iterations as f64;
            records.push(values(Record::new(name, stage, iteration, run_iteration), share));
            if iteration % 500 == 0 {
                let stages = if name == "end_to_end" { 5 } else { stage };
                let error =
                    |k: usize| 0.21 * 0.62f64.powf((k as f64 - 1.0).max(0.0) + if k == stage { share } else { 1.0 });
                let median = (0..=stages).map(|k| if k == 0 { 0.21 } else { error(k) });
                let median: Vec<f64> = median.collect();
                let p95: Vec<f64> = median.iter().map(|m| m * 2.3).collect();
                let record = Record::new(name, stage, iteration, run_iteration).with("preference", 0.5 + 0.45 * share);
                records.push(record.with("median", median).with("p95", p95).with("baseline", 0.16));
            }
        }
    };
    let mut noise = move || -> f64 { rng.random_range(-1.0..1.0) + rng.random_range(-1.0..1.0) };
    for stage in 1..=2 {
        phase("regression", stage, 4000, &mut |record, t| {
            record.with("loss", 0.05 * (-3.0 * t).exp() * (0.35 * noise()).exp())
        });
    }
    phase("discriminator_pretraining", 1, 5000, &mut |record, t| {
        let estimate = 6.0 * (1.0 - (-4.0 * t).exp()) + 0.5 * noise();
        record
            .with("discriminator_loss", -estimate + 0.4)
            .with("wasserstein", estimate)
            .with("gradient_norm", 1.0 + 0.05 * noise())
            .with("penalty", 0.4 + 0.1 * noise())
    });
    for stage in 1..=5 {
        phase("adversarial", stage, 5000, &mut |record, t| {
            let estimate = 6.0 * (-0.8 * t - 0.2 * stage as f64).exp() + 0.6 * noise();
            record
                .with("discriminator_loss", -estimate + 0.4)
                .with("generator_loss", 2.0 - 3.0 * t + 0.8 * noise())
                .with("wasserstein", estimate)
                .with("gradient_norm", 1.0 + 0.05 * noise())
                .with("penalty", 0.4 + 0.1 * noise())
                .with("update_norm", 0.15 / stage as f64 * (0.2 * noise()).exp())
        });
    }
    phase("end_to_end", 5, 2500, &mut |record, _| record.with("generator_loss", -1.0 + 0.8 * noise()));
    records
}

#[test]
fn plots_of_a_whole_run_are_not_blank() {
    let folder = folder("plots");
    plot::write(&folder, &whole_run()).unwrap();
    for name in ["losses.png", "landmark-error.png"] {
        let image = image::open(folder.join(name)).unwrap().to_rgb8();
        assert_eq!(image.dimensions(), (1200, 800));
        let colours: std::collections::HashSet<_> = image.pixels().collect();
        assert!(colours.len() > 100, "{name} has {} colours", colours.len());
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    // During a run the plots are replaced repeatedly.
    plot::write(&folder, &whole_run()[..25]).unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
}

#[test]
fn unusual_records_are_drawn_without_errors() {
    let blank = plot::losses(&[]).unwrap();
    let nan = vec![f64::NAN; 3];
    for (what, records) in [
        ("one point", vec![record(0)]),
        ("one validation", vec![record(5).with("median", vec![0.2, 0.1]).with("p95", vec![0.4, 0.2])]),
        ("nothing finite", (0..60).map(|i| record(i).with("discriminator_loss", f64::INFINITY)).collect()),
        ("no error known", vec![record(5).with("median", nan.clone()).with("p95", nan)]),
        ("no errors", vec![record(5).with("median", Vec::<f64>::new()).with("baseline", f64::NAN)]),
        ("text for numbers", vec![record(5).with("median", "low").with("discriminator_loss", "high")]),
        ("one iteration", (0..60).map(|_| record(7)).collect()),
        ("decreasing iterations", (0..60).rev().map(record).collect()),
        ("constant", (0..60).map(|i| record(i).with("discriminator_loss", 2.0).with("update_norm", 0.0)).collect()),
        (
            "huge",
            (0..200).map(|i| record(i).with("discriminator_loss", if i % 2 == 0 { f64::MAX } else { -1e29 })).collect(),
        ),
        ("tiny", (0..200).map(|i| record(i).with("loss", 1e-300 * i as f64).with("update_norm", 5e-324)).collect()),
        (
            "gaps",
            (0..200).map(|i| record(i).with("loss", if i % 7 == 0 { f64::NAN } else { 1.0 + i as f64 })).collect(),
        ),
        ("late", vec![Record::new("discriminator_pretraining", 1, 1, usize::MAX).with("discriminator_loss", 1.0)]),
        ("strange names", vec![Record::new("<&\u{7}'\">", 9, 1, 1).with("loss", 1.0)]),
        ("many stages", (1..50).map(|i| record(i).with("median", vec![0.1; 40]).with("p95", vec![0.2; 40])).collect()),
    ] {
        let (losses, errors) = (plot::losses(&records).unwrap(), plot::landmark_errors(&records).unwrap());
        assert_eq!((losses.width(), losses.height()), (1200, 800), "{what}");
        assert_eq!((errors.width(), errors.height()), (1200, 800), "{what}");
        if what == "nothing finite" || what == "text for numbers" {
            assert!(losses == blank, "{what}");
        }
    }
}

fn image(size: usize, red: f32, error: Option<f64>) -> GridImage {
    let planes = [red, 0.5, 0.0].iter().flat_map(|value| vec![*value; size * size]).collect();
    GridImage { planes, error }
}

#[test]
fn a_grid_shows_each_image_in_its_row_and_column() {
    let columns = ["as placed", "after stage 1", "landmarks"];
    let folder = folder("grid");
    for (size, side) in [(72, 144), (144, 144), (50, 150), (160, 160), (1, 144)] {
        let row =
            |red: f32| vec![image(size, red, Some(0.213)), image(size, red, Some(f64::NAN)), image(size, red, None)];
        let path = folder.join("grid.png");
        grid::write(&path, size, &columns, &[row(1.0), row(f32::NAN), vec![image(size, 7.0, None)]]).unwrap();
        let image = image::open(&path).unwrap().to_rgb8();
        assert_eq!(image.width(), 3 * (side + 4) + 4);
        // Every cell has a uniform colour up to its edges. Values outside 0 to 1 are clamped.
        let tops = [26, 26 + side + 24, 26 + 2 * (side + 24)];
        for (top, expected) in tops.into_iter().zip([[255, 128, 0], [0, 128, 0], [255, 128, 0]]) {
            for column in 0..if top == tops[2] { 1 } else { 3 } {
                let left = 4 + column * (side + 4);
                for (x, y) in [(left, top), (left + side - 1, top + side - 1), (left + side / 2, top + side / 2)] {
                    assert_eq!(image.get_pixel(x, y).0, expected, "size {size}, pixel {x}, {y}");
                }
                assert_eq!(image.get_pixel(left - 1, top).0, [255; 3]);
            }
        }
    }
}

#[test]
fn grids_with_missing_or_mismatched_images_are_argument_errors() {
    let one = || vec![image(8, 0.5, None)];
    for (size, columns, rows) in [
        (8, vec!["a"], vec![]),
        (8, vec![], vec![one()]),
        (0, vec!["a"], vec![one()]),
        (9, vec!["a"], vec![one()]),
        (8, vec!["a"], vec![one(), [one(), one()].concat()]),
    ] {
        assert_eq!(grid::draw(size, &columns, &rows).unwrap_err().code(), "argument");
    }
}
