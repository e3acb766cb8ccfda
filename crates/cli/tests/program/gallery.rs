//! The demo's gallery, which is part of the repository, against what the program renders now.

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

/// The mean difference of two images of one size, in bytes, colours weighed by alpha.
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
fn glasses_are_what_the_catalogue_draws() {
    let list = list();
    let entries = list["glasses"].as_array().unwrap();
    assert_eq!(entries.len(), stgan_synth::catalogue().len());
    for (entry, frame) in entries.iter().zip(stgan_synth::catalogue()) {
        assert_eq!(entry["id"], frame.id);
        for key in ["file", "thumbnail"] {
            let there = open(entry, key);
            let off = difference(&there, &rendered(frame.render(there.width()).unwrap()));
            assert!(off < 0.1, "{} {key}: `make gallery` is due, pixels differ by {off:.2}", frame.id);
        }
    }
}

#[test]
fn portraits_are_what_the_renderer_renders() {
    let list = list();
    let entries = list["portraits"].as_array().unwrap();
    assert_eq!(entries.len(), stgan_portraits::portraits().len());
    for (entry, portrait) in entries.iter().zip(stgan_portraits::portraits()) {
        assert_eq!(entry["id"], portrait.id);
        // Small: a rendering takes seconds a megapixel. Grain and JPEG differ, what is shown does not.
        let now = rendered(portrait.render(120).unwrap());
        let there = imageops::resize(&open(entry, "file"), now.width(), now.height(), imageops::FilterType::Triangle);
        let off = difference(&there, &now);
        assert!(off < 6.0, "{}: `make gallery` is due, pixels differ by {off:.2}", portrait.id);
    }
}

#[test]
fn the_gallery_is_small() {
    let files = ["glasses", "portraits"].into_iter().flat_map(|name| std::fs::read_dir(gallery().join(name)).unwrap());
    let bytes: u64 = files.map(|file| file.unwrap().metadata().unwrap().len()).sum();
    assert!(bytes < 3_000_000, "{bytes} bytes");
}

#[test]
fn the_decoder_and_the_library_have_one_limit_of_pixels() {
    assert_eq!(stgan_decoder::MAX_PIXELS, stgan::MAX_PIXELS);
}
