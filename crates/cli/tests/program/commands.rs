//! The commands `fit`, `inspect`, `gallery` and `train`.

use crate::{PROGRAM, folder, stgan};
use std::path::{Path, PathBuf};
use std::process::Command;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A photo of 300×200 pixels, and glasses with a transparent border.
fn images(folder: &Path) -> (PathBuf, PathBuf) {
    let (photo, glasses) = (folder.join("photo.jpg"), folder.join("glasses.png"));
    image::RgbImage::from_fn(300, 200, |x, y| image::Rgb([x as u8, y as u8, 128])).save(&photo).unwrap();
    image::RgbaImage::from_fn(90, 40, |x, y| {
        let inside = (5..85).contains(&x) && (5..35).contains(&y);
        image::Rgba(if inside { [10, 10, 10, 255] } else { [0; 4] })
    })
    .save(&glasses)
    .unwrap();
    (photo, glasses)
}

#[test]
fn fit_writes_an_image_of_the_size_of_the_photo_and_json() {
    let folder = folder("fit");
    let (photo, glasses) = images(&folder);
    for name in ["out.png", "out.jpg", "out.webp"] {
        let out = folder.join(name);
        let run = stgan(&["fit", text(&photo), text(&glasses), "--at", "150,100,80,-5", "-o", text(&out), "--json"]);
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        assert_eq!(image::image_dimensions(&out).unwrap(), (300, 200));
        let json: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        assert_eq!((&json["photo"], &json["glasses"]), (&serde_json::json!([300, 200]), &serde_json::json!([90, 40])));
        let updates = json["updates"].as_array().unwrap();
        assert!(!updates.is_empty());
        for update in updates {
            for (key, length) in [("delta", 8), ("params", 8), ("homography", 9)] {
                assert_eq!(update[key].as_array().unwrap().len(), length);
            }
        }
        assert_eq!(json["homography"], updates.last().unwrap()["homography"]);
        assert_eq!(json["homography"][8], 1.0);
    }
}

#[test]
fn furniture_is_fitted_to_a_room_from_a_placement() {
    let folder = folder("fit-room");
    let (photo, cabinet) = images(&folder);
    let out = folder.join("out.png");
    let arguments = ["fit", "--task", "room", text(&photo), text(&cabinet), "--placement", "150,100,80"];
    let run = |more: &[&str]| stgan(&[&arguments[..], more].concat());
    let fitted = run(&["--shadow", "-o", text(&out), "--json"]);
    assert!(fitted.status.success(), "{}", String::from_utf8_lossy(&fitted.stderr));
    assert_eq!(image::image_dimensions(&out).unwrap(), (300, 200));
    let json: serde_json::Value = serde_json::from_slice(&fitted.stdout).unwrap();
    assert_eq!(json["furniture"], serde_json::json!([90, 40]));
    assert!(!json["updates"].as_array().unwrap().is_empty() && json.get("confidence").is_none());

    // The shadow darkens pixels below the piece, whose foot is at y = 115, and no others.
    let drawn = |more: &[&str]| {
        let drawn = run(&[&["--updates", "0", "-o", text(&out)], more].concat());
        assert!(drawn.status.success());
        image::open(&out).unwrap().into_rgb8()
    };
    let (plain, shaded) = (drawn(&[]), drawn(&["--shadow"]));
    assert!(shaded.get_pixel(150, 116).0[2] + 20 < plain.get_pixel(150, 116).0[2]);
    assert_eq!(shaded.get_pixel(150, 50), plain.get_pixel(150, 50));
}

