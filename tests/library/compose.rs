//! Compositing: the effect on pixels.

use crate::common::bitmaps::{IDENTITY, at, foreground, glasses, image, noise, placements};
use stgan::compose::{Patch, blend, composite, footprint, overlay};
use stgan::internals::resample::Pyramid;
use stgan::{Homography, Rect};

#[test]
fn glasses_at_their_own_size_are_drawn_unchanged() {
    let source = image(37, 23, |x, y| noise(x, y, 3));
    let glasses = foreground(&source);
    let patch = overlay(&glasses, &IDENTITY, (100, 100)).unwrap().unwrap();
    assert_eq!((patch.x, patch.y, patch.bitmap.width(), patch.bitmap.height()), (0, 0, 37, 23));
    let moved = Homography::similarity(1.0, 0.0, 11.0, 5.0);
    let other = overlay(&glasses, &moved, (100, 100)).unwrap().unwrap();
    assert_eq!((other.x, other.y), (11, 5));
    assert_eq!(other.bitmap, patch.bitmap);
    for (drawn, pixel) in patch.bitmap.data().chunks_exact(4).zip(source.data().chunks_exact(4)) {
        // A fully transparent pixel has no colour.
        assert!(drawn == pixel || (pixel[3] == 0 && drawn == [0; 4]), "{drawn:?} {pixel:?}");
    }
    // Scaling a homography, even by a negative factor, does not change the map.
    for factor in [-1.0, 1e-9, -3e7] {
        let same = Homography(moved.0.map(|x| factor * x));
        assert_eq!(overlay(&glasses, &same, (100, 100)).unwrap().unwrap(), other);
    }
}

