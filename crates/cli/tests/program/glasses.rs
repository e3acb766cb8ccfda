//! The command `glasses`, and what other commands do with product photos.

use crate::{folder, stgan};
use image::{Rgba, RgbaImage};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::Output;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn errors(run: &Output) -> String {
    String::from_utf8_lossy(&run.stderr).into_owned()
}

fn printed(run: &Output) -> String {
    String::from_utf8_lossy(&run.stdout).into_owned()
}

/// Glasses of the catalogue on a ground of 440×260 pixels.
fn product(index: usize, ground: Rgba<u8>) -> RgbaImage {
    let glasses = stgan_synth::catalogue()[index].render(360).unwrap();
    let glasses = RgbaImage::from_raw(glasses.width(), glasses.height(), glasses.into_data()).unwrap();
    let mut photo = RgbaImage::from_pixel(440, 260, ground);
    image::imageops::overlay(&mut photo, &glasses, 40, (260 - i64::from(glasses.height())) / 2);
    photo
}

const WHITE: Rgba<u8> = Rgba([255; 4]);
const TRANSPARENT: Rgba<u8> = Rgba([0; 4]);

fn save(image: &RgbaImage, path: &Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    if path.extension().is_some_and(|end| end == "jpg") {
        image::DynamicImage::from(image.clone()).into_rgb8().save(path).unwrap();
    } else {
        image.save(path).unwrap();
    }
}

fn manifest(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The entry whose source ends in `end`.
fn entry<'a>(manifest: &'a Value, end: &str) -> &'a Value {
    let found = manifest["glasses"].as_array().unwrap().iter().find(|e| e["source"].as_str().unwrap().ends_with(end));
    found.unwrap_or_else(|| panic!("no {end} in {manifest}"))
}

fn sources(manifest: &Value) -> Vec<String> {
    let entries = manifest["glasses"].as_array().unwrap().iter();
    entries.map(|entry| entry["source"].as_str().unwrap().to_owned()).collect()
}

