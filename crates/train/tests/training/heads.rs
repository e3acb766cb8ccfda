//! Data sets of rendered heads.

use crate::common::runs::Temporary;
use crate::small_shapes;
use std::path::Path;
use std::sync::Mutex;
use stgan_synth::heads::{Options, Shapes, Split};
use stgan_train::heads::{self, HeadSettings};

fn settings(count: u64, seed: u64) -> HeadSettings {
    HeadSettings { count, split: Split::Train, seed, options: Options::default() }
}

/// The rows of a table, without its header.
fn rows(folder: &Path, table: &str) -> Vec<String> {
    let text = std::fs::read_to_string(folder.join(table)).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[test]
fn an_interrupted_data_set_of_heads_is_completed_by_the_same_call() {
    let shapes = small_shapes::folder("writer");
    let shapes = Shapes::open(&shapes.0).unwrap();
    let (whole, parts) = (Temporary::new("heads-whole"), Temporary::new("heads-parts"));
    assert!(heads::write(&whole.0, &shapes, &settings(5, 1), &|_| true).unwrap());

    let most = Mutex::new(0);
    let interrupted = heads::write(&parts.0, &shapes, &settings(5, 1), &|done| {
        let mut most = most.lock().unwrap();
        *most = done.max(*most);
        done < 2
    });
    assert!(!interrupted.unwrap() && *most.lock().unwrap() >= 2);
    assert!(!parts.0.join("labels.csv").exists(), "a table of heads that do not exist");
    // An image that exists is kept.
    let images = parts.0.join("aligned");
    let first = std::fs::read_dir(&images).unwrap().next().unwrap().unwrap().path();
    std::fs::write(&first, b"kept").unwrap();
    assert!(heads::write(&parts.0, &shapes, &settings(5, 1), &|_| true).unwrap());
    assert_eq!(std::fs::read(&first).unwrap(), b"kept");
    for table in ["labels.csv", "plane.csv"] {
        assert_eq!(rows(&parts.0, table), rows(&whole.0, table));
        assert_eq!(rows(&parts.0, table).len(), 5);
    }

    // A larger data set begins with the same heads.
    assert!(heads::write(&parts.0, &shapes, &settings(6, 1), &|_| true).unwrap());
    assert_eq!(rows(&parts.0, "plane.csv")[..5], rows(&whole.0, "plane.csv")[..]);
    assert_eq!(std::fs::read_dir(&images).unwrap().count(), 6);
}

#[test]
fn a_folder_of_other_heads_is_refused_and_kept() {
    let shapes = small_shapes::folder("refused");
    let shapes = Shapes::open(&shapes.0).unwrap();
    let out = Temporary::new("heads-refused");
    heads::write(&out.0, &shapes, &settings(1, 1), &|_| true).unwrap();
    let before = rows(&out.0, "labels.csv");
    let error = heads::write(&out.0, &shapes, &settings(1, 2), &|_| true).unwrap_err();
    assert!(error.code() == "data" && error.to_string().contains("another folder"), "{error}");
    assert_eq!(rows(&out.0, "labels.csv"), before);
}
