//! Fits: placements, coordinates, updates.

use stgan::compose::{self, Foreground};
use stgan::glasses::RealWidth;
use stgan::internals::pose::ViewMaps;
use stgan::model::{Cascade, GeneratorSpec, Inputs, Parameters, Task, initialise};
use stgan::{Bitmap, Fit, MAX_UPDATES, Placement, Rect, TryOn};

/// Two stages whose output is constant: the bias of their last layer.
fn constant(updates: [[f32; 8]; 2]) -> TryOn {
    constant_for(Task::glasses(), updates)
}

fn constant_for(task: Task, updates: [[f32; 8]; 2]) -> TryOn {
    let spec = GeneratorSpec { size: 24.into(), channels: vec![2, 2], hidden: 3, inputs: Inputs::RgbaPose, task };
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

/// Glasses of 100×40 pixels with a transparent border: the bounding box is 80×20 around (50, 20).
fn glasses() -> Foreground {
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
    assert!(off < 1e-3, "{actual:?}, expected {expected:?}");
}

#[test]
fn furniture_is_seen_anew_after_each_update() {
    // Down, larger, and narrower at the top. The view follows, so each update means the same again.
    let update = [0.0, 0.0, -0.03, 0.0, -0.34, 0.0, 0.06, 0.02];
    let tryon = constant_for(Task::room(), [update; 2]);
    let (piece, placement) = (glasses(), Placement { rotation: 0.0, ..PLACEMENT });
    let fit = tryon.fit(photo(320, 400).as_ref(), &piece, &placement, Some(4)).unwrap();
    let maps = ViewMaps::new(24.into(), &Task::room().pose, [10.0, 10.0, 90.0, 30.0], &placement).unwrap();
    for update in fit.updates() {
        let again = maps.foreground_to_photo(&update.params);
        assert!(update.taken);
        for corner in [[10.0, 10.0], [90.0, 10.0], [90.0, 30.0], [10.0, 30.0]] {
            assert_near(update.homography.apply(corner), again.apply(corner));
        }
    }
    let heights: Vec<f64> = (0..=4).map(|update| fit.homography(update).unwrap().apply([50.0, 20.0])[1]).collect();
    let steps: Vec<f64> = heights.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        steps[0] > 5.0 && steps.windows(2).all(|pair| pair[1] > 1.02 * pair[0]),
        "steps grow with the piece: {steps:?}"
    );
}

#[test]
fn furniture_stays_after_a_short_way() {
    let ways = |first: f32| {
        let updates = [first, 0.4].map(|down| [0.0, 0.0, 0.0, 0.0, -down, 0.0, 0.0, 0.0]);
        let tryon = constant_for(Task::room(), updates);
        let placement = Placement { rotation: 0.0, ..PLACEMENT };
        let fit = tryon.fit(photo(320, 400).as_ref(), &glasses(), &placement, Some(3)).unwrap();
        assert_eq!(fit.updates().len(), 3);
        fit.updates().to_vec()
    };
    assert!(ways(0.4).iter().all(|update| update.taken));
    let [first, second, third] = ways(0.1)[..] else { panic!("three updates") };
    assert!(first.taken);
    for later in [second, third] {
        assert!(!later.taken && later.delta == [0.0; 8]);
        assert_eq!((later.params, later.homography), (first.params, first.homography));
    }
}

#[test]
fn homography_zero_is_the_placement() {
    let fit = shipped().fit(photo(320, 200).as_ref(), &glasses(), &PLACEMENT, None).unwrap();
    let placed = fit.homography(0).unwrap();
    assert_near(placed.apply([50.0, 20.0]), [160.0, 90.0]);
    let (sin, cos) = 30f64.to_radians().sin_cos();
    assert_near(placed.apply([90.0, 20.0]), [160.0 + 60.0 * cos, 90.0 + 60.0 * sin]);
    assert_near(placed.apply([50.0, 30.0]), [160.0 - 15.0 * sin, 90.0 + 15.0 * cos]);
    assert_eq!((fit.photo(), fit.foreground(), placed.0[8]), ((320, 200), (100, 40), 1.0));
}

#[test]
fn an_update_moves_the_glasses_by_the_inverse_warp() {
    // H maps output to input, so a positive p5 moves the glasses up. Its unit is half the side of
    // the canonical square.
    let mut update = [0.0; 8];
    update[4] = 0.25;
    let tryon = constant([update, [0.0; 8]]);
    let straight = Placement { rotation: 0.0, ..PLACEMENT };
    let fit = tryon.fit(photo(320, 200).as_ref(), &glasses(), &straight, None).unwrap();
    assert_eq!(fit.updates().len(), 2);
    let shift = 0.25 * 120.0 / (2.0 * 0.613);
    for update in [1, 2] {
        assert_near(fit.homography(update).unwrap().apply([50.0, 20.0]), [160.0, 90.0 - shift]);
    }
    let first = &fit.updates()[0];
    assert_eq!((first.delta, first.params), (update.map(f64::from), update.map(f64::from)));
    assert_eq!(fit.homography(3).unwrap_err().code(), "update");
}

