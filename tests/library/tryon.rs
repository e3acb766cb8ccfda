//! The session: placements, coordinates, updates.

use stgan::compose::{self, Foreground};
use stgan::model::{Cascade, GeneratorSpec, Inputs, Parameters, initialise};
use stgan::{Bitmap, MAX_UPDATES, Placement, Rect, TryOn};

/// Two stages whose answer is always the bias of their last layer.
fn constant(updates: [[f32; 8]; 2]) -> TryOn {
    let spec = GeneratorSpec { size: 24, channels: vec![2, 2], hidden: 3, inputs: Inputs::RgbaPose };
    let mut parameters = Parameters::default();
    for (stage, update) in updates.iter().enumerate() {
        parameters.0.extend(initialise(&spec.tensors(stage), || 0.0).unwrap().0);
        let bias = parameters.0.get_mut(&format!("stages.{stage}.fc2.bias")).unwrap();
        *bias = candle_core::Tensor::new(update, &candle_core::Device::Cpu).unwrap();
    }
    TryOn::from_cascade(&Cascade::new(&spec, 2, &parameters).unwrap()).unwrap()
}

fn shipped() -> TryOn {
    TryOn::new(include_bytes!("../../weights/glasses.safetensors")).unwrap()
}

/// A frame of 100×40 with a transparent border, so that its box is 80×20 around (50, 20).
fn frame() -> Foreground {
    let mut image = Bitmap::transparent(100, 40).unwrap();
    for y in 10..30 {
        for x in 10..90 {
            image.data_mut()[(y * 100 + x) * 4..][..4].copy_from_slice(&[20, 30, 40, 255]);
        }
    }
    Foreground::new(image.as_ref()).unwrap()
}

fn photo(width: u32, height: u32) -> Bitmap {
    let pixel = |i: u32| [(i % 251) as u8, (i / 7 % 253) as u8, (i / 31 % 241) as u8, 255];
    Bitmap::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
}

const PLACEMENT: Placement = Placement { x: 160.0, y: 90.0, width: 120.0, rotation: 30.0 };

#[track_caller]
fn assert_near(actual: [f64; 2], expected: [f64; 2]) {
    let off = (actual[0] - expected[0]).hypot(actual[1] - expected[1]);
    assert!(off < 1e-3, "{actual:?} is not {expected:?}");
}

#[test]
fn step_zero_is_the_placement() {
    let fit = shipped().fit(photo(320, 200).as_ref(), &frame(), &PLACEMENT, None).unwrap();
    let placed = fit.homography(0).unwrap();
    assert_near(placed.apply([50.0, 20.0]), [160.0, 90.0]);
    let (sin, cos) = 30f64.to_radians().sin_cos();
    assert_near(placed.apply([90.0, 20.0]), [160.0 + 60.0 * cos, 90.0 + 60.0 * sin]);
    assert_near(placed.apply([50.0, 30.0]), [160.0 - 15.0 * sin, 90.0 + 15.0 * cos]);
    assert_eq!((fit.photo(), fit.glasses(), placed.0[8]), ((320, 200), (100, 40), 1.0));
}

#[test]
fn an_update_moves_the_frame_against_its_parameters() {
    // H looks up: to see what is further down in the input, the output goes up. p5 is in halves of the square's side.
    let mut update = [0.0; 8];
    update[4] = 0.25;
    let tryon = constant([update, [0.0; 8]]);
    let straight = Placement { rotation: 0.0, ..PLACEMENT };
    let fit = tryon.fit(photo(320, 200).as_ref(), &frame(), &straight, None).unwrap();
    assert_eq!(fit.updates().len(), 2);
    let shift = 0.25 * 120.0 / (2.0 * 0.613);
    for step in [1, 2] {
        assert_near(fit.homography(step).unwrap().apply([50.0, 20.0]), [160.0, 90.0 - shift]);
    }
    let first = &fit.updates()[0];
    assert_eq!((first.delta, first.params), (update.map(f64::from), update.map(f64::from)));
    assert_eq!(fit.homography(3).unwrap_err().code(), "update");
}