#[test]
fn quarter_turns_and_reflections_are_exact() {
    let source = image(12, 9, |x, y| [noise(x, y, 4)[0], noise(x, y, 4)[1], noise(x, y, 4)[2], 255]);
    let glasses = foreground(&source);
    // Clockwise: (x, y) maps to (9 − y, x).
    let turn = Homography([0.0, -1.0, 9.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    let turned = overlay(&glasses, &turn, (50, 50)).unwrap().unwrap().bitmap;
    let mirror = Homography([-1.0, 0.0, 12.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    let mirrored = overlay(&glasses, &mirror, (50, 50)).unwrap().unwrap().bitmap;
    assert_eq!((turned.width(), turned.height()), (9, 12));
    for (x, y) in (0..9).flat_map(|y| (0..12).map(move |x| (x, y))) {
        assert_eq!(at(&turned, 8 - y, x), at(&source, x, y));
        assert_eq!(at(&mirrored, 11 - x, y), at(&source, x, y));
    }
}

#[test]
fn integer_downscaling_computes_area_means() {
    let source = image(96, 96, |x, y| noise(x, y, 5));
    let pyramid = Pyramid::new(source.as_ref()).unwrap();
    for factor in [2u32, 3, 4, 8, 16] {
        let size = 96 / factor;
        let mut out = vec![[0.0; 4]; (size * size) as usize];
        let map = Homography::similarity(f64::from(factor), 0.0, 0.0, 0.0);
        pyramid.sample(&map, Rect { x: 0, y: 0, width: size, height: size }, &mut out);
        let mut worst = 0f64;
        for (k, drawn) in out.iter().enumerate() {
            let (x, y) = (k as u32 % size * factor, k as u32 / size * factor);
            let mut mean = [0.0; 4];
            for (i, j) in (0..factor).flat_map(|j| (0..factor).map(move |i| (i, j))) {
                let [r, g, b, a] = at(&source, x + i, y + j).map(|v| f64::from(v) / 255.0);
                for (sum, value) in mean.iter_mut().zip([r * a, g * a, b * a, a]) {
                    *sum += value / f64::from(factor * factor);
                }
            }
            for (drawn, mean) in drawn.iter().zip(mean) {
                worst = worst.max((f64::from(*drawn) - mean).abs());
            }
        }
        assert!(worst < 1e-5, "÷{factor}: {worst}");
    }
}

#[test]
fn pixels_outside_the_footprint_do_not_change() {
    let photo = image(160, 120, |x, y| noise(x, y, 6));
    let glasses = foreground(&glasses(60));
    let mut drawn = 0;
    for h in placements(60) {
        let rect = footprint(&glasses, &h, (160, 120)).unwrap();
        let result = composite(photo.as_ref(), &glasses, &h).unwrap();
        let inside = |x: u32, y: u32| {
            rect.is_some_and(|r| (r.x..r.x + r.width).contains(&x) && (r.y..r.y + r.height).contains(&y))
        };
        for (x, y) in (0..120).flat_map(|y| (0..160).map(move |x| (x, y))) {
            assert!(inside(x, y) || at(&result, x, y) == at(&photo, x, y), "({x}, {y}) of {rect:?}, {h:?}");
        }
        drawn += u32::from(result != photo);
    }
    assert!(drawn > 30, "only {drawn} of 60 placements are visible");
}

#[test]
fn the_footprint_contains_every_affected_pixel() {
    let source = glasses(90);
    let glasses = foreground(&source);
    let whole = Rect { x: 0, y: 0, width: 160, height: 120 };
    for h in placements(200) {
        let Some(patch) = overlay(&glasses, &h, (160, 120)).unwrap() else { continue };
        let mut all = vec![[0.0; 4]; 160 * 120];
        glasses.pyramid().sample(&h.inverse().unwrap(), whole, &mut all);
        for (k, pixel) in all.iter().enumerate() {
            let (x, y) = ((k as u32 % 160).wrapping_sub(patch.x), (k as u32 / 160).wrapping_sub(patch.y));
            if x < patch.bitmap.width() && y < patch.bitmap.height() {
                let alpha = f32::from(at(&patch.bitmap, x, y)[3]) / 255.0;
                assert!((alpha - pixel[3]).abs() < 0.5 / 255.0 + 1e-5, "{alpha} {}: {h:?}", pixel[3]);
            } else {
                assert!(pixel[3] < 0.5 / 255.0, "{} beyond {patch:?}: {h:?}", pixel[3]);
            }
        }
    }
}

#[test]
fn colours_of_transparent_pixels_cause_no_fringe() {
    // A white disc with black transparent pixels, on white: invisible at any scale and rotation.
    let disc = image(120, 120, |x, y| {
        let r = (f64::from(x) - 59.5).hypot(f64::from(y) - 59.5);
        if r < 50.0 { [255, 255, 255, 255] } else { [0, 0, 0, 0] }
    });
    let glasses = foreground(&disc);
    let white = image(160, 120, |_, _| [255; 4]);
    for h in placements(60) {
        assert_eq!(composite(white.as_ref(), &glasses, &h).unwrap(), white, "{h:?}");
        if let Some(Patch { bitmap, .. }) = overlay(&glasses, &h, (160, 120)).unwrap() {
            assert!(bitmap.data().chunks_exact(4).all(|p| p[3] == 0 || p[..3] == [255; 3]), "{h:?}");
        }
    }
}

#[test]
fn thin_lines_do_not_break_up_or_flicker() {
    let grid = image(800, 800, |x, y| if x % 16 == 0 || y % 16 == 0 { [0, 0, 0, 255] } else { [0; 4] });
    let truth = 31.0 / 256.0;
    let glasses = foreground(&grid);
    let line = foreground(&image(801, 801, |x, _| if x == 400 { [0, 0, 0, 255] } else { [0; 4] }));
    for ratio in [1.3, 2.2, 3.1, 4.1, 5.7, 8.0, 11.0] {
        for angle in [0.0, 0.1, 0.6] {
            let (mut lightest, mut darkest) = (f64::MAX, 0.0f64);
            for step in 0..8 {
                let shift = f64::from(step) / 8.0;
                let h = Homography::similarity(1.0 / ratio, angle, 400.0 + shift, 20.0 + 0.5 * shift);
                let patch = overlay(&glasses, &h, (1200, 1200)).unwrap().unwrap();
                let sum: f64 = patch.bitmap.data().chunks_exact(4).map(|p| f64::from(p[3]) / 255.0).sum();
                let mean = sum / (800.0 / ratio).powi(2);
                assert!((mean / truth - 1.0).abs() < 0.02, "÷{ratio}, {angle}: mean alpha {mean}, expected {truth}");

                // A single line: its alpha sum must be the same in every row.
                let patch = overlay(&line, &h, (1200, 1200)).unwrap().unwrap();
                if angle == 0.0 {
                    let rows = patch.bitmap.data().chunks_exact(patch.bitmap.width() as usize * 4);
                    let weights = rows.map(|row| row.chunks_exact(4).map(|p| f64::from(p[3]) / 255.0).sum::<f64>());
                    let middle = weights.skip(4).take((800.0 / ratio) as usize - 8);
                    for weight in middle {
                        lightest = lightest.min(weight * ratio);
                        darkest = darkest.max(weight * ratio);
                    }
                }
            }
            if angle == 0.0 {
                // With a single bilinear tap it would vary from 0 to the ratio.
                assert!(lightest > 0.87 && darkest < 1.13, "÷{ratio}: from {lightest} to {darkest}");
            }
        }
    }
}

#[test]
fn compositing_follows_porter_and_duff() {
    let cases = [
        // Glasses, photo, and the result computed by hand:
        // α = αf + αp (1 − αf), αc = αf cf + αp cp (1 − αf).
        ([200, 100, 0, 255], [10, 20, 30, 255], [200, 100, 0, 255]),
        ([200, 100, 0, 51], [100, 200, 50, 255], [120, 180, 40, 255]),
        ([255, 0, 0, 128], [0, 0, 255, 128], [170, 0, 85, 192]),
        ([255, 255, 255, 51], [0, 0, 0, 0], [255, 255, 255, 51]),
        ([80, 160, 240, 102], [200, 40, 120, 102], [125, 115, 195, 163]),
        ([9, 9, 9, 0], [1, 2, 3, 4], [1, 2, 3, 4]),
    ];
    for (over, under, expected) in cases {
        // The second pixel is opaque, because empty glasses are an error.
        let glasses = foreground(&image(2, 1, |x, _| if x == 0 { over } else { [0, 0, 0, 255] }));
        let result = composite(image(2, 1, |_, _| under).as_ref(), &glasses, &IDENTITY).unwrap();
        assert_eq!(at(&result, 0, 0), expected, "{over:?} over {under:?}");
    }
}

#[test]
fn an_overlay_composited_over_the_photo_equals_the_composite() {
    let photo = image(160, 120, |x, y| [noise(x, y, 9)[0], noise(x, y, 9)[1], noise(x, y, 9)[2], 255]);
    let glasses = foreground(&image(64, 32, |x, y| noise(x, y, 10)));
    for h in placements(40) {
        let mut manual = photo.clone();
        if let Some(Patch { x, y, bitmap }) = overlay(&glasses, &h, (160, 120)).unwrap() {
            for (i, j) in (0..bitmap.height()).flat_map(|j| (0..bitmap.width()).map(move |i| (i, j))) {
                let [r, g, b, a] = at(&bitmap, i, j).map(f64::from);
                let start = ((y + j) as usize * 160 + (x + i) as usize) * 4;
                for (value, colour) in manual.data_mut()[start..start + 3].iter_mut().zip([r, g, b]) {
                    *value = (colour * a / 255.0 + f64::from(*value) * (1.0 - a / 255.0)).round() as u8;
                }
            }
        }
        let result = composite(photo.as_ref(), &glasses, &h).unwrap();
        let worst = manual.data().iter().zip(result.data()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(1), "{worst:?} levels: {h:?}");
    }
}

#[test]
fn blending_a_part_equals_blending_the_whole_photo() {
    let photo = image(160, 120, |x, y| noise(x, y, 11));
    let glasses = foreground(&glasses(80));
    for (k, h) in (0..).zip(placements(30)) {
        let whole = composite(photo.as_ref(), &glasses, &h).unwrap();
        let [x, y, width, height] = noise(k, 0, 12).map(u32::from);
        let rect = Rect { x: x / 3, y: y / 4, width: width / 4 + 1, height: height / 5 + 1 };
        let mut part = photo.as_ref().crop(rect).unwrap();
        blend(&glasses, &h, part.data_mut(), rect).unwrap();
        let expected = whole.as_ref().crop(rect).unwrap();
        assert_eq!(part, expected, "{rect:?}: {h:?}");
        if let Some(rect) = footprint(&glasses, &h, (160, 120)).unwrap() {
            let mut part = photo.as_ref().crop(rect).unwrap();
            blend(&glasses, &h, part.data_mut(), rect).unwrap();
            assert_eq!(part, whole.as_ref().crop(rect).unwrap(), "the footprint only");
        }
    }
}

#[test]
fn edge_pixels_get_their_exact_coverage() {
    let block = foreground(&image(20, 20, |_, _| [10, 20, 30, 255]));
    for (shift, covered, other) in [(0.5, 128, 128), (0.25, 191, 64), (0.75, 64, 191)] {
        let h = Homography::similarity(1.0, 0.0, 10.0 + shift, 10.0);
        let patch = overlay(&block, &h, (64, 64)).unwrap().unwrap();
        assert_eq!((patch.x, patch.y, patch.bitmap.width(), patch.bitmap.height()), (10, 10, 21, 20));
        let row: Vec<_> = (0..21).map(|x| at(&patch.bitmap, x, 5)).collect();
        assert_eq!((row[0], row[20]), ([10, 20, 30, covered], [10, 20, 30, other]));
        assert!(row[1..20].iter().all(|pixel| *pixel == [10, 20, 30, 255]));
    }
    // Downscaled 5:1, rotated and off the pixel grid: the total area is preserved.
    let h = Homography::similarity(0.2, 0.3, 10.3, 10.7);
    let patch = overlay(&block, &h, (64, 64)).unwrap().unwrap();
    let area: f64 = patch.bitmap.data().chunks_exact(4).map(|p| f64::from(p[3]) / 255.0).sum();
    assert!((area - 16.0).abs() < 0.3, "{area}");
}

#[test]
fn points_are_drawn_where_the_homography_maps_them() {
    let to = [[30.0, 22.0], [470.0, 60.0], [440.0, 260.0], [70.0, 330.0]];
    let from = [[0.0, 0.0], [300.0, 0.0], [300.0, 150.0], [0.0, 150.0]];
    let h = Homography::from_points(&from, &to).unwrap();
    for centre in [[20.0, 20.0], [150.0, 75.0], [280.0, 30.0], [40.0, 130.0], [270.0, 120.0]] {
        let dot = foreground(&image(300, 150, |x, y| {
            let r = (f64::from(x) + 0.5 - centre[0]).hypot(f64::from(y) + 0.5 - centre[1]);
            [255, 0, 0, ((4.0 - r).clamp(0.0, 1.0) * 255.0) as u8]
        }));
        let patch = overlay(&dot, &h, (500, 400)).unwrap().unwrap();
        let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
        for (k, pixel) in patch.bitmap.data().chunks_exact(4).enumerate() {
            let (i, j) = (k as u32 % patch.bitmap.width(), k as u32 / patch.bitmap.width());
            let a = f64::from(pixel[3]);
            (sum, x, y) = (sum + a, x + a * (f64::from(patch.x + i) + 0.5), y + a * (f64::from(patch.y + j) + 0.5));
        }
        let expected = h.apply(centre);
        let off = (x / sum - expected[0]).hypot(y / sum - expected[1]);
        assert!(off < 0.1, "{off} pixels from {expected:?}");
    }
}

#[test]
fn the_bounding_box_excludes_nearly_transparent_pixels() {
    let source = image(30, 20, |x, y| match (x, y) {
        (5..25, 4..16) => [0, 0, 0, 26],
        (3..27, 2..18) => [0, 0, 0, 25],
        _ => [0; 4],
    });
    let glasses = foreground(&source);
    assert_eq!(glasses.bounding_box(), Rect { x: 5, y: 4, width: 20, height: 12 });
    assert_eq!((glasses.width(), glasses.height()), (30, 20));
    // All visible pixels are drawn.
    let all = footprint(&glasses, &IDENTITY, (30, 20)).unwrap();
    assert_eq!(all, Some(Rect { x: 3, y: 2, width: 24, height: 16 }));
}
