//! Images, configurations and metrics.

use super::outcome;
use crate::{Memory, Target};
use std::path::PathBuf;
use std::sync::LazyLock;
use stgan_train::report::{Metrics, metrics};
use stgan_train::{Config, CutoutConfig, LocatorConfig};

/// Image files. A short file may declare 64 megapixels: 256 MB of RGBA, and twice as much while
/// 16-bit samples are decoded.
pub(super) const IMAGE: Target = Target {
    name: "image",
    seeds: || {
        let image =
            image::RgbaImage::from_fn(9, 7, |x, y| image::Rgba([(x * 28) as u8, (y * 36) as u8, 90, 255 - y as u8]));
        let rgb = image::DynamicImage::from(image.clone()).into_rgb8();
        let mut seeds = Vec::new();
        for format in [image::ImageFormat::Png, image::ImageFormat::WebP, image::ImageFormat::Jpeg] {
            let mut bytes = std::io::Cursor::new(Vec::new());
            let written = match format {
                image::ImageFormat::Jpeg => rgb.write_to(&mut bytes, format),
                _ => image.write_to(&mut bytes, format),
            };
            if written.is_ok() {
                seeds.push(bytes.into_inner());
            }
        }
        seeds
    },
    words: &[
        "IHDR", "IDAT", "IEND", "PLTE", "tRNS", "eXIf", "acTL", "fcTL", "RIFF", "WEBP", "VP8 ", "VP8L", "VP8X", "ALPH",
        "ANMF", "Exif\0\0", "II*\0",
    ],
    memory: Memory { fixed: 1200 << 20, per_byte: 64 },
    run: |bytes| outcome(stgan_decoder::decode(bytes)),
};

/// Configurations of training.
pub(super) const CONFIG: Target = Target {
    name: "config",
    seeds: || {
        let texts = [
            include_str!("../../../../configs/synthetic.toml"),
            include_str!("../../../../configs/locator.toml"),
            include_str!("../../../../configs/cutout.toml"),
            include_str!("../../../cli/tests/program/tiny.toml"),
        ];
        texts.map(|text| text.as_bytes().to_vec()).into()
    },
    words: &[
        "[data]",
        "[model]",
        "stages = ",
        "iterations = [",
        "[[",
        "{ ",
        "}",
        "\"\"\"",
        "1979-05-27",
        "0x7f",
        "= nan",
        "= -1",
        "e9",
        "#",
    ],
    memory: Memory { fixed: 1 << 20, per_byte: 400 },
    run: |bytes| {
        let text = String::from_utf8_lossy(bytes);
        // The first line is also a change on the command line.
        let changes: Vec<String> = text.lines().take(1).map(str::to_owned).collect();
        let parsed = if LocatorConfig::is_locator_config(&text) {
            LocatorConfig::parse_with(&text, "config", &[]).and_then(|config| config.to_toml())
        } else if CutoutConfig::is_cutout_config(&text) {
            CutoutConfig::parse_with(&text, "config", &[]).and_then(|config| config.to_toml())
        } else {
            Config::parse_with(&text, "config", &changes)
                .or_else(|_| Config::parse(&text, "config"))
                .and_then(|config| config.to_toml())
        };
        outcome(parsed)
    },
};

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| super::training::folder("metrics"));

/// Metrics files.
pub(super) const METRICS: Target = Target {
    name: "metrics",
    seeds: || {
        let line = r#"{"phase":"regression","stage":1,"iteration":50,"run_iteration":50,"loss":0.25,"median":[0.1,null],"seconds":1.5}"#;
        vec![format!("{line}\n{line}\n").into_bytes(), format!("{line}\n{}", &line[..40]).into_bytes(), Vec::new()]
    },
    words: &["\"phase\":", "\"run_iteration\":", "null", "[[", "{\"a\":", "\n", "1e999"],
    memory: Memory { fixed: 1 << 20, per_byte: 64 },
    run: |bytes| {
        let path = FOLDER.join("metrics.jsonl");
        if let Err(error) = std::fs::write(&path, bytes) {
            return error.to_string();
        }
        outcome(metrics::read(&path).and_then(|records| {
            for record in &records {
                let _ = (record.number("loss"), record.numbers("median"));
            }
            Metrics::open(&path)?.truncate_after(50)
        }))
    },
};