#[test]
fn a_mirrored_photo_gets_the_mirrored_fit() {
    let (tryon, frame) = (shipped(), frame());
    let photo = photo(320, 200);
    let mut mirror = photo.clone();
    for row in mirror.data_mut().chunks_exact_mut(320 * 4) {
        let pixels: Vec<u8> = row.chunks_exact(4).rev().flatten().copied().collect();
        row.copy_from_slice(&pixels);
    }
    let turned = Placement { x: 320.0 - PLACEMENT.x, rotation: -PLACEMENT.rotation, ..PLACEMENT };
    let a = tryon.fit(photo.as_ref(), &frame, &PLACEMENT, None).unwrap();
    let b = tryon.fit(mirror.as_ref(), &frame, &turned, None).unwrap();
    for step in 0..=a.updates().len() {
        // The frame is its own mirror image about x = 50.
        let (left, right) =
            (a.homography(step).unwrap().apply([10.0, 12.0]), b.homography(step).unwrap().apply([90.0, 12.0]));
        assert!((left[0] - (320.0 - right[0])).hypot(left[1] - right[1]) < 0.05, "{left:?} and {right:?}");
    }
}

#[test]
fn more_steps_than_stages_ask_the_last_one_again() {
    let (mut first, mut second) = ([0.0; 8], [0.0; 8]);
    (first[4], second[4]) = (0.5, -0.125);
    let tryon = constant([first, second]);
    let updates = |steps| {
        let fit = tryon.fit(
            photo(64, 64).as_ref(),
            &frame(),
            &Placement { x: 30.0, y: 30.0, width: 30.0, rotation: 0.0 },
            Some(steps),
        );
        fit.unwrap().updates().iter().map(|u| u.params[4]).collect::<Vec<_>>()
    };
    assert_eq!(updates(5), [0.5, 0.375, 0.25, 0.125, 0.0]);
    assert_eq!(updates(1), [0.5]);
    assert!(updates(0).is_empty());
}

#[test]
fn the_region_is_all_that_the_networks_need() {
    let (tryon, frame) = (shipped(), frame());
    let whole = photo(900, 700);
    for placement in [PLACEMENT, Placement { x: 5.0, y: 690.0, width: 300.0, rotation: -170.0 }] {
        let rect = tryon.view((900, 700), &placement).unwrap().rect();
        let fit = tryon.fit(whole.as_ref(), &frame, &placement, None).unwrap();
        let cut = whole.as_ref().crop(rect).unwrap();
        let mut look = tryon.view((900, 700), &placement).unwrap();
        look.push(cut.data()).unwrap();
        assert_eq!(fit, tryon.fit_view(look, &frame, None).unwrap());
        // In bands, however they are cut.
        let mut look = tryon.view((900, 700), &placement).unwrap();
        let (first, rest) = cut.data().split_at(7 * 4 * rect.width as usize);
        look.push(first).unwrap();
        assert_eq!(look.push(&rest[1..]).unwrap_err().code(), "image-size");
        assert_eq!(tryon.fit_view(look.clone(), &frame, None).unwrap_err().code(), "image-size");
        look.push(rest).unwrap();
        assert_eq!(look.push(first).unwrap_err().code(), "image-size");
        assert_eq!(fit, tryon.fit_view(look, &frame, None).unwrap());
        // What lies outside of it does not matter.
        let mut other = photo(900, 700);
        for (i, pixel) in other.data_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = (i as u32 % 900, i as u32 / 900);
            let inside = x.wrapping_sub(rect.x) < rect.width && y.wrapping_sub(rect.y) < rect.height;
            if !inside {
                pixel.copy_from_slice(&[255, 0, 255, 255]);
            }
        }
        assert_eq!(fit, tryon.fit(other.as_ref(), &frame, &placement, None).unwrap());
    }
}

