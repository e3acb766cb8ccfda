//! Data sets: CelebA's layout, tables, and the handling of unusable files.

mod celeba;
mod table;

use celeba::celeba;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::PathBuf;
use stgan_synth::people::Person;
use stgan_train::Result;
use stgan_train::data::{self, Broken, DataSettings, Dataset, Pool};
use table::table;

/// A folder that is removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("stgan-data-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.read(name);
        assert!(text.contains(from), "{name} has no {from:?}");
        self.write(name, text.replacen(from, to, 1));
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn person(i: u64) -> Person {
    Person::sample(&mut ChaCha8Rng::seed_from_u64(1000 + i))
}

/// A synthetic person as a JPEG file.
fn jpeg(i: u64, width: u32) -> Vec<u8> {
    let image = person(i).draw(width).unwrap();
    let image = image::RgbaImage::from_raw(image.width(), image.height(), image.into_data()).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(image).into_rgb8().write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
    bytes.into_inner()
}

fn open(folder: &Folder, settings: &DataSettings) -> Result<Dataset> {
    data::open(Some(&folder.0), settings, &|_, _| {})
}

fn ids(pool: &Pool) -> Vec<&str> {
    pool.faces().iter().map(|face| face.id.trim_end_matches(".jpg").trim_start_matches("0000")).collect()
}

fn strict() -> DataSettings {
    DataSettings { broken: Broken::Refuse, ..DataSettings::default() }
}

#[test]
fn further_faces_are_for_training_only_and_of_other_people() {
    let mut data = open(&celeba("further-first"), &strict()).unwrap();
    let table = table("further-second");
    let only_training = DataSettings { validation: String::new(), ..strict() };
    let more = open(&table, &only_training).unwrap();
    let (before, added) = (data.without_glasses.len(), more.without_glasses.len());
    assert!(added > 0 && more.validation_without_glasses.is_empty());
    data.extend_training(more, 0).unwrap();
    assert_eq!(data.without_glasses.len(), before + added);
    assert_eq!(ids(&data.validation_without_glasses), ["08", "10"]);
    assert!(data.without_glasses.is_streamed() && data.name.contains(" and "));
    // The last face is of the second folder, with its pixels.
    assert!(data.without_glasses.faces()[before + added - 1].image().is_ok());

    // Further faces need not have all splits.
    let two_splits = DataSettings { splits: ["train", "extra_gray"].map(String::from).into(), ..only_training.clone() };
    assert_eq!(open(&table, &two_splits).unwrap().without_glasses.len(), added);
    assert!(open(&table, &DataSettings { validation: "val".into(), ..two_splits }).is_err());

    // The people of the validation split must not be learned.
    let swapped = DataSettings { splits: vec!["val".into()], ..only_training };
    let mut held_out = open(&table, &strict()).unwrap();
    let same_people = open(&table, &swapped).unwrap();
    let error = held_out.extend_training(same_people, 0).unwrap_err().to_string();
    assert!(error.contains("is in the validation of"), "{error}");
}
