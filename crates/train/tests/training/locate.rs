//! Face detection: inference kernels, the weights file, and the shipped networks.

use crate::common::locate;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use stgan::compose::{self, Foreground};
use stgan::internals::kernels::Instructions;
use stgan::internals::locate::{read, write};
use stgan::model::weights::Storage;
use stgan::{Bitmap, BitmapRef, Error, Homography, LocatedFace, Locator, Placement, Rect};
use stgan_synth::faceless::Kind;
use stgan_synth::people::Person;

#[test]
fn convolutions_agree_with_the_reference() {
    for instructions in Instructions::available() {
        locate::convolutions_agree_with_the_reference(instructions);
    }
    locate::layers_that_do_not_fit_are_rejected();
}

#[test]
fn separable_blocks_agree_with_the_reference() {
    for instructions in Instructions::available() {
        locate::separable_blocks_agree_with_the_reference(instructions);
    }
    locate::separable_blocks_that_do_not_fit_are_rejected();
}

#[test]
fn the_weights_file_survives_a_round_trip_and_errors_name_the_problem() {
    let file = locate::untrained();
    let bytes = write(&file, Storage::F32).unwrap();
    let again = read(&bytes).unwrap();
    assert_eq!((again.spec.clone(), again.threshold), (file.spec.clone(), file.threshold));
    for (name, tensor) in &file.parameters.0 {
        let (a, b) = (tensor.flatten_all().unwrap(), again.parameters.0[name].flatten_all().unwrap());
        assert_eq!(a.to_vec1::<f32>().unwrap(), b.to_vec1::<f32>().unwrap());
    }
    assert!(write(&file, Storage::F16).unwrap().len() < bytes.len());
    assert!(matches!(read(&bytes[..bytes.len() / 2]), Err(Error::WeightsFormat(_))));
    let glasses = include_bytes!("../../../../weights/glasses.safetensors");
    assert!(matches!(read(glasses), Err(Error::WeightsMetadata { key, .. }) if key == "format"));
    let mut invalid = file.clone();
    invalid.threshold = 2.0;
    assert!(
        matches!(read(&write(&invalid, Storage::F32).unwrap()), Err(Error::WeightsMetadata { key, .. }) if key == "threshold")
    );
    let mut other = file;
    other.parameters.0.remove("refiner.answer.bias");
    assert!(matches!(write(&other, Storage::F32), Err(Error::TensorMissing { .. })));
}

#[test]
fn photos_of_any_size_are_accepted() {
    let locator = Locator::from_weights(&locate::untrained()).unwrap();
    for (width, height) in [(1, 1), (3, 500), (700, 2), (40, 30), (1200, 900)] {
        let data = (0..width * height * 4).map(|i| (i * 41 % 253) as u8).collect();
        let photo = Bitmap::new(width, height, data).unwrap();
        for face in locator.locate_in(&photo.as_ref(), 0.0).unwrap() {
            assert!(face.pupils.iter().flatten().all(|x| x.is_finite()) && (0.0..=1.0).contains(&face.score));
        }
        let near = Placement { x: 0.5, y: 0.5, width: 20.0, rotation: 10.0 };
        locator.refine(photo.as_ref(), &near).unwrap();
        let away = Placement { x: 1e5, ..near };
        assert_eq!(locator.refine(photo.as_ref(), &away).unwrap(), None);
    }
    let photo = BitmapRef::new(1, 1, &[0; 4]).unwrap();
    assert!(locator.refine(photo, &Placement { x: f64::NAN, y: 0.0, width: 20.0, rotation: 0.0 }).is_err());
    assert!(locator.locate_in(&photo, 1.5).is_err());
}

fn shipped() -> Locator {
    Locator::new(include_bytes!("../../../../weights/locator.safetensors")).unwrap()
}

/// The mean error of the pupils in inter-pupil distances.
fn pupil_error(face: &LocatedFace, pupils: &[[f64; 2]; 2]) -> f64 {
    let distance = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    0.5 * (distance(face.pupils[0], pupils[0]) + distance(face.pupils[1], pupils[1])) / distance(pupils[0], pupils[1])
}

type Pupils = [[f64; 2]; 2];

