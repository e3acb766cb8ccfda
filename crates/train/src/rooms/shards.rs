//! Files of samples: a folder of shards, each a safetensors file.

use super::{RoomRecord, RoomSample, RoomSettings, draw};
use crate::files::write_atomically;
use crate::{Error, Result};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use stgan::Bitmap;
use stgan_synth::rooms::Split;

/// Samples of each shard.
const SHARD: usize = 500;
/// The images of a sample, and their channels in a shard.
const IMAGES: [(&str, usize); 3] = [("room", 3), ("real", 3), ("cutout", 4)];

/// Draws `count` samples into the folder `out`, in shards that are written atomically.
///
/// A shard that exists is kept, so an interrupted call can be repeated. `progress` is called with
/// the number of samples that are done and returns whether to continue.
///
/// # Errors
/// Those of [`draw`]; [`Error::Io`] if a file cannot be written; [`Error::Data`] if the folder has
/// shards of other settings.
pub fn write(
    out: &Path,
    count: usize,
    settings: &RoomSettings,
    split: Split,
    seed: u64,
    progress: &mut dyn FnMut(usize) -> bool,
) -> Result<bool> {
    std::fs::create_dir_all(out).map_err(Error::io(out, "created"))?;
    let options = settings.options(split)?;
    let origin = format!("{settings:?}, {split:?}, seed {seed}");
    for (shard, first) in (0..count).step_by(SHARD).enumerate() {
        let (path, size) = (path(out, shard), SHARD.min(count - first));
        let name = format!("{origin}, {size} samples");
        if path.exists() {
            let found = origin_of(&path)?;
            if found != name {
                return Err(Error::data(&path, format!("the shard is of {found}; choose another folder for {name}")));
            }
        } else {
            // Each shard has rooms of its own, whatever the number of samples.
            let seed = seed.wrapping_add((shard as u64 + 1) << 32);
            let samples = draw(size, &options, seed, &mut |_| ())?;
            write_atomically(&path, &encode(&samples, &name)?)?;
        }
        if !progress(first + size) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Reads all samples of a folder, or the first `most`.
///
/// # Errors
/// [`Error::Io`] if a file cannot be read, [`Error::Data`] if a shard is damaged or there is none.
pub fn read(folder: &Path, most: usize) -> Result<Vec<RoomSample>> {
    let mut samples = Vec::new();
    for shard in 0.. {
        let path = path(folder, shard);
        if samples.len() >= most || !path.exists() {
            break;
        }
        samples.extend(decode(&path)?);
    }
    if samples.is_empty() {
        return Err(Error::data(folder, "the folder has no shard-00000.safetensors; make samples with `stgan rooms`"));
    }
    samples.truncate(most);
    Ok(samples)
}

fn path(folder: &Path, shard: usize) -> PathBuf {
    folder.join(format!("shard-{shard:05}.safetensors"))
}

fn encode(samples: &[RoomSample], origin: &str) -> Result<Vec<u8>> {
    let records: Vec<&RoomRecord> = samples.iter().map(|sample| &sample.record).collect();
    let records = serde_json::to_string(&records).map_err(|e| Error::unreadable(Path::new("records"), "invalid", e))?;
    let metadata = HashMap::from([("origin".to_owned(), origin.to_owned()), ("records".to_owned(), records)]);
    let (width, height) = samples.first().map_or((0, 0), |s| (s.room.width() as usize, s.room.height() as usize));
    let planes = IMAGES.map(|(name, channels)| {
        let bytes = samples.iter().flat_map(|sample| image(sample, name).data().chunks_exact(4));
        (name, channels, bytes.flat_map(|pixel| &pixel[..channels]).copied().collect::<Vec<u8>>())
    });
    let views = planes.iter().map(|(name, channels, bytes)| {
        let shape = vec![samples.len(), height, width, *channels];
        Ok((*name, TensorView::new(Dtype::U8, shape, bytes)?))
    });
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>();
    let bytes = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
    bytes.map_err(|e| Error::unreadable(Path::new("shard"), "the samples cannot be encoded", e))
}

fn image<'a>(sample: &'a RoomSample, name: &str) -> &'a Bitmap {
    match name {
        "room" => &sample.room,
        "real" => &sample.real,
        _ => &sample.cutout,
    }
}