fn sha256(path: &Path) -> String {
    Sha256::digest(std::fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Some transparent images, which need no network.
fn transparent_photos(folder: &Path, names: &[&str]) -> PathBuf {
    let photos = folder.join("photos");
    for (index, name) in names.iter().enumerate() {
        save(&product(index, TRANSPARENT), &photos.join(name));
    }
    photos
}

#[test]
fn a_batch_has_an_entry_for_each_photo_and_files_that_fail_do_not_stop_it() {
    let folder = folder("glasses-batch");
    let (photos, out) = (folder.join("photos"), folder.join("out"));
    save(&product(0, WHITE), &photos.join("white.jpg"));
    save(&product(1, TRANSPARENT), &photos.join("clean.png"));
    save(&RgbaImage::from_pixel(300, 200, WHITE), &photos.join("blank.png"));
    std::fs::write(photos.join("broken.jpg"), "not an image").unwrap();
    std::fs::write(photos.join("notes.txt"), "not an image either").unwrap();
    let gone = folder.join("gone.png");
    let run = stgan(&["glasses", text(&photos), text(&gone), "-o", text(&out)]);
    assert_eq!(run.status.code(), Some(1), "{}", errors(&run));
    assert!(errors(&run).contains("3 of 5 photos have no cut-out"), "{}", errors(&run));
    let manifest = manifest(&out.join("manifest.json"));
    assert_eq!((&manifest["version"], &manifest["complete"]), (&json!(1), &json!(true)));
    assert_eq!(sources(&manifest).len(), 5);
    for (name, code) in [("blank.png", "no-glasses-found"), ("broken.jpg", "decode"), ("gone.png", "io")] {
        let error = &entry(&manifest, name)["error"];
        assert_eq!(error["code"], code, "{error}");
        assert!(!error["message"].as_str().unwrap().is_empty());
        assert!(errors(&run).contains(&format!("{name}: {code}: ")), "{}", errors(&run));
    }
    for (name, kind, lenses) in [("white.jpg", "cut-out", None), ("clean.png", "untouched", Some("clear"))] {
        let entry = entry(&manifest, name);
        let image = out.join(entry["image"].as_str().unwrap());
        assert_eq!(entry["sha256"], sha256(&image));
        assert_eq!(entry["sourceSha256"], sha256(&photos.join(name)));
        let (width, height) = image::image_dimensions(&image).unwrap();
        assert_eq!((&entry["width"], &entry["height"]), (&json!(width), &json!(height)));
        let bounds = ["x", "y", "width", "height"].map(|key| entry["bounds"][key].as_u64().unwrap());
        assert!(bounds[0] + bounds[2] <= width.into() && bounds[1] + bounds[3] <= height.into());
        let centres = [0, 1].map(|side| entry["lensCentres"][side]["x"].as_f64().unwrap());
        assert!(0.0 < centres[0] && centres[0] < centres[1] && centres[1] < width.into(), "{centres:?}");
        assert_eq!(entry["toSource"].as_array().unwrap().len(), 9);
        let report = &entry["report"];
        assert_eq!(report["kind"], kind);
        assert!((0.0..=1.0).contains(&report["confidence"].as_f64().unwrap()) && report["warnings"].is_array());
        lenses.iter().for_each(|lenses| assert_eq!(report["lenses"], *lenses));
    }
    assert!(image::open(out.join("sheet.jpg")).unwrap().width() > 1000);
    let cut = image::open(out.join("white.png")).unwrap().to_rgba8();
    assert!(cut.width() < 400 && cut.pixels().any(|pixel| pixel[3] == 0) && cut.pixels().any(|pixel| pixel[3] == 255));
}

#[test]
fn a_second_run_repeats_only_what_changed() {
    let folder = folder("glasses-again");
    let photos = transparent_photos(&folder, &["a.png", "b.png", "c.png"]);
    let out = folder.join("out");
    let run = |more: &[&str]| {
        let run = stgan(&[&["glasses", text(&photos), "-o", text(&out)], more].concat());
        assert!(run.status.success(), "{}", errors(&run));
        printed(&run)
    };
    assert!(run(&[]).contains("3 of 3 photos cut out, 0 of them earlier"));
    let first = manifest(&out.join("manifest.json"));
    assert!(run(&[]).contains("3 of 3 photos cut out, 3 of them earlier"));
    assert_eq!(manifest(&out.join("manifest.json")), first);
    // A changed photo, a missing image, a damaged image.
    save(&product(4, TRANSPARENT), &photos.join("a.png"));
    std::fs::remove_file(out.join("b.png")).unwrap();
    assert!(run(&[]).contains("1 of them earlier"));
    assert!(out.join("b.png").is_file());
    std::fs::write(out.join("c.png"), "damaged").unwrap();
    assert!(run(&[]).contains("2 of them earlier"));
    // Other settings.
    assert!(run(&["--cut-out", "never"]).contains("0 of them earlier"));
    // A width that the shop has added stays, whatever else changes.
    let mut with_width = manifest(&out.join("manifest.json"));
    with_width["glasses"][0]["widthMm"] = json!(136.5);
    std::fs::write(out.join("manifest.json"), with_width.to_string()).unwrap();
    for settings in ["never", "auto", "never"] {
        run(&["--cut-out", settings]);
        let entries = &manifest(&out.join("manifest.json"))["glasses"];
        assert_eq!((&entries[0]["widthMm"], &entries[1]["widthMm"]), (&json!(136.5), &Value::Null));
    }
    // An interrupted run leaves a manifest without some entries.
    let mut unfinished = manifest(&out.join("manifest.json"));
    unfinished["complete"] = json!(false);
    unfinished["glasses"].as_array_mut().unwrap().remove(1);
    std::fs::write(out.join("manifest.json"), unfinished.to_string()).unwrap();
    assert!(run(&["--cut-out", "never"]).contains("2 of them earlier"));
}

#[test]
fn shards_together_have_each_photo_once_and_are_merged() {
    let folder = folder("glasses-shards");
    let photos = transparent_photos(&folder, &["a.png", "b.png", "c.png", "d.png", "e.png"]);
    let out = folder.join("out");
    let shard = |part: &str| stgan(&["glasses", text(&photos), "-o", text(&out), "--shard", part]);
    assert!(shard("0/2").status.success());
    let early = stgan(&["glasses", "--merge", text(&out)]);
    assert!(!early.status.success() && errors(&early).contains("unfinished: 1;"), "{}", errors(&early));
    assert!(shard("1/2").status.success());
    let parts = [0, 1].map(|index| sources(&manifest(&out.join(format!("manifest-{index}-of-2.json")))));
    assert_eq!(parts.each_ref().map(Vec::len), [3, 2]);
    let merged = stgan(&["glasses", "--merge", text(&out)]);
    assert!(merged.status.success(), "{}", errors(&merged));
    let merged = manifest(&out.join("manifest.json"));
    let mut all = parts.concat();
    all.sort();
    assert_eq!(sources(&merged), all);
    assert_eq!(all.len(), 5);
    assert!(out.join("sheet-0-of-2.jpg").is_file() && out.join("sheet-1-of-2.jpg").is_file());
    // Another number of shards uses what is there.
    let again = stgan(&["glasses", text(&photos), "-o", text(&out)]);
    assert!(printed(&again).contains("5 of them earlier"), "{}", printed(&again));
    for wrong in ["2/2", "x", "-1/2"] {
        assert_eq!(shard(wrong).status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn a_manifest_that_names_files_elsewhere_is_refused_and_nothing_is_deleted() {
    let folder = folder("glasses-elsewhere");
    let photos = transparent_photos(&folder, &["a.png"]);
    let out = folder.join("out");
    let run = || stgan(&["glasses", text(&photos), "-o", text(&out)]);
    assert!(run().status.success());
    let mut changed = manifest(&out.join("manifest.json"));
    changed["sheets"][0]["image"] = json!("../photos/a.png");
    std::fs::write(out.join("manifest.json"), changed.to_string()).unwrap();
    let refused = run();
    assert!(!refused.status.success() && errors(&refused).contains("../photos/a.png"), "{}", errors(&refused));
    assert!(photos.join("a.png").is_file());
}

#[test]
fn more_shards_than_photos_are_no_error() {
    let folder = folder("glasses-empty-shard");
    let photos = transparent_photos(&folder, &["a.png"]);
    let out = folder.join("out");
    for part in ["0/2", "1/2"] {
        let run = stgan(&["glasses", text(&photos), "-o", text(&out), "--shard", part]);
        assert!(run.status.success(), "{}", errors(&run));
    }
    assert!(stgan(&["glasses", "--merge", text(&out)]).status.success());
    assert_eq!(sources(&manifest(&out.join("manifest.json"))).len(), 1);
}

#[test]
fn keep_size_gives_images_and_label_maps_of_the_size_of_the_photo() {
    let folder = folder("glasses-keep-size");
    let (photos, out) = (folder.join("photos"), folder.join("out"));
    save(&product(0, WHITE), &photos.join("white.jpg"));
    save(&product(1, TRANSPARENT), &photos.join("clean.png"));
    let run = stgan(&["glasses", text(&photos), "-o", text(&out), "--keep-size", "--labels"]);
    assert!(run.status.success(), "{}", errors(&run));
    for name in ["white.png", "clean.png", "white.labels.png"] {
        assert_eq!(image::image_dimensions(out.join(name)).unwrap(), (440, 260), "{name}");
    }
    let labels = image::open(out.join("white.labels.png")).unwrap();
    assert_eq!(labels.color(), image::ColorType::L8);
    assert!(labels.to_luma8().pixels().all(|pixel| pixel[0] <= 3));
    // Nothing labelled the transparent image.
    assert!(!out.join("clean.labels.png").exists());
    let manifest = manifest(&out.join("manifest.json"));
    let white = entry(&manifest, "white.jpg");
    assert_eq!(white["labels"], "white.labels.png");
    assert_eq!(white["toSource"], json!([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]));
    assert!(white["bounds"]["x"].as_u64().unwrap() > 20);
    let lenient = stgan(&["glasses", text(&folder.join("gone.png")), "-o", text(&out), "--lenient"]);
    assert!(lenient.status.success() && errors(&lenient).contains("gone.png: io: "), "{}", errors(&lenient));
    let run = stgan(&["glasses", text(&photos), "-o", text(&out), "--labels"]);
    assert!(errors(&run).contains("--keep-size"), "{}", errors(&run));
}

#[test]
fn photos_with_equal_stems_have_different_images() {
    let folder = folder("glasses-stems");
    for (index, name) in ["one/x.png", "one/deep/X.png", "two/x.png"].into_iter().enumerate() {
        save(&product(index, TRANSPARENT), &folder.join("photos").join(name));
    }
    let (pattern, out) = (folder.join("photos/**/*.png"), folder.join("out"));
    let run = stgan(&["glasses", text(&pattern), "-o", text(&out)]);
    assert!(run.status.success(), "{}", errors(&run));
    let manifest = manifest(&out.join("manifest.json"));
    let mut images: Vec<String> =
        manifest["glasses"].as_array().unwrap().iter().map(|e| e["image"].as_str().unwrap().to_lowercase()).collect();
    images.sort();
    assert_eq!(images, ["x-2.png", "x-3.png", "x.png"]);
}

#[test]
fn wrong_arguments_are_reported_before_anything_is_written() {
    let folder = folder("glasses-arguments");
    let photos = transparent_photos(&folder, &["a.png"]);
    let (empty, out) = (folder.join("empty"), folder.join("out"));
    std::fs::create_dir(&empty).unwrap();
    let (no_match, first) = (photos.join("*.webp"), photos.join("a.png"));
    for (arguments, said) in [
        (vec!["glasses", text(&no_match), "-o", text(&out)], "no file matches"),
        (vec!["glasses", text(&empty), "-o", text(&out)], "no JPEG, PNG or WebP"),
        (vec!["glasses", text(&photos), "-o", text(&photos)], "choose another --output"),
        (vec!["glasses", text(&photos), "-o", text(&out), "--weights", text(&first)], "safetensors"),
        (vec!["glasses", "--merge", text(&empty)], "no manifest of a shard"),
        (vec!["glasses", text(&photos)], "--output"),
    ] {
        let run = stgan(&arguments);
        assert!(!run.status.success() && errors(&run).contains(said), "{arguments:?}: {}", errors(&run));
        assert!(!out.exists());
    }
}

#[test]
fn fit_cuts_out_a_product_photo_and_reports_what_it_found() {
    let folder = folder("glasses-fit");
    let (photo, glasses, out) = (folder.join("photo.png"), folder.join("glasses.jpg"), folder.join("out.png"));
    RgbaImage::from_fn(300, 200, |x, y| Rgba([x as u8, y as u8, 128, 255])).save(&photo).unwrap();
    save(&product(0, WHITE), &glasses);
    let fit = |more: &[&str]| {
        stgan(
            &[&["fit", text(&photo), text(&glasses), "--at", "150,100,120", "-o", text(&out), "--json"], more].concat(),
        )
    };
    let run = fit(&[]);
    assert!(run.status.success(), "{}", errors(&run));
    let json: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(json["report"]["kind"], "cut-out");
    assert!(json["glasses"][0].as_u64().unwrap() < 440 && json["toSource"][2].as_f64().unwrap() > 20.0);
    assert!((0.0..=1.0).contains(&json["confidence"].as_f64().unwrap()));
    let run = fit(&["--cut-out", "never"]);
    assert!(run.status.success() && errors(&run).contains("opaque-background: "), "{}", errors(&run));
    save(&RgbaImage::from_pixel(300, 200, WHITE), &glasses);
    std::fs::remove_file(&out).unwrap();
    let run = fit(&[]);
    assert!(!run.status.success() && errors(&run).contains("no-glasses-found: "), "{}", errors(&run));
    assert!(!out.exists());
}

#[test]
fn cut_outs_are_measured_on_labelled_and_on_rendered_photos() {
    let folder = folder("glasses-evaluate");
    let image = product(0, TRANSPARENT);
    save(&image, &folder.join("pictures/a.png"));
    let run = stgan(&["evaluate", "--glasses", text(&folder)]);
    assert!(!run.status.success() && errors(&run).contains("labels.csv"), "{}", errors(&run));
    std::fs::create_dir(folder.join("labels")).unwrap();
    std::fs::write(folder.join("labels/labels.csv"), "stem,lenses,frame\na,clear,rimmed\n").unwrap();
    // The lenses are where a line from the left edge has left the front.
    let labels = image::GrayImage::from_fn(440, 260, |x, y| {
        let front = |x: u32| image.get_pixel(x, y)[3] > 127;
        let side = |mut columns: std::ops::Range<u32>| columns.any(front);
        image::Luma([if front(x) { 1 } else { 2 * u8::from(side(0..x) && side(x..440)) }])
    });
    labels.save(folder.join("labels/a.png")).unwrap();
    let run = stgan(&["evaluate", "--glasses", text(&folder), "--json"]);
    assert!(run.status.success(), "{}", errors(&run));
    let scores: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!((&scores[0]["stem"], &scores[0]["refused"]), (&json!("a"), &Value::Null));
    assert!(
        scores[0]["front"].as_f64().unwrap() > 0.95 && scores[0]["background"].as_f64().unwrap() < 0.01,
        "{scores}"
    );
    let table = stgan(&["evaluate", "--glasses", text(&folder)]);
    assert!(printed(&table).contains("of 1; clear lenses"), "{}", printed(&table));
    let run = stgan(&["evaluate", "--glasses", "--rendered", "2", "--json"]);
    assert!(run.status.success(), "{}", errors(&run));
    let report: Value = serde_json::from_slice(&run.stdout).unwrap();
    assert_eq!(report["photos"], 2);
}

#[test]
fn cut_out_weights_are_inspected_and_converted() {
    let folder = folder("glasses-weights");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../weights/cutout.safetensors");
    let inspected = stgan(&["inspect", shipped]);
    assert!(printed(&inspected).contains("cut-out network: channels down"), "{}", errors(&inspected));
    let out = folder.join("cutout.safetensors");
    let mut sizes = Vec::new();
    for (storage, printed_as) in [("i8", "I8"), ("f16", "F16"), ("f32", "F32")] {
        let run = stgan(&["export", shipped, "-o", text(&out), "--force", "--storage", storage]);
        assert!(run.status.success() && printed(&run).contains(printed_as), "{}", errors(&run));
        sizes.push(std::fs::metadata(&out).unwrap().len());
    }
    assert!(sizes.is_sorted_by(|a, b| a < b), "{sizes:?}");
    assert!(stgan(&["inspect", text(&out)]).status.success());
    let run = stgan(&["export", shipped, "-o", text(&out), "--force", "--updates", "3"]);
    assert!(!run.status.success() && errors(&run).contains("cut-out network"), "{}", errors(&run));
}