/// Composes an image of others. Each has its pupils and is scaled, rotated by degrees and placed
/// with its centre at a point. Returns the image and all pupils in its pixels.
fn compose_people(size: (u32, u32), parts: &[(&Bitmap, Pupils, f64, f64, [f64; 2])]) -> (Bitmap, Vec<Pupils>) {
    let mut composed = Bitmap::new(size.0, size.1, vec![150; (size.0 * size.1 * 4) as usize]).unwrap();
    composed.data_mut().chunks_exact_mut(4).for_each(|pixel| pixel[3] = 255);
    let whole = Rect { x: 0, y: 0, width: size.0, height: size.1 };
    let mut all = Vec::new();
    for (part, pupils, scale, degrees, [x, y]) in parts {
        let (w, h) = (f64::from(part.width()), f64::from(part.height()));
        let centre = Homography::similarity(1.0, 0.0, -0.5 * w, -0.5 * h);
        let map = Homography::similarity(*scale, degrees.to_radians(), *x, *y) * centre;
        let image = Foreground::new(part.as_ref()).unwrap();
        compose::blend(&image, &map, composed.data_mut(), whole).unwrap();
        all.push(pupils.map(|pupil| map.apply(pupil)));
    }
    (composed, all)
}

/// Rendered portraits, which are not in the training data, with their pupils.
fn portraits(width: u32) -> Vec<(Bitmap, [[f64; 2]; 2])> {
    let portrait = |p: &stgan_portraits::Portrait| {
        let image = p.render(width).unwrap();
        let (w, h) = (f64::from(image.width()), f64::from(image.height()));
        (image, p.pupils.map(|[x, y]| [x * w, y * h]))
    };
    stgan_portraits::portraits().iter().take(5).map(portrait).collect()
}

#[test]
fn rendered_portraits_are_found_upright_tilted_dark_and_grey() {
    let (locator, portraits) = (shipped(), portraits(160));
    let (mut all, mut found) = (0, 0);
    for (image, pupils) in &portraits {
        for degrees in [0.0, -30.0, 30.0] {
            for appearance in 0..3 {
                let (mut photo, pupils) = compose_people((420, 380), &[(image, *pupils, 1.0, degrees, [220.0, 190.0])]);
                for pixel in photo.data_mut().chunks_exact_mut(4) {
                    let grey = ((u16::from(pixel[0]) + u16::from(pixel[1]) + u16::from(pixel[2])) / 3) as u8;
                    match appearance {
                        1 => pixel[..3].fill(grey),
                        2 => pixel[..3].iter_mut().for_each(|value| *value /= 3),
                        _ => {}
                    }
                }
                let best = locator.locate(photo.as_ref()).unwrap();
                all += 1;
                found += usize::from(best.first().is_some_and(|face| pupil_error(face, &pupils[0]) < 0.15));
            }
        }
    }
    assert!(found * 20 >= all * 19, "{found} of {all}");
}

#[test]
fn synthetic_people_are_found_alone_and_in_a_group_of_ten() {
    let locator = shipped();
    let people: Vec<(Bitmap, [[f64; 2]; 2])> = (0..40)
        .map(|i| {
            let mut rng = ChaCha8Rng::seed_from_u64(1000 + i);
            let person = Person::sample(&mut rng);
            (person.draw(178).unwrap(), person.pupils())
        })
        .collect();
    let is_found = |image: &Bitmap, pupils: &[[f64; 2]; 2]| {
        locator.locate(image.as_ref()).unwrap().iter().any(|face| pupil_error(face, pupils) < 0.15)
    };
    let found = people.iter().filter(|(image, pupils)| is_found(image, pupils)).count();
    assert!(found >= 38, "{found} of 40");

    // The glasses of each person would take a twentieth of the width.
    let parts: Vec<_> = (0..10)
        .map(|i| {
            let (image, pupils) = &people[i];
            let place = [100.0 + 200.0 * (i % 5) as f64, 180.0 + 300.0 * (i / 5) as f64];
            (image, *pupils, 1.0 / 1.6, 0.0, place)
        })
        .collect();
    let (group, pupils) = compose_people((1000, 660), &parts);
    let all = locator.locate(group.as_ref()).unwrap();
    let found = pupils.iter().filter(|pupils| all.iter().any(|face| pupil_error(face, pupils) < 0.15)).count();
    assert!(found >= 9, "{found} of ten");
    assert!(all.len() <= 11, "{} faces", all.len());
}

/// The number of portraits whose first detection meets the pupils.
fn found_first(locator: &Locator, photos: &[(Bitmap, Pupils)]) -> usize {
    let found = |(photo, pupils): &&(Bitmap, Pupils)| {
        locator.locate(photo.as_ref()).unwrap().first().is_some_and(|face| pupil_error(face, pupils) < 0.2)
    };
    photos.iter().filter(found).count()
}

#[test]
fn turned_portraits_are_found_before_a_small_upright_one() {
    let (locator, portraits) = (shipped(), portraits(160));
    let (small, small_pupils) = &portraits[0];
    let (mut photos, mut all) = (Vec::new(), 0);
    for (image, pupils) in &portraits {
        for degrees in [75.0, 90.0, -90.0, 135.0, 180.0] {
            let parts =
                [(image, *pupils, 1.0, degrees, [220.0, 190.0]), (small, *small_pupils, 0.25, 0.0, [30.0, 30.0])];
            let (photo, pupils) = compose_people((420, 380), &parts);
            photos.push((photo, pupils[0]));
            all += 1;
        }
    }
    let found = found_first(&locator, &photos);
    assert!(found * 10 >= all * 9, "{found} of {all}");
}

