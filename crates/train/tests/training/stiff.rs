//! The stiff front of glasses: its points on faces, `plane.csv`, and fits in any light.

use stgan::compose::Foreground;
use stgan::{Bitmap, Homography, Placement, TryOn};
use stgan_portraits::portraits;
use stgan_train::data::landmarks::{self, distance, from_plane, nearer_over_farther};
use stgan_train::data::{self, DataSettings, Dataset, SyntheticSettings, Target};
use stgan_train::evaluate::{Spread, SpreadErrors, measure, yaw_bands};

fn shipped() -> TryOn {
    TryOn::new(include_bytes!("../../../../weights/glasses.safetensors")).unwrap()
}

fn glasses() -> Foreground {
    Foreground::new(stgan_synth::catalogue()[0].render(300).unwrap().as_ref()).unwrap()
}

fn people(count: usize, target: Target) -> Dataset {
    let synthetic =
        SyntheticSettings { without_glasses: count, with_glasses: 0, validation: 0, ..SyntheticSettings::default() };
    data::open(None, &DataSettings { synthetic, target, ..DataSettings::default() }, &|_, _| {}).unwrap()
}

#[test]
fn the_front_of_a_drawn_person_is_before_the_eyes_and_stiff() {
    let (mut turned, dataset) = (0, people(300, Target::Front));
    for face in dataset.without_glasses.faces() {
        let (front, visible, yaw) = (face.front.unwrap(), face.visible.unwrap(), face.yaw.unwrap());
        assert_eq!(face.target, Some(front));
        let pupils = distance(visible[0], visible[1]);
        let shift: f64 = (0..2).map(|k| front[k][0] - visible[k][0]).sum::<f64>() / 2.0 / pupils;
        if yaw.abs() > 15.0 {
            // The front moves with the face, and its nearer lens is hardly larger.
            assert!(shift * yaw > 0.0 && shift.abs() < 0.25, "{yaw}: {shift}");
            turned += 1;
        }
        assert!((1.0..1.12).contains(&nearer_over_farther(&front, &front)), "{yaw}");
    }
    assert!(turned > 50, "{turned}");
    let plain = people(1, Target::Visible);
    assert_eq!(plain.without_glasses.faces()[0].target, plain.without_glasses.faces()[0].visible);
}

#[test]
fn a_plane_that_is_mirrored_or_not_finite_has_no_front() {
    let front = from_plane(&Homography::similarity(50.0, 0.1, 120.0, 90.0), 2.2).unwrap();
    assert!((distance(front[2], front[3]) - 110.0).abs() < 1e-9 && (distance(front[0], front[1]) - 50.0).abs() < 1e-9);
    assert!(front[4][1] > front[6][1]);
    for bad in [
        Homography([-50.0, 0.0, 120.0, 0.0, 50.0, 90.0, 0.0, 0.0, 1.0]),
        Homography([50.0, 0.0, 120.0, 0.0, 50.0, 90.0, 2.0, 0.0, 1.0]),
        Homography([f64::NAN; 9]),
    ] {
        assert_eq!(from_plane(&bad, 2.2), None, "{bad:?}");
    }
}

#[test]
fn evaluation_reports_both_targets_and_the_lens_heights() {
    let dataset = people(24, Target::Visible);
    let faces = dataset.without_glasses.faces();
    let fits = measure(&shipped(), faces, &[glasses()], Spread::Dropped, 1, Some(1), 3).unwrap();
    let errors = SpreadErrors::of(Spread::Dropped, &fits);
    assert_eq!((errors.updates.len(), errors.visible.len()), (2, 2));
    assert_ne!(errors.updates[1], errors.visible[1]);
    let bands = yaw_bands(faces, Spread::Dropped, &fits);
    let known = faces.iter().filter(|face| face.yaw.is_some_and(|yaw| yaw.abs() < 45.0)).count();
    assert_eq!(bands.iter().map(|band| band.faces).sum::<usize>(), known);
    assert!(bands.iter().all(|band| (1.0..1.12).contains(&band.stiff_height_ratio)), "{bands:?}");

    // Without fronts there is one column, and no band.
    let mut plain = faces.to_vec();
    plain.iter_mut().for_each(|face| face.front = None);
    let fits = measure(&shipped(), &plain, &[glasses()], Spread::Dropped, 1, Some(1), 3).unwrap();
    assert!(SpreadErrors::of(Spread::Dropped, &fits).visible.is_empty());
    assert!(yaw_bands(&plain, Spread::Dropped, &fits).is_empty());
}