#[test]
fn the_real_width_scales_each_update_about_the_midpoint_of_the_lenses() {
    let mut update = [0.0; 8];
    update[4] = 0.25;
    let fit = constant([update, [0.0; 8]]).fit(photo(320, 200).as_ref(), &glasses(), &PLACEMENT, None).unwrap();
    let pupils = [[135.0, 80.0], [185.0, 100.0]];
    let width = |fit: &Fit, update: usize| {
        let [[ax, ay], [bx, by]] = [[10.0, 20.0], [90.0, 20.0]].map(|end| fit.homography(update).unwrap().apply(end));
        (bx - ax).hypot(by - ay)
    };
    let worn = |mm: f64| fit.clone().with_real_width(&RealWidth::new(mm, None).unwrap(), &pupils);
    let (narrow, wide) = (worn(125.0), worn(145.0));
    for update in [1, 2] {
        assert!((width(&narrow, update) / width(&wide, update) - 125.0 / 145.0).abs() < 1e-9);
        assert!((width(&wide, update) - 145.0 / 63.0 * 50f64.hypot(20.0)).abs() < 1e-6);
        let middle = fit.homography(update).unwrap().apply([50.0, 20.0]);
        assert_near(wide.homography(update).unwrap().apply([50.0, 20.0]), middle);
        assert_eq!(wide.updates()[update - 1].params, fit.updates()[update - 1].params);
    }
    assert_eq!((wide.initial(), wide.confidence()), (fit.initial(), fit.confidence()));
    // Nothing is known of the width without pupils.
    let nowhere = fit.clone().with_real_width(&RealWidth::new(125.0, None).unwrap(), &[[f64::NAN; 2]; 2]);
    assert_eq!(nowhere, fit);
}

#[test]
fn a_mirrored_photo_gives_the_mirrored_fit() {
    let (tryon, glasses) = (shipped(), glasses());
    let photo = photo(320, 200);
    let mut mirror = photo.clone();
    for row in mirror.data_mut().chunks_exact_mut(320 * 4) {
        let pixels: Vec<u8> = row.chunks_exact(4).rev().flatten().copied().collect();
        row.copy_from_slice(&pixels);
    }
    let turned = Placement { x: 320.0 - PLACEMENT.x, rotation: -PLACEMENT.rotation, ..PLACEMENT };
    let a = tryon.fit(photo.as_ref(), &glasses, &PLACEMENT, None).unwrap();
    let b = tryon.fit(mirror.as_ref(), &glasses, &turned, None).unwrap();
    for update in 0..=a.updates().len() {
        // The glasses are symmetric about x = 50.
        let (left, right) =
            (a.homography(update).unwrap().apply([10.0, 12.0]), b.homography(update).unwrap().apply([90.0, 12.0]));
        assert!((left[0] - (320.0 - right[0])).hypot(left[1] - right[1]) < 0.05, "{left:?} and {right:?}");
    }
}

#[test]
fn updates_beyond_the_last_stage_repeat_it() {
    let (mut first, mut second) = ([0.0; 8], [0.0; 8]);
    (first[4], second[4]) = (0.5, -0.125);
    let tryon = constant([first, second]);
    let updates = |count| {
        let fit = tryon.fit(
            photo(64, 64).as_ref(),
            &glasses(),
            &Placement { x: 30.0, y: 30.0, width: 30.0, rotation: 0.0 },
            Some(count),
        );
        fit.unwrap().updates().iter().map(|u| u.params[4]).collect::<Vec<_>>()
    };
    assert_eq!(updates(5), [0.5, 0.375, 0.25, 0.125, 0.0]);
    assert_eq!(updates(1), [0.5]);
    assert!(updates(0).is_empty());
}

