//! Compositing at its limits: huge, far outside, degenerate, and nearly degenerate.

use crate::common::bitmaps::{IDENTITY, at, foreground, glasses, image, noise};
use stgan::compose::{Foreground, blend, composite, footprint, overlay};
use stgan::{Bitmap, Homography, Rect};

#[test]
fn a_48_megapixel_photo_changes_only_in_the_footprint() {
    let mut photo = Bitmap::transparent(8000, 6000).unwrap();
    photo.data_mut().fill(200);
    let glasses = foreground(&glasses(1000));
    let h = Homography::similarity(2.2, 0.1, 2900.0, 2500.0);
    let rect = footprint(&glasses, &h, (8000, 6000)).unwrap().unwrap();
    let result = composite(photo.as_ref(), &glasses, &h).unwrap();
    assert_eq!((result.width(), result.height()), (8000, 6000));
    let stride = 8000 * 4;
    let (top, bottom) = (rect.y as usize * stride, (rect.y + rect.height) as usize * stride);
    assert!(result.data()[..top] == photo.data()[..top] && result.data()[bottom..] == photo.data()[bottom..]);
    for line in result.data()[top..bottom].chunks_exact(stride) {
        let (left, right) = (rect.x as usize * 4, (rect.x + rect.width) as usize * 4);
        assert!(line[..left].iter().chain(&line[right..]).all(|v| *v == 200));
    }
    // The middle of the upper rim of the left lens.
    let [x, y] = h.apply([250.0, 8.0 + 200.0 * 0.04]);
    assert_eq!(at(&result, x as u32, y as u32)[..3], [90, 40, 20]);
}

#[test]
fn invalid_maps_canvases_and_images_are_errors() {
    let glasses = foreground(&glasses(100));
    let canvas = (640, 480);
    let degenerate = [
        ("zero", [0.0; 9]),
        ("NaN", [f64::NAN; 9]),
        ("infinite", [f64::INFINITY, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]),
        ("flat", [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]),
        ("a line", [1.0, 2.0, 0.0, 0.5, 1.0, 0.0, 0.0, 0.0, 1.0]),
        ("a point", [0.0, 0.0, 5.0, 0.0, 0.0, 5.0, 0.0, 0.0, 1.0]),
        ("across the horizon", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.02, 0.0, 1.0]),
        ("an edge on the horizon", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.01, 0.0, 1.0]),
        ("a corner on the horizon", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.01, 0.01, 0.0]),
        ("all at infinity", [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
    ];
    for (name, entries) in degenerate {
        let h = Homography(entries);
        assert_eq!(footprint(&glasses, &h, canvas).unwrap_err().code(), "degenerate", "{name}");
        assert_eq!(overlay(&glasses, &h, canvas).unwrap_err().code(), "degenerate", "{name}");
        let photo = Bitmap::transparent(8, 8).unwrap();
        assert_eq!(composite(photo.as_ref(), &glasses, &h).unwrap_err().code(), "degenerate", "{name}");
    }
    assert_eq!(footprint(&glasses, &IDENTITY, (0, 5)).unwrap_err().code(), "argument");
    assert_eq!(overlay(&glasses, &IDENTITY, (u32::MAX, u32::MAX)).unwrap_err().code(), "image-too-large");
    let rect = Rect { x: 0, y: 0, width: 4, height: 4 };
    assert_eq!(blend(&glasses, &IDENTITY, &mut [0; 60], rect).unwrap_err().code(), "image-size");
    let faint = image(6, 6, |_, _| [255, 255, 255, 25]);
    assert_eq!(Foreground::new(faint.as_ref()).unwrap_err().code(), "empty-glasses");
}

#[test]
fn glasses_outside_the_canvas_draw_nothing() {
    let glasses = foreground(&glasses(100));
    let photo = image(64, 48, |x, y| noise(x, y, 13));
    for (x, y) in [(-101.0, 0.0), (64.6, 0.0), (0.0, -42.0), (0.0, 49.0), (1e12, -1e12)] {
        let h = Homography::similarity(1.0, 0.0, x, y);
        assert_eq!(overlay(&glasses, &h, (64, 48)).unwrap(), None, "({x}, {y})");
        assert_eq!(composite(photo.as_ref(), &glasses, &h).unwrap(), photo);
    }
}

#[test]
fn extreme_scales_stay_within_the_canvas() {
    let image = glasses(100);
    let glasses = foreground(&image);
    let canvas = (64, 48);
    // Magnified until a single pixel of the glasses, or less, covers the canvas.
    for scale in [1e2, 1e6, 1e12] {
        let h = Homography::similarity(scale, 0.4, 0.0, 0.0) * Homography::similarity(1.0, 0.0, -25.5, -1.5);
        let patch = overlay(&glasses, &h, canvas).unwrap().unwrap();
        assert_eq!((patch.x, patch.y, patch.bitmap.width(), patch.bitmap.height()), (0, 0, 64, 48), "{scale}");
        assert_eq!(at(&patch.bitmap, 0, 0), [90, 40, 20, 255]);
    }
    // Glasses smaller than a pixel fade in proportion to their area.
    let sum = |bitmap: &Bitmap| bitmap.data().chunks_exact(4).map(|p| f64::from(p[3])).sum::<f64>();
    let whole = sum(&image);
    for scale in [0.05, 0.01, 0.004, 0.001, 1e-9, 1e-200] {
        let h = Homography::similarity(scale, 0.0, 32.5, 24.5);
        match overlay(&glasses, &h, canvas) {
            Ok(patch) => {
                let alpha = patch.map_or(0.0, |patch| sum(&patch.bitmap));
                assert!((alpha / whole - scale * scale).abs() < 0.02 * scale * scale + 1e-5, "{scale}: {alpha}");
            }
            Err(error) => assert!(scale < 1e-100 && error.code() == "degenerate", "{scale}: {error}"),
        }
    }
    // Almost edge-on, and almost mapped to infinity.
    for entries in
        [[1.0, 0.0, 0.0, 0.0, 1e-7, 20.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, -0.009999, 0.0, 1.0]]
    {
        let _ = overlay(&glasses, &Homography(entries), canvas).unwrap();
    }
}