fn load(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(Error::io(path, "read"))
}

fn metadata(path: &Path, bytes: &[u8]) -> Result<HashMap<String, String>> {
    let header = SafeTensors::read_metadata(bytes).map_err(|e| Error::unreadable(path, "no shard of samples", e))?;
    Ok(header.1.metadata().clone().unwrap_or_default())
}

fn origin_of(path: &Path) -> Result<String> {
    Ok(metadata(path, &load(path)?)?.remove("origin").unwrap_or_default())
}

fn decode(path: &Path) -> Result<Vec<RoomSample>> {
    let bytes = load(path)?;
    let records = metadata(path, &bytes)?.remove("records").unwrap_or_default();
    let records: Vec<RoomRecord> =
        serde_json::from_str(&records).map_err(|e| Error::unreadable(path, "the records are damaged", e))?;
    let file = SafeTensors::deserialize(&bytes).map_err(|e| Error::unreadable(path, "the shard is damaged", e))?;
    let mut images = IMAGES.map(|_| Vec::new());
    for ((name, channels), images) in IMAGES.into_iter().zip(&mut images) {
        let tensor = file.tensor(name).map_err(|e| Error::unreadable(path, "an image is missing", e))?;
        let &[count, height, width, found] = tensor.shape() else {
            return Err(Error::data(path, format!("tensor `{name}` is not four-dimensional")));
        };
        if tensor.dtype() != Dtype::U8 || found != channels || count != records.len() || width * height == 0 {
            return Err(Error::data(path, format!("tensor `{name}` does not match the records")));
        }
        for pixels in tensor.data().chunks_exact(width * height * channels) {
            let alpha = |pixel: &[u8]| pixel.get(3).copied().unwrap_or(255);
            let rgba = pixels.chunks_exact(channels).flat_map(|p| [p[0], p[1], p[2], alpha(p)]).collect();
            images.push(Bitmap::new(width as u32, height as u32, rgba)?);
        }
    }
    let is_whole = |record: &RoomRecord| {
        let [left, top, right, bottom] = record.bounds;
        !record.family.is_empty() && left < right && top < bottom && record.diagonal > 0.0
    };
    if !records.iter().all(is_whole) {
        return Err(Error::data(path, "a record has no truth, or a cut-out without an area"));
    }
    let [rooms, reals, cutouts] = images;
    let all = rooms.into_iter().zip(reals).zip(cutouts).zip(records);
    Ok(all.map(|(((room, real), cutout), record)| RoomSample { room, real, cutout, record }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_survive_their_file_and_an_interruption() {
        let folder = std::env::temp_dir().join(format!("stgan-test-{}-shards", std::process::id()));
        let settings = RoomSettings { turn: [8.0, 12.0], ..RoomSettings::default() };
        let write = |count| write(&folder, count, &settings, Split::Train, 3, &mut |_| true);
        assert!(write(4).unwrap());
        let samples = read(&folder, 100).unwrap();
        let drawn = draw(4, &settings.options(Split::Train).unwrap(), 3 + (1 << 32), &mut |_| ()).unwrap();
        assert_eq!(samples.len(), 4);
        for (a, b) in samples.iter().zip(&drawn) {
            assert_eq!((&a.room, &a.real, &a.cutout), (&b.room, &b.real, &b.cutout));
            assert_eq!((&a.record.id, a.record.bounds), (&b.record.id, b.record.bounds));
            // The parser of JSON may round the last bit differently.
            let numbers = |record: &RoomRecord| record.family.concat();
            let (a, b) = (numbers(&a.record), numbers(&b.record));
            assert!(a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1.0)));
        }
        let modified = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
        let before = modified(&path(&folder, 0));
        assert!(write(4).unwrap());
        assert_eq!(modified(&path(&folder, 0)), before, "an existing shard is kept");
        assert_eq!(write(3).unwrap_err().code(), "data", "a shard of another size");
        std::fs::write(path(&folder, 0), b"{}").unwrap();
        assert_eq!(read(&folder, 100).unwrap_err().code(), "data");
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(read(&folder, 100).unwrap_err().code(), "data");
    }
}