#[test]
fn the_fit_does_not_depend_on_the_photos_resolution() {
    let (tryon, frame) = (shipped(), frame());
    let small = photo(200, 160);
    let mut large = Bitmap::transparent(800, 640).unwrap();
    for (i, pixel) in large.data_mut().chunks_exact_mut(4).enumerate() {
        let from = (i / 800 / 4 * 200 + i % 800 / 4) * 4;
        pixel.copy_from_slice(&small.data()[from..from + 4]);
    }
    let place = |k: f64| Placement { x: 100.0 * k, y: 80.0 * k, width: 120.0 * k, rotation: 10.0 };
    let a = tryon.fit(small.as_ref(), &frame, &place(1.0), None).unwrap();
    let b = tryon.fit(large.as_ref(), &frame, &place(4.0), None).unwrap();
    for (a, b) in a.updates().iter().zip(b.updates()) {
        for (x, y) in a.params.iter().zip(b.params) {
            assert!((x - y).abs() < 0.02, "{:?} and {:?}", a.params, b.params);
        }
    }
}

#[test]
fn the_composite_touches_only_the_frames_footprint() {
    let (tryon, frame, photo) = (shipped(), frame(), photo(320, 200));
    let fit = tryon.fit(photo.as_ref(), &frame, &PLACEMENT, None).unwrap();
    for step in 0..=fit.updates().len() {
        let h = fit.homography(step).unwrap();
        let Some(Rect { x, y, width, height }) = compose::footprint(&frame, &h, (320, 200)).unwrap() else { continue };
        let picture = compose::composite(photo.as_ref(), &frame, &h).unwrap();
        for (i, (a, b)) in picture.data().chunks_exact(4).zip(photo.data().chunks_exact(4)).enumerate() {
            let (px, py) = (i as u32 % 320, i as u32 / 320);
            let inside = px.wrapping_sub(x) < width && py.wrapping_sub(y) < height;
            assert!(inside || a == b, "pixel {px}, {py}");
        }
    }
}

#[test]
fn placements_that_make_no_sense_are_refused() {
    let (tryon, frame, photo) = (shipped(), frame(), photo(64, 48));
    for (placement, field) in [
        (Placement { x: f64::NAN, ..PLACEMENT }, "x"),
        (Placement { y: f64::INFINITY, ..PLACEMENT }, "y"),
        (Placement { width: 0.0, ..PLACEMENT }, "width"),
        (Placement { width: -5.0, ..PLACEMENT }, "width"),
        (Placement { width: 1e9, ..PLACEMENT }, "width"),
        (Placement { rotation: f64::NEG_INFINITY, ..PLACEMENT }, "rotation"),
        (Placement { x: 9000.0, ..PLACEMENT }, "x"),
        (Placement { y: -9000.0, x: 30.0, ..PLACEMENT }, "y"),
    ] {
        let error = tryon.fit(photo.as_ref(), &frame, &placement, None).unwrap_err();
        assert_eq!(error.code(), "placement", "{error}");
        assert!(error.to_string().contains(&format!("placement's {field} ")), "{error}");
    }
    let fine = Placement { x: 30.0, y: 20.0, width: 20.0, rotation: 0.0 };
    assert_eq!(tryon.fit(photo.as_ref(), &frame, &fine, Some(MAX_UPDATES + 1)).unwrap_err().code(), "argument");
    let mut look = tryon.view((64, 48), &fine).unwrap();
    let narrower = vec![0; 4 * (look.rect().width as usize - 1)];
    assert_eq!(look.push(&narrower).unwrap_err().code(), "image-size");
}

#[test]
fn an_update_that_breaks_the_homography_is_an_error() {
    let mut update = [0.0; 8];
    update[6] = 1e30;
    let fit = constant([update, [0.0; 8]]).fit(
        photo(64, 64).as_ref(),
        &frame(),
        &Placement { x: 30.0, y: 30.0, width: 30.0, rotation: 0.0 },
        None,
    );
    assert_eq!(fit.unwrap_err().code(), "degenerate");
}

#[test]
fn an_empty_frame_is_an_error() {
    let mut faint = Bitmap::transparent(10, 10).unwrap();
    faint.data_mut()[3] = 25;
    assert_eq!(Foreground::new(faint.as_ref()).err().unwrap().code(), "empty-glasses");
}
