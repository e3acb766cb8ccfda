//! Views of images for the networks.

use crate::common::bitmaps::{IDENTITY, image, noise};
use stgan::Homography;
use stgan::internals::resample::{Pyramid, planar, view};

#[test]
fn views_have_straight_alpha_and_fade_only_in_alpha_at_edges() {
    let photo = image(24, 16, |x, y| noise(x, y, 14));
    let pyramid = Pyramid::new(photo.as_ref()).unwrap();
    let planes = planar(&pyramid, &IDENTITY, 24, 16);
    assert_eq!(planes.len(), 4 * 24 * 16);
    for (k, pixel) in photo.data().chunks_exact(4).enumerate() {
        for (c, value) in pixel.iter().enumerate() {
            let expected = if pixel[3] == 0 { 0.0 } else { f32::from(*value) / 255.0 };
            assert!((planes[c * 24 * 16 + k] - expected).abs() < 1e-6);
        }
    }

    // An opaque photo: its colours up to the edge, and transparent black outside.
    let opaque = image(24, 16, |_, _| [51, 102, 204, 255]);
    let pyramid = Pyramid::new(opaque.as_ref()).unwrap();
    let map = Homography::similarity(2.5, 0.3, -8.0, -16.0);
    let planes = planar(&pyramid, &map, 20, 20);
    let (mut inside, mut edge, mut outside) = (0, 0, 0);
    for k in 0..400 {
        let [r, g, b, a]: [f32; 4] = std::array::from_fn(|c| planes[c * 400 + k]);
        if a == 0.0 {
            assert_eq!([r, g, b], [0.0; 3]);
            outside += 1;
        } else {
            assert!((r - 0.2).abs() < 1e-5 && (g - 0.4).abs() < 1e-5 && (b - 0.8).abs() < 1e-5, "{r} {g} {b}");
            *(if a > 0.9999 { &mut inside } else { &mut edge }) += 1;
        }
    }
    assert!(inside > 20 && edge > 10 && outside > 100, "{inside} {edge} {outside}");

    // Invalid maps, and an empty view.
    assert!(planar(&pyramid, &Homography([f64::NAN; 9]), 5, 5).iter().all(|v| *v == 0.0));
    assert!(planar(&pyramid, &Homography([0.0; 9]), 5, 5).iter().all(|v| *v == 0.0));
    assert!(planar(&pyramid, &IDENTITY, 0, 5).is_empty());
}

#[test]
fn a_single_view_equals_a_view_of_the_full_pyramid() {
    let photo = image(401, 303, |x, y| noise(x, y, 15));
    let pyramid = Pyramid::new(photo.as_ref()).unwrap();
    for (scale, angle) in [(0.7, 0.0), (2.5, 0.2), (5.0, 0.4), (11.0, -0.3), (21.0, 0.1), (40.0, 0.0)] {
        let map = Homography::similarity(scale, angle, 3.0, -7.0)
            * Homography([1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.002, -0.001, 1.0]);
        let all = planar(&pyramid, &map, 36, 24);
        let once = view(photo.as_ref(), &map, 36, 24).unwrap();
        let worst = all.iter().zip(&once).fold(0f32, |m, (a, b)| m.max((a - b).abs()));
        assert!(worst < 1e-4, "{scale}: {worst}");
    }
}