#[test]
fn portraits_that_stand_on_their_head_are_not_taken_for_upright_ones() {
    let (locator, mut photos) = (shipped(), Vec::new());
    for width in [160, 240, 320] {
        for (image, pupils) in portraits(width) {
            let (width, height) = (image.width(), image.height());
            let pixels = image.data().chunks_exact(4).rev().flatten().copied().collect();
            let turned = pupils.map(|[x, y]| [f64::from(width) - x, f64::from(height) - y]);
            photos.push((Bitmap::new(width, height, pixels).unwrap(), turned));
        }
    }
    let (found, all) = (found_first(&locator, &photos), photos.len());
    assert!(found == all, "{found} of {all}");
}

#[test]
fn portraits_that_the_photo_crops_are_found() {
    let (locator, mut photos) = (shipped(), Vec::new());
    for (image, pupils) in portraits(480) {
        let eyes = LocatedFace::new(pupils, 1.0).pupil_distance();
        let middle = [0, 1].map(|k| 0.5 * (pupils[0][k] + pupils[1][k]));
        // The pupils are half of the photo's width apart; then the mouth is outside too.
        for (width, below) in [(2.0 * eyes, 1.3), (2.2 * eyes, 0.75)] {
            let (left, top) = ((middle[0] - 0.5 * width).max(0.0), (middle[1] + below * eyes - width).max(0.0));
            let rect = Rect {
                x: left as u32,
                y: top as u32,
                width: (width as u32).min(image.width() - left as u32),
                height: ((middle[1] + below * eyes - top) as u32).min(image.height() - top as u32),
            };
            let moved = pupils.map(|[x, y]| [x - f64::from(rect.x), y - f64::from(rect.y)]);
            photos.push((image.as_ref().crop(rect).unwrap(), moved));
        }
    }
    let (found, all) = (found_first(&locator, &photos), photos.len());
    assert!(found * 10 >= all * 9, "{found} of {all}");
}

#[test]
fn sixty_faces_in_one_photo_are_found() {
    let (locator, portraits) = (shipped(), portraits(160));
    let parts: Vec<_> = (0..60)
        .map(|i| {
            let (image, pupils) = &portraits[i % portraits.len()];
            let place = [80.0 + 120.0 * (i % 10) as f64, 90.0 + 140.0 * (i / 10) as f64];
            (image, *pupils, 0.6, 0.0, place)
        })
        .collect();
    let (group, pupils) = compose_people((1240, 880), &parts);
    let all = locator.locate(group.as_ref()).unwrap();
    let found = pupils.iter().filter(|pupils| all.iter().any(|face| pupil_error(face, pupils) < 0.2)).count();
    assert!(found >= 57, "{found} of 60");
    assert!(all.len() <= 62, "{} faces", all.len());
}

#[test]
fn the_refiner_tracks_a_face_and_rejects_a_place_without_one() {
    let (image, pupils) = portraits(160).swap_remove(1);
    let locator = shipped();
    let (photo, pupils) = compose_people((420, 380), &[(&image, pupils, 1.0, 0.0, [220.0, 190.0])]);
    let there = LocatedFace::new(pupils[0], 1.0);
    let placement = there.placement();
    for (dx, dy) in [(0.0, 0.0), (0.3, 0.0), (-0.2, 0.2), (0.0, -0.3)] {
        let near = Placement {
            x: placement.x + dx * there.pupil_distance(),
            y: placement.y + dy * there.pupil_distance(),
            ..placement
        };
        let face = locator.refine(photo.as_ref(), &near).unwrap().expect("the face is near");
        assert!(pupil_error(&face, &pupils[0]) < 0.2, "{dx}, {dy}: error {}", pupil_error(&face, &pupils[0]));
    }
    let away = Placement { x: placement.x + 160.0, y: placement.y + 60.0, ..placement };
    assert_eq!(locator.refine(photo.as_ref(), &away).unwrap(), None);
}

#[test]
fn no_faces_are_found_in_faceless_images() {
    let locator = shipped();
    let false_positive = |i: u64| {
        let kind = Kind::ALL[i as usize % Kind::ALL.len()];
        let image = kind.draw(&mut ChaCha8Rng::seed_from_u64(7000 + i), 320).unwrap();
        usize::from(!locator.locate(image.as_ref()).unwrap().is_empty())
    };
    let found: usize = (0..200).map(false_positive).sum();
    assert!(found <= 4, "{found} of 200");
}
