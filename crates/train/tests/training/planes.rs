//! The table `plane.csv` beside `labels.csv`.

use std::path::PathBuf;
use stgan_train::Result;
use stgan_train::data::{self, Broken, DataSettings, Dataset, Target};

/// Two faces of 89×109 pixels with landmarks, in a folder that is removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str, planes: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stgan-planes-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join("aligned")).unwrap();
        let mut text =
            "id,split,glasses,person,r_iris_x,r_iris_y,l_iris_x,l_iris_y,r_temple_x,r_temple_y,l_temple_x,l_temple_y\n"
                .to_owned();
        for (id, split) in [("a", "train"), ("b", "val")] {
            image::RgbImage::from_pixel(89, 109, image::Rgb([120, 90, 80]))
                .save(path.join(format!("aligned/{id}.jpg")))
                .unwrap();
            text += &format!("{id},{split},0,{id},34,55,54,55,22,55,66,55\n");
        }
        std::fs::write(path.join("labels.csv"), text).unwrap();
        std::fs::write(path.join("plane.csv"), planes).unwrap();
        Self(path)
    }

    fn open(&self, target: Target) -> Result<Dataset> {
        let settings = DataSettings { broken: Broken::Refuse, target, ..DataSettings::default() };
        data::open(Some(&self.0), &settings, &|_, _| {})
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const HEADER: &str = "id,h11,h12,h13,h21,h22,h23,h31,h32,h33,yaw,pitch,roll,residual,temples\n";
const A: &str = "a,20,0,44,0,20,55,0.01,0,1,5,0,0,0.05,2.3\n";
const B: &str = "b,20,0,44,0,20,55,0,0,1,0,0,0,0.05,2.1\n";

#[test]
fn faces_have_the_fronts_of_the_table() {
    let folder = Folder::new("both", &[HEADER, A, B].concat());
    let data = folder.open(Target::Visible).unwrap();
    let face = &data.validation_without_glasses.faces()[0];
    assert_eq!(face.target, face.visible);
    let front = face.front.unwrap();
    assert_eq!((front[0], front[1]), ([34.0, 55.0], [54.0, 55.0]));
    assert_eq!((front[2], front[3]), ([23.0, 55.0], [65.0, 55.0]));
    assert_eq!((front[4], front[6]), ([34.0, 61.0], [34.0, 49.0]));
    let trained = folder.open(Target::Front).unwrap();
    let face = &trained.without_glasses.faces()[0];
    assert_eq!((face.target, face.reference()), (face.front, face.front.as_ref()));
}

#[test]
fn the_table_is_optional_unless_it_is_the_target() {
    let folder = Folder::new("one", &[HEADER, A].concat());
    let data = folder.open(Target::Visible).unwrap();
    assert!(data.without_glasses.faces()[0].front.is_some());
    let other = &data.validation_without_glasses.faces()[0];
    assert_eq!((other.front, other.reference()), (None, other.visible.as_ref()));
    let error = folder.open(Target::Front).unwrap_err().to_string();
    assert!(error.contains("plane.csv has no row b"), "{error}");
    std::fs::remove_file(folder.0.join("plane.csv")).unwrap();
    assert!(folder.open(Target::Visible).unwrap().without_glasses.faces()[0].front.is_none());
}

#[test]
fn a_broken_table_is_rejected() {
    for (text, named) in [
        (HEADER.replace("h22", "h_22") + A, "no column `h22`"),
        ([HEADER, A, A].concat(), "a is listed twice"),
        ([HEADER, &A.replace("0.01", "much")].concat(), "row 2: `h31` is \"much\""),
        ([HEADER, &A.replace("2.3", "23")].concat(), "`temples` is 23"),
        ([HEADER, &A.replacen("20", "-20", 1)].concat(), "mirrors"),
        ([HEADER, &A.replace(",55,", ",95,")].concat(), "not at the pupils"),
    ] {
        let error = Folder::new("broken", &text).open(Target::Visible).unwrap_err();
        assert_eq!(error.code(), "data");
        assert!(error.to_string().contains(named), "{named}: {error}");
    }
}
