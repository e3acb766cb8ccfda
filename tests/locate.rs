//! Finding faces: the kernels, the weights file, and what the shipped networks find. `tests/wasm.rs` does some of it in wasm.

#[path = "common/locate.rs"]
mod locate;

use stgan::kernels::Instructions;
use stgan::locate::{Locator, read, write};
use stgan::model::weights::Storage;
use stgan::tryon::Placement;
use stgan::{Bitmap, BitmapRef, Error};

#[test]
fn convolutions_are_convolutions() {
    for instructions in Instructions::available() {
        locate::convolutions_are_convolutions(instructions);
    }
    locate::what_does_not_fit_is_refused();
}

#[test]
fn the_weights_file_survives_a_round_trip_and_says_what_is_wrong() {
    let file = locate::untrained();
    let bytes = write(&file, Storage::F32).unwrap();
    let again = read(&bytes).unwrap();
    assert_eq!((again.spec.clone(), again.threshold), (file.spec.clone(), file.threshold));
    for (name, tensor) in &file.parameters.0 {
        let (a, b) = (tensor.flatten_all().unwrap(), again.parameters.0[name].flatten_all().unwrap());
        assert_eq!(a.to_vec1::<f32>().unwrap(), b.to_vec1::<f32>().unwrap());
    }
    assert!(write(&file, Storage::F16).unwrap().len() < bytes.len());
    assert!(matches!(read(&bytes[..bytes.len() / 2]), Err(Error::WeightsFormat(_))));
    let glasses = include_bytes!("../weights/glasses.safetensors");
    assert!(matches!(read(glasses), Err(Error::WeightsMetadata { key, .. }) if key == "format"));
    let mut without = file.clone();
    without.threshold = 2.0;
    assert!(
        matches!(read(&write(&without, Storage::F32).unwrap()), Err(Error::WeightsMetadata { key, .. }) if key == "threshold")
    );
    let mut other = file;
    other.parameters.0.remove("pointer.answer.bias");
    assert!(matches!(write(&other, Storage::F32), Err(Error::TensorMissing { .. })));
}

#[test]
fn any_photo_can_be_looked_at() {
    let locator = Locator::from_weights(&locate::untrained()).unwrap();
    for (width, height) in [(1, 1), (3, 500), (700, 2), (40, 30), (1200, 900)] {
        let data = (0..width * height * 4).map(|i| (i * 41 % 253) as u8).collect();
        let photo = Bitmap::new(width, height, data).unwrap();
        for face in locator.locate_in(&photo.as_ref(), 0.0).unwrap() {
            assert!(face.eyes.iter().flatten().all(|x| x.is_finite()) && (0.0..=1.0).contains(&face.score));
        }
        let near = Placement { x: 0.5, y: 0.5, width: 20.0, rotation: 10.0 };
        locator.look(photo.as_ref(), &near).unwrap();
        let away = Placement { x: 1e5, ..near };
        assert_eq!(locator.look(photo.as_ref(), &away).unwrap(), None);
    }
    let photo = BitmapRef::new(1, 1, &[0; 4]).unwrap();
    assert!(locator.look(photo, &Placement { x: f64::NAN, y: 0.0, width: 20.0, rotation: 0.0 }).is_err());
    assert!(locator.locate_in(&photo, 1.5).is_err());
}
