//! Mutations of inputs.

use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

/// The longest mutant, in bytes.
const MAX_LENGTH: usize = 1 << 16;

/// Texts that readers often handle wrongly.
const ODD: [&str; 16] = [
    "0",
    "-1",
    "1e308",
    "1e-320",
    "NaN",
    "inf",
    "18446744073709551615",
    "4294967296",
    "\"",
    "\\u0000",
    "[",
    "{}",
    "null",
    "\n",
    ",",
    "\u{feff}",
];

/// A mutant of `input`: one to eight changes. `other` is another input, from which parts are taken.
pub(crate) fn mutant(input: &[u8], other: &[u8], words: &[&str], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = input.to_vec();
    for _ in 0..1 << random.random_range(0..4) {
        change(&mut bytes, other, words, random);
    }
    bytes.truncate(MAX_LENGTH);
    bytes
}

fn change(bytes: &mut Vec<u8>, other: &[u8], words: &[&str], random: &mut ChaCha8Rng) {
    // Headers are at the start, so half of the positions are there.
    let near = if random.random() { bytes.len() } else { bytes.len().min(400) };
    let at = if near == 0 { 0 } else { random.random_range(0..near) };
    let length = (bytes.len() - at).min(1 << random.random_range(0..10));
    match random.random_range(0..11) {
        0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
        1 if at < bytes.len() => bytes[at] = random.random(),
        2 if at < bytes.len() => bytes[at] = *[0, 1, 127, 128, 255, b'0', b'9', b' '].choose(random).unwrap_or(&0),
        3 => _ = bytes.drain(at..at + length),
        4 => {
            let copy = bytes[at..at + length].to_vec();
            bytes.splice(at..at, copy);
        }
        5 => bytes.truncate(at),
        6 if !other.is_empty() => {
            let from = random.random_range(0..other.len());
            let part = &other[from..(from + 1 + length).min(other.len())];
            bytes.splice(at..at + if random.random() { length } else { 0 }, part.iter().copied());
        }
        7 => {
            let word = words.choose(random).copied().unwrap_or("");
            bytes.splice(at..at + if random.random() { word.len().min(bytes.len() - at) } else { 0 }, word.bytes());
        }
        8 => {
            let word = ODD.choose(random).copied().unwrap_or("");
            bytes.splice(at..at + if random.random() { word.len().min(bytes.len() - at) } else { 0 }, word.bytes());
        }
        9 => {
            // A number of 4 or 8 bytes, as in headers.
            let value = *[0u64, 1, 0x7fff_ffff, 0xffff_ffff, u64::MAX, 1 << 40].choose(random).unwrap_or(&0);
            let width = if random.random() { 4 } else { 8 };
            for (byte, new) in bytes[at..].iter_mut().zip(&value.to_le_bytes()[..width]) {
                *byte = *new;
            }
        }
        _ => {
            for byte in &mut bytes[at..at + length.min(16)] {
                *byte = random.random();
            }
        }
    }
}
