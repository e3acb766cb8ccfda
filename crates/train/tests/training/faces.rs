//! Synthetic faces, the landmark pose of glasses on a face, and the sampling of faces for training.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use stgan::Homography;
use stgan_synth::people::Person;
use stgan_train::data::anchors::{self, Anchors, FRAME};
use stgan_train::data::augment::{Perturbation, Sampler};
use stgan_train::data::{self, Broken, Dataset, Settings, Synthetic};

fn synthetic(bare: usize, others: usize) -> Settings {
    Settings {
        synthetic: Synthetic { bare, wearers: others, validation: others, ..Synthetic::default() },
        ..Settings::default()
    }
}

fn open(settings: &Settings) -> Dataset {
    data::open(None, settings, &|_, _| {}).unwrap()
}

#[test]
fn a_synthetic_face_does_not_depend_on_the_number_of_faces() {
    let (few, many) = (open(&synthetic(3, 2)), open(&synthetic(40, 30)));
    assert_eq!((many.bare.len(), many.wearers.len(), many.validation.len()), (40, 30, 30));
    let pools = |data: &Dataset| -> Vec<_> {
        let all = [&data.bare, &data.wearers, &data.validation, &data.validation_wearers];
        all.iter().map(|pool| pool.faces()[1].clone()).collect()
    };
    let images = |data: &Dataset| pools(data).iter().map(|face| face.image().unwrap()).collect::<Vec<_>>();
    assert!(images(&few) == images(&many));
    assert!(pools(&few).iter().zip(pools(&many)).all(|(a, b)| a.target == b.target && a.id == b.id));
    // Different pools show different people.
    let found = images(&few);
    assert!((0..4).all(|i| (0..i).all(|j| found[i] != found[j])));
    let other = Settings { synthetic: Synthetic { seed: 2, ..synthetic(3, 2).synthetic }, ..Settings::default() };
    assert!(images(&few)[0] != images(&open(&other))[0]);
    let level = open(&Settings { largest_yaw: 10.0, ..synthetic(200, 0) });
    assert!((60..140).contains(&level.bare.len()), "{:?}", level.bare);
    // At half the width, the same face has landmarks at half the coordinates.
    let small =
        open(&Settings { synthetic: Synthetic { width: 89, ..synthetic(3, 2).synthetic }, ..Settings::default() });
    let (a, b) = (&small.bare.faces()[0], &few.bare.faces()[0]);
    let halved = |(p, q): (&[f64; 2], [f64; 2])| anchors::distance(*p, q.map(|x| 0.5 * x)) < 1e-9;
    assert!(a.target.unwrap().iter().zip(b.target.unwrap()).all(halved));
    assert_eq!(a.size, (89, 109));
    let subject = small.bare.subject(0).unwrap();
    let example = subject.example(24, &Perturbation::DROPPED, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert_eq!(example.background.len(), 3 * 24 * 24);
}

/// The landmarks of the glasses after the homography that is solved for `target`, in the unit of
/// `target`.
fn solved(target: &Anchors) -> Anchors {
    let to_image = anchors::placement(target).to_photo().unwrap();
    let seen = anchors::apply(&to_image.inverse().unwrap(), target);
    let p = anchors::solve(&seen).unwrap();
    anchors::apply(&(to_image * Homography::exp(&p.map(|x| -x))), &FRAME)
}

#[test]
fn glasses_at_the_landmark_pose_match_the_face() {
    let data = open(&synthetic(3000, 0));
    let mut errors: Vec<f64> = Vec::new();
    for face in data.bare.faces() {
        let target = face.target.unwrap();
        errors.push(anchors::error(&solved(&target), &target));
        assert!(
            target[0][0] > 20.0 && target[1][0] < 158.0 && target[2][0] < target[0][0] && target[1][0] < target[3][0]
        );
    }
    errors.sort_by(f64::total_cmp);
    assert!(errors[1500] < 0.045 && errors[2999] < 0.15, "median {}, worst {}", errors[1500], errors[2999]);
}

#[test]
fn balanced_sampling_draws_rare_poses_and_sizes_more_often() {
    let data = open(&synthetic(3000, 0));
    let faces = data.bare.faces();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut share = |balance: f64, rare: &dyn Fn(usize) -> bool| {
        let sampler = Sampler::new(&data.bare.faces().iter().collect::<Vec<_>>(), balance);
        (0..8000).filter(|_| rare(sampler.draw(&mut rng))).count() as f64 / 8000.0
    };
    let turned = |i: usize| faces[i].turn().unwrap() > 0.8;
    let extents: Vec<f64> = faces.iter().map(|face| face.extent().unwrap()).collect();
    let mean = extents.iter().sum::<f64>() / extents.len() as f64;
    let unusual = |i: usize| (extents[i] - mean).abs() > 0.12;
    for (name, rare) in [("turned", &turned as &dyn Fn(usize) -> bool), ("of unusual size", &unusual)] {
        let there = (0..faces.len()).filter(|&i| rare(i)).count() as f64 / faces.len() as f64;
        let [plain, half, full] = [0.0, 0.5, 1.0].map(|balance| share(balance, rare));
        assert!(there < 0.1 && (plain - there).abs() < 0.02, "{name}: {there}, drawn {plain}");
        assert!(full > 2.5 * there && half > plain && full > half, "{name}: {there}, drawn {plain}, {half}, {full}");
    }
    // Without landmarks, sampling is uniform.
    let unlabelled = open(&Settings { landmarks: false, ..synthetic(50, 0) });
    let sampler = Sampler::new(&unlabelled.bare.faces().iter().collect::<Vec<_>>(), 1.0);
    let mut counts = [0usize; 50];
    for _ in 0..10_000 {
        counts[sampler.draw(&mut rng)] += 1;
    }
    assert!(counts.iter().all(|&count| (130..270).contains(&count)), "{counts:?}");
}

#[test]
fn the_labelled_portraits_are_complete() {
    let folder = Path::new("../../../shared/data/portraits");
    if !folder.is_dir() {
        println!("skipped: {} is not there", folder.display());
        return;
    }
    let settings = Settings { broken: Broken::Refuse, wearer_splits: vec!["extra_gray".into()], ..Settings::default() };
    let data = data::open(Some(folder), &settings, &|_, _| {}).unwrap();
    assert_eq!((data.bare.len(), data.wearers.len()), (631, 141 + 110));
    assert_eq!((data.validation.len(), data.validation_wearers.len()), (70, 18));
    let grey = Settings { splits: vec!["train".into(), "extra_gray".into()], wearer_splits: vec![], ..settings };
    assert_eq!(data::open(Some(folder), &grey, &|_, _| {}).unwrap().bare.len(), 631 + 366);
    for face in data.bare.faces() {
        let target = face.target.unwrap();
        assert!(anchors::error(&solved(&target), &target) < 0.15, "{}", face.id);
    }
}

#[test]
fn the_near_temple_of_a_turned_head_is_further_from_the_centre() {
    let (mut near, mut turned) = (0, 0);
    for person in (0..400).map(|i| {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        rng.set_stream(i);
        Person::sample(&mut rng)
    }) {
        let target = anchors::from_landmarks(person.pupils(), person.temples());
        let middle = [0.5 * (target[0][0] + target[1][0]), 0.5 * (target[0][1] + target[1][1])];
        let [right, left] = [target[2], target[3]].map(|t| anchors::distance(t, middle));
        assert!(target[2][0] < target[0][0] && target[1][0] < target[3][0], "temples lie outside the pupils");
        if person.yaw().abs() > 8.0 {
            // If the head is turned towards the right of the image, the subject's right side is
            // near.
            near += usize::from((right > left) == (person.yaw() > 0.0));
            turned += 1;
        }
    }
    assert!(turned > 150 && near == turned, "{near} of {turned}");
}
