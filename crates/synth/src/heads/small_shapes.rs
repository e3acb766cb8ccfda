//! A small folder of shapes for tests, also of other crates.

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A folder in the layout of `make shapes`, which is removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A sphere of quadrilaterals as lines of an OBJ file; returns the number of its vertices.
fn sphere(text: &mut String, group: &str, first: usize, centre: [f32; 3], radii: [f32; 3]) -> usize {
    const ACROSS: usize = 24;
    const DOWN: usize = 16;
    for j in 0..=DOWN {
        for i in 0..ACROSS {
            let (z, x) = (std::f32::consts::TAU * i as f32 / ACROSS as f32).sin_cos();
            let (out, y) = (std::f32::consts::PI * j as f32 / DOWN as f32).sin_cos();
            let on_sphere = [out * x, y, out * z];
            let [x, y, z] = [0, 1, 2].map(|axis| centre[axis] + radii[axis] * on_sphere[axis]);
            let _ = writeln!(text, "v {x} {y} {z}");
        }
    }
    let _ = writeln!(text, "g {group}");
    for j in 0..DOWN {
        for i in 0..ACROSS {
            let corner = |j: usize, i: usize| first + 1 + j * ACROSS + i % ACROSS;
            let [a, b, c, d] = [corner(j, i), corner(j, i + 1), corner(j + 1, i + 1), corner(j + 1, i)];
            let _ = writeln!(text, "f {a}/1 {b}/1 {c}/1 {d}/1");
        }
    }
    (DOWN + 1) * ACROSS
}

/// A new folder of shapes: a head, two eyes and a neck, all ellipsoids.
pub(crate) fn folder(name: &str) -> Folder {
    let root = std::env::temp_dir().join(format!("stgan-test-{}-shapes-{name}", std::process::id()));
    for part in ["3dobjs", "textures"] {
        std::fs::create_dir_all(root.join(part)).unwrap();
    }
    for part in ["asym", "cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "macrodetails", "mouth"] {
        std::fs::create_dir_all(root.join("targets").join(part)).unwrap();
    }
    for part in ["neck", "nose", "expression/units/african", "expression/units/asian", "expression/units/caucasian"] {
        std::fs::create_dir_all(root.join("targets").join(part)).unwrap();
    }
    let mut text = "vt 0.5 0.5\n".to_owned();
    let mut count = sphere(&mut text, "body", 0, [0.0, 7.2, 0.3], [0.75, 1.1, 1.0]);
    for (group, x) in [("helper-r-eye", -0.31), ("helper-l-eye", 0.31)] {
        count += sphere(&mut text, group, count, [x, 7.28, 1.15], [0.15; 3]);
    }
    count += sphere(&mut text, "joint-neck", count, [0.0, 5.9, 0.07], [0.05; 3]);
    std::fs::write(root.join("3dobjs/base.obj"), text).unwrap();
    for mask in ["lips", "ears", "inside-mouth"] {
        let path = root.join(format!("textures/mpfb_{mask}.jpg"));
        image::GrayImage::new(8, 8).save(path).unwrap();
    }
    // A target that widens the head.
    target(&root, "head/head-round", &(0..count.min(300)).map(|i| (i, [0.01, 0.0, 0.0])).collect::<Vec<_>>());
    Folder(root)
}

/// Writes a target: how far it moves each vertex.
pub(crate) fn target(root: &Path, name: &str, lines: &[(usize, [f32; 3])]) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    for (i, [x, y, z]) in lines {
        writeln!(encoder, "{i} {x} {y} {z}").unwrap();
    }
    std::fs::write(root.join(format!("targets/{name}.target.gz")), encoder.finish().unwrap()).unwrap();
}
