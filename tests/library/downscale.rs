//! Downscaling, compared with its definition: area means in premultiplied alpha.

use stgan::internals::resample::{Downscaler, Pyramid, PyramidBuilder};
use stgan::{Bitmap, Homography, Rect};

/// Opaque rows, translucent rows, and rows with transparent pixels, whose colour must not matter.
fn image(width: u32, height: u32) -> Bitmap {
    let byte = |i: u32| (i * 37 % 251) as u8;
    let data = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| {
        let i = y * width + x;
        let alpha = match y % 5 {
            0..=2 => 255,
            3 => byte(5 * i + 3),
            _ => [0, 255, 90][(x % 3) as usize],
        };
        [byte(i), byte(i + 7), byte(3 * i), alpha]
    });
    Bitmap::new(width, height, data.collect()).unwrap()
}

/// The length of pixel `at` between `start` and `end`.
fn overlap(at: u32, start: f64, end: f64) -> f64 {
    (end.min(f64::from(at + 1)) - start.max(f64::from(at))).max(0.0)
}

/// The definition, in f64: the means of c · α and of α over each cell of `step` pixels, from 0 to
/// 1.
fn reference(image: &Bitmap, cells: (u32, u32), step: (f64, f64)) -> Vec<[f64; 4]> {
    let mut means = Vec::new();
    for (j, i) in (0..cells.1).flat_map(|j| (0..cells.0).map(move |i| (j, i))) {
        let mut sum = [0.0; 4];
        for (k, pixel) in (0..).zip(image.data().chunks_exact(4)) {
            let (x, y) = (k % image.width(), k / image.width());
            let area = overlap(x, f64::from(i) * step.0, f64::from(i + 1) * step.0)
                * overlap(y, f64::from(j) * step.1, f64::from(j + 1) * step.1);
            let [r, g, b, alpha] = [0, 1, 2, 3].map(|c| f64::from(pixel[c]) / 255.0);
            for (sum, value) in sum.iter_mut().zip([r * alpha, g * alpha, b * alpha, alpha]) {
                *sum += area * value;
            }
        }
        means.push(sum.map(|sum| sum / (step.0 * step.1)));
    }
    means
}

const SIZES: [(u32, u32); 7] = [(1, 1), (2, 1), (12, 9), (13, 11), (1, 40), (32, 16), (37, 29)];

#[test]
fn downscaled_bitmaps_are_area_means() {
    for from in SIZES {
        let image = image(from.0, from.1);
        for to in [(1, 1), (5, 4), (4, 3), (3, 7), (16, 8), (8, 4), (1, 39), (36, 29), from] {
            if to.0 > from.0 || to.1 > from.1 {
                continue;
            }
            let mut downscaler = Downscaler::new(from, to).unwrap();
            downscaler.push(image.data()).unwrap();
            let found = downscaler.finish().unwrap();
            assert_eq!((found.width(), found.height()), to);
            let step = (f64::from(from.0) / f64::from(to.0), f64::from(from.1) / f64::from(to.1));
            for (pixel, mean) in found.data().chunks_exact(4).zip(reference(&image, to, step)) {
                let alpha = mean[3];
                let colour = |c: usize| if alpha > 1e-9 { mean[c] / alpha } else { 0.0 };
                for (value, expected) in pixel.iter().zip([colour(0), colour(1), colour(2), alpha]) {
                    // Rounded to the nearest integer, once.
                    let off = (f64::from(*value) - 255.0 * expected).abs();
                    assert!(off < 0.5 + 1e-6, "{from:?} to {to:?}: {value}, expected {}", 255.0 * expected);
                }
            }
        }
    }
}