/// Portraits of 400 pixels' width, and placements a little off their pupils.
fn lit() -> Vec<(Bitmap, Placement, f64)> {
    let one = |portrait: &stgan_portraits::Portrait| {
        let image = portrait.render(400).unwrap();
        let size = [f64::from(image.width()), f64::from(image.height())];
        let pupils = portrait.pupils.map(|p| [p[0] * size[0], p[1] * size[1]]);
        let apart = distance(pupils[0], pupils[1]);
        let placed = landmarks::placement(&landmarks::from_pupils(pupils));
        let placed = Placement { x: placed.x + 0.1 * apart, y: placed.y - 0.08 * apart, ..placed };
        (image, placed, apart)
    };
    portraits().iter().map(one).collect()
}

fn dimmed(image: &Bitmap, by: f64) -> Bitmap {
    let data = image.data().iter().enumerate();
    let data = data.map(|(i, &x)| if i % 4 == 3 { x } else { (by * f64::from(x)).round() as u8 }).collect();
    Bitmap::new(image.width(), image.height(), data).unwrap()
}

#[test]
fn a_photo_and_its_dim_copy_get_the_same_fit() {
    let (tryon, glasses) = (shipped(), glasses());
    let corners = [[0.0, 0.0], [f64::from(glasses.width()), 0.0], [0.0, f64::from(glasses.height())]];
    for (image, placed, apart) in lit() {
        let fit = |image: &Bitmap| tryon.fit(image.as_ref(), &glasses, &placed, None).unwrap();
        let last = fit(&image).homography(tryon.updates()).unwrap();
        for by in [0.7, 0.5, 0.3, 0.2, 0.1] {
            let dim = fit(&dimmed(&image, by)).homography(tryon.updates()).unwrap();
            let off = corners.iter().map(|&c| distance(last.apply(c), dim.apply(c))).sum::<f64>() / 3.0 / apart;
            // At a tenth of the brightness a dark face has a few levels only.
            assert!(off < if by > 0.15 { 0.01 } else { 0.03 }, "×{by}: {off}");
        }
    }
}

#[test]
fn fits_without_a_face_never_tear_the_glasses() {
    let (tryon, glasses) = (shipped(), glasses());
    let placed = Placement { x: 100.0, y: 80.0, width: 90.0, rotation: 10.0 };
    for k in 0..12u32 {
        let value = |i: u32| (f64::from(i * (k + 3)) * 0.37).sin().mul_add(60.0, 70.0) as u8;
        let data = (0..200 * 160u32).flat_map(|i| [value(i), value(i / 7), value(i / 200), 255]).collect();
        let image = Bitmap::new(200, 160, data).unwrap();
        let fit = tryon.fit(image.as_ref(), &glasses, &placed, None).unwrap();
        for (i, update) in fit.updates().iter().enumerate() {
            let before = if i == 0 { [0.0; 8] } else { fit.updates()[i - 1].params };
            assert!(update.taken || update.params == before);
            let (width, height) = (f64::from(glasses.width()), f64::from(glasses.height()));
            let [a, b, c, d] = [[0.0, 0.0], [0.0, height], [width, 0.0], [width, height]];
            let side = |from, to| distance(update.homography.apply(from), update.homography.apply(to));
            let ratio = side(a, b) / side(c, d);
            assert!((0.5..2.0).contains(&ratio), "{k}: {ratio}");
        }
        if fit.updates().last().is_some_and(|update| !update.taken) {
            assert!(fit.confidence().unwrap() < 0.1, "{:?}", fit.confidence());
        }
    }
}
