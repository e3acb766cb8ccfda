//! The search for faces.

use super::input::Input;
use super::{outcome, safetensors};
use crate::{Memory, Target};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::LazyLock;
use stgan::internals::locate::{DetectorSpec, RefinerSpec};
use stgan::{BitmapRef, Locator, Result};
use stgan_synth::people::Person;

/// The largest width and height of a photo that is not enlarged.
const MAX_SIDE: u32 = 32;
/// The largest factor of an enlarged photo: with it, the search reads all levels of the pyramid.
const MAX_FACTOR: u32 = 10;

/// The shipped networks.
static SHIPPED: LazyLock<Result<Locator>> = LazyLock::new(Locator::bundled);

/// Networks of the smallest size with weights from −2 to 2, whose candidates are anywhere.
static TINY: LazyLock<Result<Locator>> = LazyLock::new(|| {
    let detector = DetectorSpec { layers: vec![[4, 2], [4, 2], [4, 2]] };
    let refiner = RefinerSpec { size: 16, channels: vec![2], hidden: 2, attributes: true };
    let metadata = [("format", "stgan-locator"), ("version", "1"), ("size", "16"), ("threshold", "0.5")];
    let tensors = detector.tensors().into_iter().chain(refiner.tensors());
    let tensors: Vec<_> = tensors.map(|tensor| (tensor.name, tensor.shape)).collect();
    let mut bytes = safetensors(&metadata, &tensors);
    let values: usize = tensors.iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
    let start = bytes.len() - 4 * values;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for value in bytes[start..].chunks_exact_mut(4) {
        value.copy_from_slice(&random.random_range(-2f32..2.0).to_le_bytes());
    }
    Locator::new(&bytes)
});

/// The search for faces in small images, of noise and of faces.
///
/// The shipped networks are slow, so they read one input in 32; one in 256 is also searched for
/// faces that are not upright, and one in 2048 is enlarged. Tiny networks search the others.
pub(super) const LOCATE: Target = Target {
    name: "locate",
    seeds: || (0..6).filter_map(|seed| face(seed).ok()).chain([vec![255, 9, 9, 0, 0, 80, 200]]).collect(),
    words: &[],
    memory: Memory { fixed: 128 << 20, per_byte: 64 },
    run: |bytes| {
        let mut input = Input(bytes);
        let threshold = match input.byte() {
            byte @ 0..240 => f64::from(byte) / 240.0,
            _ => input.number(),
        };
        let (width, height) = (1 + input.length() % MAX_SIDE, 1 + input.length() % MAX_SIDE);
        let pixels = input.image(width, height);
        let kind = checksum(bytes);
        let factor = if kind.is_multiple_of(2048) { 1 + kind / 2048 % MAX_FACTOR } else { 1 };
        let pixels = enlarged(&pixels, width as usize, factor as usize);
        search((factor * width, factor * height), &pixels, threshold, kind)
            .map_or_else(|error| outcome::<(), _>(Err(error)), |faces| format!("{} faces", "+".repeat(faces.min(4))))
    },
};

/// Searches a photo with the networks for inputs of a kind. Returns the number of faces.
fn search((width, height): (u32, u32), pixels: &[u8], threshold: f64, kind: u32) -> Result<usize> {
    let photo = BitmapRef::new(width, height, pixels)?;
    let [shipped, tiny] = [&SHIPPED, &TINY].map(|locator| locator.as_ref().expect("the weights are valid"));
    let faces = match kind % 256 {
        0 => shipped.locate_in(&photo, threshold)?,
        1..8 => shipped.locate_large_in(&photo)?,
        _ => tiny.locate_in(&photo, threshold)?,
    };
    for face in &faces {
        assert!(face.pupils.iter().flatten().all(|value| value.is_finite()), "{face:?}");
        assert!((0.0..=1.0).contains(&face.score), "{face:?}");
    }
    Ok(faces.len())
}

/// An input with the image of a drawn face.
fn face(seed: u64) -> Result<Vec<u8>> {
    let image = Person::sample(&mut ChaCha8Rng::seed_from_u64(seed)).draw(26)?;
    let side = |length: u32| (length - 1) as u8;
    let mut bytes = vec![100, 0, side(image.width()), 0, side(image.height())];
    bytes.extend_from_slice(image.data());
    Ok(bytes)
}

/// A number that any change of the bytes changes.
fn checksum(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(0u32, |sum, &byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    sum >> 8
}

/// An image of `width` columns in which each pixel becomes a square of `factor` pixels a side.
fn enlarged(pixels: &[u8], width: usize, factor: usize) -> Vec<u8> {
    let rows = pixels.chunks_exact(4 * width).flat_map(|row| std::iter::repeat_n(row, factor));
    rows.flat_map(|row| row.chunks_exact(4).flat_map(|pixel| pixel.repeat(factor))).collect()
}