#[test]
fn the_fit_depends_only_on_the_region() {
    let (tryon, glasses) = (shipped(), glasses());
    let whole = photo(900, 700);
    for placement in [PLACEMENT, Placement { x: 5.0, y: 690.0, width: 300.0, rotation: -170.0 }] {
        let rect = tryon.view((900, 700), &glasses, &placement).unwrap().rect();
        let fit = tryon.fit(whole.as_ref(), &glasses, &placement, None).unwrap();
        let cut = whole.as_ref().crop(rect).unwrap();
        let mut view = tryon.view((900, 700), &glasses, &placement).unwrap();
        view.push(cut.data()).unwrap();
        assert_eq!(fit, tryon.fit_view(view, None).unwrap());
        // In two bands, with invalid calls in between.
        let mut view = tryon.view((900, 700), &glasses, &placement).unwrap();
        let (first, rest) = cut.data().split_at(7 * 4 * rect.width as usize);
        view.push(first).unwrap();
        assert_eq!(view.push(&rest[1..]).unwrap_err().code(), "image-size");
        assert_eq!(tryon.fit_view(view.clone(), None).unwrap_err().code(), "image-size");
        view.push(rest).unwrap();
        assert_eq!(view.push(first).unwrap_err().code(), "image-size");
        assert_eq!(fit, tryon.fit_view(view, None).unwrap());
        // Pixels outside the region have no effect.
        let mut other = photo(900, 700);
        for (i, pixel) in other.data_mut().chunks_exact_mut(4).enumerate() {
            let (x, y) = (i as u32 % 900, i as u32 / 900);
            let inside = x.wrapping_sub(rect.x) < rect.width && y.wrapping_sub(rect.y) < rect.height;
            if !inside {
                pixel.copy_from_slice(&[255, 0, 255, 255]);
            }
        }
        assert_eq!(fit, tryon.fit(other.as_ref(), &glasses, &placement, None).unwrap());
    }
}

#[test]
fn the_fit_does_not_depend_on_the_resolution_of_the_photo() {
    let (tryon, glasses) = (shipped(), glasses());
    let small = photo(200, 160);
    let mut large = Bitmap::transparent(800, 640).unwrap();
    for (i, pixel) in large.data_mut().chunks_exact_mut(4).enumerate() {
        let from = (i / 800 / 4 * 200 + i % 800 / 4) * 4;
        pixel.copy_from_slice(&small.data()[from..from + 4]);
    }
    let place = |k: f64| Placement { x: 100.0 * k, y: 80.0 * k, width: 120.0 * k, rotation: 10.0 };
    let a = tryon.fit(small.as_ref(), &glasses, &place(1.0), None).unwrap();
    let b = tryon.fit(large.as_ref(), &glasses, &place(4.0), None).unwrap();
    for (a, b) in a.updates().iter().zip(b.updates()) {
        for (x, y) in a.params.iter().zip(b.params) {
            assert!((x - y).abs() < 0.02, "{:?} and {:?}", a.params, b.params);
        }
    }
}

#[test]
fn the_composite_changes_only_the_footprint() {
    let (tryon, glasses, photo) = (shipped(), glasses(), photo(320, 200));
    let fit = tryon.fit(photo.as_ref(), &glasses, &PLACEMENT, None).unwrap();
    for update in 0..=fit.updates().len() {
        let h = fit.homography(update).unwrap();
        let Some(Rect { x, y, width, height }) = compose::footprint(&glasses, &h, (320, 200)).unwrap() else {
            continue;
        };
        let composite = compose::composite(photo.as_ref(), &glasses, &h).unwrap();
        for (i, (a, b)) in composite.data().chunks_exact(4).zip(photo.data().chunks_exact(4)).enumerate() {
            let (px, py) = (i as u32 % 320, i as u32 / 320);
            let inside = px.wrapping_sub(x) < width && py.wrapping_sub(y) < height;
            assert!(inside || a == b, "pixel {px}, {py}");
        }
    }
}

#[test]
fn invalid_placements_and_arguments_are_errors() {
    let (tryon, glasses, photo) = (shipped(), glasses(), photo(64, 48));
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
        let error = tryon.fit(photo.as_ref(), &glasses, &placement, None).unwrap_err();
        assert_eq!(error.code(), "placement", "{error}");
        assert!(error.to_string().contains(&format!("placement's {field} ")), "{error}");
    }
    let fine = Placement { x: 30.0, y: 20.0, width: 20.0, rotation: 0.0 };
    assert_eq!(tryon.fit(photo.as_ref(), &glasses, &fine, Some(MAX_UPDATES + 1)).unwrap_err().code(), "argument");
    let mut view = tryon.view((64, 48), &glasses, &fine).unwrap();
    let narrower = vec![0; 4 * (view.rect().width as usize - 1)];
    assert_eq!(view.push(&narrower).unwrap_err().code(), "image-size");
}

#[test]
fn an_update_that_makes_the_homography_degenerate_is_not_taken() {
    let mut update = [0.0; 8];
    update[6] = 1e30;
    let fit = constant([update, [0.0; 8]]).fit(
        photo(64, 64).as_ref(),
        &glasses(),
        &Placement { x: 30.0, y: 30.0, width: 30.0, rotation: 0.0 },
        None,
    );
    let fit = fit.unwrap();
    assert!(!fit.updates()[0].taken && fit.updates()[0].correction.is_infinite());
    assert_eq!(fit.homography(1).unwrap(), fit.homography(0).unwrap());
    assert!(fit.displacement(1).unwrap().is_infinite());
}

#[test]
fn empty_glasses_are_an_error() {
    let mut faint = Bitmap::transparent(10, 10).unwrap();
    faint.data_mut()[3] = 25;
    assert_eq!(Foreground::new(faint.as_ref()).err().unwrap().code(), "empty-glasses");
}
