//! Tests of rooms and samples.

use super::*;
use crate::furniture::{Category, Piece};
use crate::raster::Camera;
use glam::{Vec2, Vec3};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use stgan::Homography;

/// Small images, drawn quickly.
fn options() -> Options {
    Options { samples: 1, detail: 12.0, pieces: 2, cutouts: 1, ..Options::new(Split::Train) }
}

fn samples(options: &Options, count: usize) -> Vec<Sample> {
    let draw = |seed| Sample::draw(&mut ChaCha8Rng::seed_from_u64(seed), options).unwrap();
    (0..200).flat_map(draw).take(count).collect()
}

#[test]
fn equal_seeds_give_equal_samples() {
    let draw = |seed| Sample::draw(&mut ChaCha8Rng::seed_from_u64(seed), &options()).unwrap();
    let seed = (0..50).find(|&seed| !draw(seed).is_empty()).unwrap();
    for (a, b) in draw(seed).iter().zip(draw(seed)) {
        assert_eq!((&a.room, &a.real, &a.cutout, &a.record), (&b.room, &b.real, &b.cutout, &b.record));
    }
}

#[test]
fn the_truth_lays_the_cutout_over_the_piece() {
    for sample in samples(&options(), 12) {
        let Record { truth, bounds: [left, top, right, bottom], centre, diagonal, .. } = sample.record;
        let middle = truth.apply([0.5 * (left + right), 0.5 * (top + bottom)]);
        let offset = (middle[0] - centre[0]).hypot(middle[1] - centre[1]);
        assert!(offset < 0.25 * diagonal, "{}: {offset} of {diagonal}", sample.record.id);
        assert!(sample.record.residual < 0.04 && sample.record.overlap >= 0.7);
        assert_eq!(sample.record.family[0], truth);
    }
}

#[test]
fn a_cutout_from_the_same_camera_has_an_exact_truth() {
    let toy = Options { turn: None, ..options() };
    for sample in samples(&toy, 8) {
        assert!(sample.record.residual < 1e-4, "{}", sample.record.residual);
    }
}

#[test]
fn the_room_image_knows_nothing_of_the_piece() {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let room = Room::draw(&mut rng, &options());
    let camera = Camera::looking_at(
        Vec3::new(0.3, 1.5, 0.3),
        Vec3::new(0.6 * room.size.x, 0.8, 0.6 * room.size.z),
        70.0,
        Vec2::new(40.0, 30.0),
    );
    let image = |room: &Room| room.render(&camera, (80, 60), 1, None).resolve().develop(1.0, [1.0; 3]).unwrap();
    let before = image(&room);
    for (category, seed) in [(Category::Cabinet, 1), (Category::Bed, 2)] {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let piece = Piece::draw(category, seed, &mut rng);
        let Some(place) = room.place(&mut rng, &piece) else { continue };
        let with = room.render(&camera, (80, 60), 1, Some(&Standing { piece, place }));
        assert_eq!(image(&room), before);
        assert_ne!(with.resolve().develop(1.0, [1.0; 3]).unwrap(), before);
    }
}

#[test]
fn pieces_stand_inside_the_room_and_apart() {
    let bare = Options { split: Split::Test, detail: 2.0, ..options() };
    for seed in 0..40 {
        let room = Room::draw(&mut ChaCha8Rng::seed_from_u64(seed), &bare);
        for (i, standing) in room.furniture.iter().enumerate() {
            let footprint = standing.place.footprint(standing.piece.size);
            assert!(footprint.iter().all(|p| p.x >= 0.0 && p.y >= 0.0 && p.x <= room.size.x && p.y <= room.size.z));
            for other in &room.furniture[..i] {
                assert!(!standing::overlap(&footprint, &other.place.footprint(other.piece.size)));
            }
            if let Some(wall) = standing.place.wall {
                let distance = |p: Vec2| [p.y, p.x, room.size.z - p.y, room.size.x - p.x][wall];
                let nearest = footprint.iter().map(|p| distance(*p)).fold(f32::INFINITY, f32::min);
                assert!((0.0..0.07).contains(&nearest), "{nearest}");
            }
        }
    }
}

#[test]
fn splits_share_no_design() {
    let designs = |split: Split| {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        (0..3000).map(|_| split.design(&mut rng)).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(designs(Split::Train).is_disjoint(&designs(Split::Test)));
}

#[test]
fn members_of_a_family_stand_on_the_same_floor_line() {
    let against = Options { category: Some(Category::Bookshelf), ..options() };
    let mut several = 0;
    for Sample { record, .. } in samples(&against, 10) {
        assert!(record.place.wall.is_some());
        several += usize::from(record.family.len() > 1);
        // The middle of the foot line slides along a straight line, the edge of the wall.
        let [left, _, right, bottom] = record.bounds;
        let foot = |h: &Homography| h.apply([0.5 * (left + right), bottom]);
        let feet: Vec<[f64; 2]> = record.family.iter().map(foot).collect();
        if let [a, .., b] = feet.as_slice() {
            let length = (b[0] - a[0]).hypot(b[1] - a[1]);
            let aside = |p: &[f64; 2]| ((b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])).abs() / length;
            assert!(length < 1.0 || feet.iter().all(|p| aside(p) < 0.12 * record.diagonal));
        }
    }
    assert!(several > 3, "{several}");
}

#[test]
fn a_homography_is_recovered_from_its_points() {
    let truth = Homography([1.1, 0.1, 5.0, -0.05, 0.9, 7.0, 0.001, 0.0005, 1.0]);
    let from: Vec<[f64; 2]> = (0..30).map(|i| [f64::from(i * 37 % 100), f64::from(i * 53 % 80)]).collect();
    let to: Vec<[f64; 2]> = from.iter().map(|p| truth.apply(*p)).collect();
    let (found, rms) = fit_homography(&from, &to).unwrap();
    assert!(rms < 1e-8 && found.0.iter().zip(truth.0).all(|(a, b)| (a - b).abs() < 1e-8), "{found:?}");
    let line: Vec<[f64; 2]> = (0..9).map(|i| [f64::from(i), 2.0 * f64::from(i)]).collect();
    assert!(fit_homography(&from[..3], &to[..3]).is_none());
    assert!(fit_homography(&line, &to[..9]).is_none_or(|(_, rms)| rms > 0.1));
    assert!(fit_homography(&[[f64::NAN; 2]; 5], &to[..5]).is_none());
}
