//! All targets.

mod files;
mod input;
mod locate;
mod manifest;
mod session;
mod training;
mod weights;

use crate::Target;
use std::error::Error;

/// All targets, the fastest first.
pub const ALL: &[Target] = &[
    files::CONFIG,
    files::METRICS,
    manifest::MANIFEST,
    session::PLACEMENT,
    session::HOMOGRAPHY,
    session::RESAMPLE,
    session::GLASSES,
    session::FURNITURE,
    weights::GENERATORS,
    weights::LOCATOR,
    weights::CUTOUT,
    training::CHECKPOINT,
    files::IMAGE,
    training::TABLE,
    training::PLANES,
    training::CELEBA,
    training::ROOMS,
    session::FIT,
    session::TRACK,
    locate::LOCATE,
];

/// The outcome of a reader: the last line of the message of its error and of all causes, or `ok`.
/// The lines before quote the input.
fn outcome<T, E: Error>(result: Result<T, E>) -> String {
    let Err(error) = &result else { return "ok".into() };
    let (mut messages, mut cause) = (vec![error.to_string()], error.source());
    while let Some(error) = cause {
        messages.push(error.to_string());
        cause = error.source();
    }
    messages.iter().filter_map(|message| message.trim_end().lines().last()).collect::<Vec<_>>().join(": ")
}

/// A safetensors file with zeros of type F32. Tensors are sorted by name.
fn safetensors(metadata: &[(&str, &str)], tensors: &[(String, Vec<usize>)]) -> Vec<u8> {
    safetensors_of(("F32", 4), metadata, tensors)
}

/// A safetensors file with zeros of a type, given its name and size in bytes.
fn safetensors_of(
    (dtype, size): (&str, usize),
    metadata: &[(&str, &str)],
    tensors: &[(String, Vec<usize>)],
) -> Vec<u8> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"));
    let entries: Vec<String> =
        metadata.iter().map(|(key, value)| format!("{}:{}", quoted(key), quoted(value))).collect();
    let mut header = format!("{{\"__metadata__\":{{{}}}", entries.join(","));
    let mut end = 0;
    for (name, shape) in tensors {
        let length = size * shape.iter().product::<usize>();
        header += &format!(
            ",{}:{{\"dtype\":\"{dtype}\",\"shape\":{shape:?},\"data_offsets\":[{end},{}]}}",
            quoted(name),
            end + length
        );
        end += length;
    }
    header.push('}');
    while header.len() % 8 != 0 {
        header.push(' ');
    }
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(bytes.len() + end, 0);
    bytes
}