#[test]
fn pyramid_levels_are_block_means() {
    for size in SIZES {
        let image = image(size.0, size.1);
        for skipped in 0..=6 {
            let block = 1u32 << skipped;
            let cells = (size.0.div_ceil(block), size.1.div_ceil(block));
            let pyramid = Pyramid::from_level(image.as_ref(), skipped).unwrap();
            let step = f64::from(block);
            let mut level = vec![[0.0; 4]; (cells.0 * cells.1) as usize];
            // One tap at the centre of each pixel of the level.
            let map = Homography([step, 0.0, 0.0, 0.0, step, 0.0, 0.0, 0.0, 1.0]);
            pyramid.sample(&map, Rect { x: 0, y: 0, width: cells.0, height: cells.1 }, &mut level);
            for (pixel, mean) in level.iter().zip(reference(&image, cells, (step, step))) {
                for (value, expected) in pixel.iter().zip(mean) {
                    assert!(
                        (f64::from(*value) - expected).abs() < 2e-7,
                        "{size:?} / {block}: {value}, expected {expected}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_result_does_not_depend_on_the_height_of_bands() {
    let size = (37, 600);
    let image = image(size.0, size.1);
    let whole = Rect { x: 0, y: 0, width: 40, height: 600 };
    let sampled = |pyramid: &Pyramid| {
        let mut pixels = vec![[0.0; 4]; 40 * 600];
        pyramid.sample(&Homography::similarity(0.9, 0.1, -1.0, -1.0), whole, &mut pixels);
        pixels.as_flattened().iter().map(|value| value.to_bits()).collect::<Vec<_>>()
    };
    for rows in [1, 2, 7, 64, 599] {
        for to in [(5, 6), (37, 1), (36, 599), (37, 600), (8, 150)] {
            let [mut once, mut bands] = [(); 2].map(|()| Downscaler::new(size, to).unwrap());
            once.push(image.data()).unwrap();
            for band in image.data().chunks(rows * 4 * size.0 as usize) {
                bands.push(band).unwrap();
            }
            assert_eq!(bands.finish().unwrap(), once.finish().unwrap(), "{rows} rows, to {to:?}");
        }
        for skipped in [0, 1, 3, 8] {
            let mut builder = PyramidBuilder::new(size.0, size.1, skipped).unwrap();
            for band in image.data().chunks(rows * 4 * size.0 as usize) {
                builder.push(band).unwrap();
            }
            let once = Pyramid::from_level(image.as_ref(), skipped).unwrap();
            assert!(sampled(&builder.finish().unwrap()) == sampled(&once), "{rows} rows, level {skipped}");
        }
    }
}

#[test]
fn cells_too_large_for_small_integer_sums_are_exact() {
    // White has the largest sums, along rows and along columns.
    for (width, height, to) in [(70_001, 3, (2, 1)), (3, 70_001, (1, 2)), (1000, 1000, (1, 1))] {
        let mut downscaler = Downscaler::new((width, height), to).unwrap();
        downscaler.push(&vec![255; 4 * (width * height) as usize]).unwrap();
        assert!(downscaler.finish().unwrap().data().iter().all(|&byte| byte == 255));
    }
    let white = Bitmap::new(256, 256, vec![255; 4 << 16]).unwrap();
    let mut pixel = [[0.0; 4]];
    let map = Homography([256.0, 0.0, 0.0, 0.0, 256.0, 0.0, 0.0, 0.0, 1.0]);
    let rect = Rect { x: 0, y: 0, width: 1, height: 1 };
    Pyramid::from_level(white.as_ref(), 8).unwrap().sample(&map, rect, &mut pixel);
    assert!(pixel[0].iter().all(|value| (value - 1.0).abs() < 1e-6), "{pixel:?}");
}

#[test]
fn invalid_sizes_and_partial_rows_are_errors() {
    let code = |result: stgan::Result<()>| result.unwrap_err().code();
    for to in [(6, 5), (5, 0), (0, 5)] {
        assert_eq!(Downscaler::new((5, 5), to).unwrap_err().code(), "argument");
    }
    assert_eq!(Downscaler::new((u32::MAX, u32::MAX), (1, 1)).unwrap_err().code(), "image-too-large");
    let mut downscaler = Downscaler::new((5, 5), (2, 2)).unwrap();
    assert_eq!(code(downscaler.push(&[0; 30])), "argument");
    assert_eq!(code(downscaler.push(&[])), "argument");
    downscaler.push(&[0; 80]).unwrap();
    assert_eq!(code(downscaler.push(&[0; 40])), "argument");
    assert_eq!(downscaler.finish().unwrap_err().code(), "image-size");
}