#[test]
fn fits_of_furniture_say_what_is_wrong() {
    let folder = folder("fit-room-errors");
    let (photo, cabinet) = images(&folder);
    let opaque = folder.join("opaque.png");
    image::RgbaImage::from_pixel(20, 20, image::Rgba([200, 100, 50, 255])).save(&opaque).unwrap();
    let empty = folder.join("empty.png");
    image::RgbaImage::new(20, 20).save(&empty).unwrap();
    let weights = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../weights/glasses.safetensors");
    let at = ["--placement", "150,100,80"];
    let cases: [(&Path, &[&str], &str); 5] = [
        (&cabinet, &[], "--at"),
        (&opaque, &at, "no-furniture-found"),
        (&empty, &at, "empty-furniture"),
        (&cabinet, &["--placement", "150,100,80", "--weights", text(&weights)], "expected \"room\""),
        (&cabinet, &["--placement", "9000,100,80"], "outside the photo"),
    ];
    for (furniture, more, expected) in cases {
        let run = stgan(&[&["fit", "--task", "room", text(&photo), text(furniture), "--json"], more].concat());
        let message = String::from_utf8_lossy(&run.stderr);
        assert!(!run.status.success() && message.contains(expected), "{message}");
    }
}

#[test]
fn fit_with_zero_updates_keeps_the_initial_placement() {
    let folder = folder("zero-updates");
    let (photo, glasses) = images(&folder);
    let run = stgan(&["fit", text(&photo), text(&glasses), "--at", "150,100,160", "--updates", "0", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    // The opaque box is 80 pixels wide. It is drawn 160 pixels wide, centred at (150, 100).
    let h: Vec<f64> = json["homography"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    for (value, expected) in h.iter().zip([2.0, 0.0, 60.0, 0.0, 2.0, 60.0, 0.0, 0.0, 1.0]) {
        assert!((value - expected).abs() < 1e-9, "{h:?}");
    }
}

#[test]
fn errors_are_reported_and_no_file_is_written() {
    let folder = folder("errors");
    let (photo, glasses) = images(&folder);
    let empty = folder.join("empty.png");
    image::RgbaImage::new(20, 20).save(&empty).unwrap();
    let broken = folder.join("broken.jpg");
    let bytes = std::fs::read(&photo).unwrap();
    std::fs::write(&broken, &bytes[..bytes.len() / 2]).unwrap();
    let out = folder.join("out.png");
    let (photo, glasses, out) = (text(&photo), text(&glasses), text(&out));
    for (arguments, said) in [
        (vec!["fit", "nowhere.jpg", glasses, "--at", "1,2,30", "-o", out], "nowhere.jpg"),
        (vec!["fit", text(&broken), glasses, "--at", "1,2,30", "-o", out], "broken.jpg"),
        (vec!["fit", photo, text(&empty), "--at", "1,2,30", "-o", out], "empty"),
        (vec!["fit", photo, glasses, "--at", "1,2", "-o", out], "X,Y,WIDTH"),
        (vec!["fit", photo, glasses, "--at", "1,2,nan", "-o", out], "width"),
        (vec!["fit", photo, glasses, "--at", "5000,2,30", "-o", out], "outside"),
        (vec!["fit", photo, glasses, "--at", "1,2,30"], "nothing to do"),
        (vec!["fit", photo, glasses, "--at", "100,90,60", "-o", "out.gif"], "out.gif"),
        (vec!["fit", photo, glasses, "--at", "1,2,30", "-o", out, "--weights", photo], "safetensors"),
        (vec!["inspect", glasses], "safetensors"),
        (vec!["evaluate", "--data", "nowhere"], "labels.csv"),
    ] {
        let run = stgan(&arguments);
        let error = String::from_utf8_lossy(&run.stderr).into_owned();
        assert!(!run.status.success() && error.contains(said), "{arguments:?}: {error}");
        assert!(!error.contains("panicked"), "{error}");
        assert!(!Path::new(out).exists());
    }
}

#[test]
fn fit_without_a_placement_detects_faces_or_reports_that_there_is_none() {
    use rand::SeedableRng;
    let folder = folder("located");
    let (photo, glasses) = images(&folder);
    let out = folder.join("out.png");
    let run = stgan(&["fit", text(&photo), text(&glasses), "-o", text(&out)]);
    let error = String::from_utf8_lossy(&run.stderr).into_owned();
    assert!(!run.status.success() && error.contains("no-face") && error.contains("--at"), "{error}");
    assert!(!out.exists());

    // Two synthetic people side by side.
    let mut both = image::RgbaImage::new(360, 218);
    let mut pupils = Vec::new();
    for (k, x) in [(1001, 0), (1003, 182)] {
        let person = stgan_synth::people::Person::sample(&mut rand_chacha::ChaCha8Rng::seed_from_u64(k));
        let drawn = person.draw(178).unwrap();
        let drawn = image::RgbaImage::from_raw(drawn.width(), drawn.height(), drawn.into_data()).unwrap();
        image::imageops::replace(&mut both, &drawn, x, 0);
        pupils.push(person.pupils().map(|pupil| [pupil[0] + x as f64, pupil[1]]));
    }
    let photo = folder.join("two.png");
    both.save(&photo).unwrap();
    let run = stgan(&["fit", text(&photo), text(&glasses), "-o", text(&out), "--json"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let one: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    assert!(one["face"]["score"].as_f64().unwrap() > 0.0 && one["placement"]["width"].as_f64().unwrap() > 40.0);
    // At their real width, glasses are as wide as the millimetres say.
    let width = |more: &[&str]| {
        let arguments = ["fit", text(&photo), text(&glasses), "--json", "--glasses-width-mm"];
        let run = stgan(&[&arguments, more].concat());
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        let fit: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let h: [f64; 9] = std::array::from_fn(|i| fit["homography"][i].as_f64().unwrap());
        let ends = [0.0, fit["glasses"][0].as_f64().unwrap()].map(|x| stgan::Homography(h).apply([x, 0.0]));
        (ends[1][0] - ends[0][0]).hypot(ends[1][1] - ends[0][1])
    };
    assert!((width(&["125"]) / width(&["145"]) - 125.0 / 145.0).abs() < 1e-3);
    assert!((width(&["125", "--pupil-distance-mm", "60"]) / width(&["125"]) - 63.0 / 60.0).abs() < 1e-3);
    let refused = stgan(&["fit", text(&photo), text(&glasses), "--json", "--glasses-width-mm", "14"]);
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && error.contains("90 to 200 mm"), "{error}");
    let run = stgan(&["fit", text(&photo), text(&glasses), "-o", text(&out), "--all", "--json"]);
    let all: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let all = all.as_array().unwrap();
    assert_eq!(all.len(), 2);
    for [left, _] in pupils {
        let near = |face: &serde_json::Value| {
            let at = |k: usize| face["face"]["pupils"][0][k].as_f64().unwrap();
            (at(0) - left[0]).hypot(at(1) - left[1]) < 8.0
        };
        assert_eq!(all.iter().filter(|face| near(face)).count(), 1, "{all:?}");
    }
    assert!(
        !stgan(&["fit", text(&photo), text(&glasses), "--at", "1,2,30", "--all", "-o", text(&out)]).status.success()
    );
}

#[test]
fn inspect_describes_the_shipped_weights() {
    let run = stgan(&["inspect", concat!(env!("CARGO_MANIFEST_DIR"), "/../../weights/glasses.safetensors")]);
    let text = String::from_utf8(run.stdout).unwrap();
    for word in ["generator stages", "rgba+pose", "stages.0.conv1.weight", "task = glasses"] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn gallery_writes_images_and_their_list() {
    let folder = folder("gallery");
    let run =
        stgan(&["gallery", "--out", text(&folder), "--width", "120", "--portrait-width", "48", "--room-width", "160"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let list: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("gallery.json")).unwrap()).unwrap();
    let kinds =
        [("glasses", 12, Some(120)), ("portraits", 3, Some(48)), ("rooms", 3, Some(160)), ("furniture", 8, None)];
    for (kind, min, width) in kinds {
        let entries = list[kind].as_array().unwrap();
        assert!(entries.len() >= min);
        for entry in entries {
            let (w, h) = image::image_dimensions(folder.join(entry["file"].as_str().unwrap())).unwrap();
            assert_eq!((entry["width"].as_u64(), entry["height"].as_u64()), (Some(w.into()), Some(h.into())));
            assert!(width.is_none_or(|width| width == w));
        }
    }
}

#[test]
fn sheets_of_rooms_show_samples_or_fits() {
    let folder = folder("room-sheets");
    let weights = concat!(env!("CARGO_MANIFEST_DIR"), "/../../weights/room.safetensors");
    let sheet = |name: &str, more: &[&str]| {
        let out = folder.join(name);
        let run = stgan(&[&["rooms", "--sheet", text(&out), "--count", "2", "--width", "160"], more].concat());
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        image::open(&out).unwrap().to_rgb8()
    };
    // The fits: as placed, after each of two updates, right place.
    let fits = sheet("fits.png", &["--weights", weights]);
    assert!(fits.width() >= 4 * 160 && fits.height() >= 2 * 120, "{:?}", fits.dimensions());
    assert_ne!(sheet("samples.png", &[]), fits);
    let out = folder.join("none.png");
    assert!(!stgan(&["rooms", "--sheet", text(&out), "--weights", "nowhere"]).status.success() && !out.exists());
}

/// Writes a variant of the built-in configuration that trains within seconds.
fn small_training(folder: &Path) -> PathBuf {
    let config = folder.join("config.toml");
    let built_in = include_str!("../../../../configs/synthetic.toml");
    let small = [
        ("size = 72", "size = 16"),
        ("channels = [16, 32, 64, 128, 256]", "channels = [4, 6]"),
        ("glasses = 3000", "glasses = 4"),
        ("without_glasses = 4000", "without_glasses = 8"),
        ("validation = 256", "validation = 4"),
        ("width = 100", "width = 32"),
        ("report = 20\nvalidate = 250", "report = 1\nvalidate = 3"),
        ("stop_at = 0.95\n", ""),
        ("iterations = 4000", "iterations = 12"),
        ("iterations = [5000, 3000]", "iterations = [4, 2]"),
    ];
    let small = small.iter().fold(built_in.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    std::fs::write(&config, small).unwrap();
    config
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_training_with_a_checkpoint_and_resume_continues_it() {
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let folder = folder("interrupted");
    let config = small_training(&folder);
    let run = folder.join("run");
    let mut child = Command::new(PROGRAM)
        .args(["train", "--config", text(&config), "--out", text(&run)])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // After the first validation most of the run is still ahead.
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("iteration 3")));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let code = child.wait().unwrap().code();
    // On a fast machine the run may finish before the signal.
    assert!(code == Some(130) || code == Some(0), "{code:?}");
    assert!(run.join("checkpoints").read_dir().unwrap().count() >= 1);

    let again = stgan(&["train", "--config", text(&config), "--out", text(&run)]);
    assert!(String::from_utf8_lossy(&again.stderr).contains("--resume"));
    let resumed = stgan(&["train", "--resume", "--out", text(&run)]);
    assert!(resumed.status.success(), "{}", String::from_utf8_lossy(&resumed.stderr));
    let out = folder.join("mine.safetensors");
    let exported = stgan(&["export", text(&run), "-o", text(&out), "--storage", "f16"]);
    assert!(exported.status.success(), "{}", String::from_utf8_lossy(&exported.stderr));
    let inspected = stgan(&["inspect", text(&out)]);
    assert!(inspected.status.success());
}

#[test]
fn training_continues_when_standard_output_is_closed() {
    let folder = folder("closed-output");
    let config = small_training(&folder);
    let run = folder.join("run");
    let mut child = Command::new(PROGRAM)
        .args(["train", "--config", text(&config), "--out", text(&run)])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
    assert!(run.join("weights.safetensors").is_file());
}
