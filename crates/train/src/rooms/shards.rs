//! Files of samples: a folder of shards, each a safetensors file.

use super::{RoomRecord, RoomSample, RoomSamples, RoomSettings, draw};
use crate::files::write_atomically;
use crate::{Error, Result};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
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

/// Reads all samples of a folder into memory, or the first `most`.
///
/// # Errors
/// Those of [`RoomSamples::open`], and [`Error::Io`] if a file cannot be read.
pub fn read(folder: &Path, most: usize) -> Result<Vec<RoomSample>> {
    let samples = RoomSamples::open(folder)?;
    (0..samples.len().min(most)).map(|index| samples.get(index).map(Cow::into_owned)).collect()
}

/// The shards of a folder, in order.
///
/// # Errors
/// [`Error::Io`] if a file cannot be read, [`Error::Data`] if a shard is damaged or there is none.
pub(super) fn open(folder: &Path) -> Result<Vec<Shard>> {
    let paths = (0..).map(|shard| path(folder, shard)).take_while(|path| path.exists());
    let shards = paths.map(|path| Shard::open(&path)).collect::<Result<Vec<_>>>()?;
    if shards.is_empty() {
        return Err(Error::data(folder, "the folder has no shard-00000.safetensors; make samples with `stgan rooms`"));
    }
    Ok(shards)
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

/// An open shard. The images stay in the file.
#[derive(Debug)]
pub(super) struct Shard {
    path: PathBuf,
    file: Mutex<File>,
    /// The images of the first sample, as in [`IMAGES`].
    images: [ImagePlace; 3],
    records: Vec<RoomRecord>,
}

/// Where the first of the images of one kind lies in a shard.
#[derive(Clone, Copy, Debug)]
struct ImagePlace {
    /// The position of its first byte in the file.
    start: u64,
    size: (u32, u32),
    channels: usize,
}

impl ImagePlace {
    fn bytes(&self) -> usize {
        self.size.0 as usize * self.size.1 as usize * self.channels
    }
}

impl Shard {
    /// Checks the whole file.
    fn open(path: &Path) -> Result<Self> {
        let bytes = load(path)?;
        let records = metadata(path, &bytes)?.remove("records").unwrap_or_default();
        let records: Vec<RoomRecord> =
            serde_json::from_str(&records).map_err(|e| Error::unreadable(path, "the records are damaged", e))?;
        let is_whole = |record: &RoomRecord| {
            let [left, top, right, bottom] = record.bounds;
            !record.family.is_empty() && left < right && top < bottom && record.diagonal > 0.0
        };
        if !records.iter().all(is_whole) {
            return Err(Error::data(path, "a record has no truth, or a cut-out without an area"));
        }
        let file = SafeTensors::deserialize(&bytes).map_err(|e| Error::unreadable(path, "the shard is damaged", e))?;
        let place = |(name, channels): (&str, usize)| {
            let tensor = file.tensor(name).map_err(|e| Error::unreadable(path, "an image is missing", e))?;
            let &[count, height, width, found] = tensor.shape() else {
                return Err(Error::data(path, format!("tensor `{name}` is not four-dimensional")));
            };
            let (Ok(across), Ok(down)) = (u32::try_from(width), u32::try_from(height)) else {
                return Err(Error::data(path, format!("tensor `{name}` is too large")));
            };
            if tensor.dtype() != Dtype::U8 || found != channels || count != records.len() || width * height == 0 {
                return Err(Error::data(path, format!("tensor `{name}` does not match the records")));
            }
            // The data is a part of `bytes`.
            let start = tensor.data().as_ptr().addr() - bytes.as_ptr().addr();
            Ok(ImagePlace { start: start as u64, size: (across, down), channels })
        };
        let [room, real, cutout] = IMAGES.map(place);
        let images = [room?, real?, cutout?];
        let file = Mutex::new(File::open(path).map_err(Error::io(path, "read"))?);
        Ok(Self { path: path.into(), file, images, records })
    }

    pub(super) fn records(&self) -> &[RoomRecord] {
        &self.records
    }

    /// Reads a sample.
    ///
    /// # Errors
    /// [`Error::Io`] if the file cannot be read.
    pub(super) fn sample(&self, index: usize) -> Result<RoomSample> {
        let [room, real, cutout] = self.images.map(|place| self.image(place, index));
        Ok(RoomSample { room: room?, real: real?, cutout: cutout?, record: self.records[index].clone() })
    }

    fn image(&self, place: ImagePlace, index: usize) -> Result<Bitmap> {
        let mut pixels = vec![0; place.bytes()];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let start = place.start + (index * place.bytes()) as u64;
            let read = file.seek(SeekFrom::Start(start)).and_then(|_| file.read_exact(&mut pixels));
            read.map_err(Error::io(&self.path, "read"))?;
        }
        let alpha = |pixel: &[u8]| pixel.get(3).copied().unwrap_or(255);
        let rgba = pixels.chunks_exact(place.channels).flat_map(|p| [p[0], p[1], p[2], alpha(p)]).collect();
        Ok(Bitmap::new(place.size.0, place.size.1, rgba)?)
    }
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
        let mut set = RoomSamples::from(drawn.clone());
        set.extend(RoomSamples::open(&folder).unwrap());
        assert_eq!((set.len(), set.records().count()), (8, 8));
        for (index, record) in set.records().enumerate() {
            let sample = set.get(index).unwrap();
            assert_eq!((&sample.room, &sample.record.id), (&drawn[index % 4].room, &record.id));
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
