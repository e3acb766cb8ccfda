//! The gallery files in the repository match the output of the renderers.

use image::{RgbaImage, imageops};
use std::path::{Path, PathBuf};

fn gallery() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../www/public/gallery")
}

fn list() -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(gallery().join("gallery.json")).unwrap()).unwrap()
}

fn open(entry: &serde_json::Value, key: &str) -> RgbaImage {
    let path = gallery().join(entry[key].as_str().unwrap());
    image::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).to_rgba8()
}

/// The mean absolute difference of two images of equal size, premultiplied by alpha, in grey
/// levels.
fn difference(a: &RgbaImage, b: &RgbaImage) -> f64 {
    assert_eq!(a.dimensions(), b.dimensions());
    let mut sum = 0.0;
    for (a, b) in a.pixels().zip(b.pixels()) {
        let premultiplied = |pixel: &image::Rgba<u8>| {
            let alpha = f64::from(pixel.0[3]) / 255.0;
            [0, 1, 2, 3].map(|k| if k < 3 { f64::from(pixel.0[k]) * alpha } else { 255.0 * alpha })
        };
        let (a, b) = (premultiplied(a), premultiplied(b));
        sum += a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 4.0;
    }
    sum / f64::from(a.width() * a.height())
}

fn rendered(image: stgan::Bitmap) -> RgbaImage {
    RgbaImage::from_raw(image.width(), image.height(), image.into_data()).unwrap()
}

#[test]
fn gallery_glasses_match_the_catalogue() {
    let list = list();
    let entries = list["glasses"].as_array().unwrap();
    assert_eq!(entries.len(), stgan_synth::catalogue().len());
    for (entry, glasses) in entries.iter().zip(stgan_synth::catalogue()) {
        assert_eq!(entry["id"], glasses.id);
        for key in ["file", "thumbnail"] {
            let stored = open(entry, key);
            let off = difference(&stored, &rendered(glasses.render(stored.width()).unwrap()));
            assert!(off < 0.1, "{} {key} is outdated (difference {off:.2}); run `make gallery`", glasses.id);
        }
    }
}

#[test]
fn gallery_portraits_match_the_renderer() {
    let list = list();
    let entries = list["portraits"].as_array().unwrap();
    assert_eq!(entries.len(), stgan_portraits::portraits().len());
    for (entry, portrait) in entries.iter().zip(stgan_portraits::portraits()) {
        assert_eq!(entry["id"], portrait.id);
        // The comparison is at a small size, because rendering takes seconds per megapixel. Grain
        // and JPEG artefacts may differ.
        let now = rendered(portrait.render(120).unwrap());
        let stored = imageops::resize(&open(entry, "file"), now.width(), now.height(), imageops::FilterType::Triangle);
        let off = difference(&stored, &now);
        assert!(off < 6.0, "{} is outdated (difference {off:.2}); run `make gallery`", portrait.id);
    }
}

#[test]
fn the_gallery_is_small() {
    for (folders, limit) in [(["glasses", "portraits"], 3_000_000), (["rooms", "furniture"], 1_200_000)] {
        let files = folders.into_iter().flat_map(|name| std::fs::read_dir(gallery().join(name)).unwrap());
        let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
        assert!(bytes < limit, "{folders:?}: {bytes} bytes");
    }
}

#[test]
fn the_decoder_and_the_library_have_the_same_pixel_limit() {
    assert_eq!(stgan_decoder::MAX_PIXELS, stgan::MAX_PIXELS);
}
