//! Synthetic faces, the landmark pose of glasses on a face, and the sampling of faces for training.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::path::Path;
use stgan::Homography;
use stgan_synth::people::Person;
use stgan_train::data::augment::{BalancedSampler, Perturbation};
use stgan_train::data::landmarks::{self, GLASSES, Landmarks};
use stgan_train::data::{self, Broken, DataSettings, Dataset, SyntheticSettings};

fn synthetic(without_glasses: usize, others: usize) -> DataSettings {
    DataSettings {
        synthetic: SyntheticSettings {
            without_glasses,
            with_glasses: others,
            validation: others,
            ..SyntheticSettings::default()
        },
        ..DataSettings::default()
    }
}

fn open(settings: &DataSettings) -> Dataset {
    data::open(None, settings, &|_, _| {}).unwrap()
}

#[test]
fn a_synthetic_face_does_not_depend_on_the_number_of_faces() {
    let (few, many) = (open(&synthetic(3, 2)), open(&synthetic(40, 30)));
    assert_eq!(
        (many.without_glasses.len(), many.with_glasses.len(), many.validation_without_glasses.len()),
        (40, 30, 30)
    );
    let pools = |data: &Dataset| -> Vec<_> {
        let all = [
            &data.without_glasses,
            &data.with_glasses,
            &data.validation_without_glasses,
            &data.validation_with_glasses,
        ];
        all.iter().map(|pool| pool.faces()[1].clone()).collect()
    };
    let images = |data: &Dataset| pools(data).iter().map(|face| face.image().unwrap()).collect::<Vec<_>>();
    assert!(images(&few) == images(&many));
    assert!(pools(&few).iter().zip(pools(&many)).all(|(a, b)| a.target == b.target && a.id == b.id));
    // Different pools show different people.
    let found = images(&few);
    assert!((0..4).all(|i| (0..i).all(|j| found[i] != found[j])));
    let other = DataSettings {
        synthetic: SyntheticSettings { seed: 2, ..synthetic(3, 2).synthetic },
        ..DataSettings::default()
    };
    assert!(images(&few)[0] != images(&open(&other))[0]);
    let level = open(&DataSettings { max_yaw: 10.0, ..synthetic(200, 0) });
    assert!((60..140).contains(&level.without_glasses.len()), "{:?}", level.without_glasses);
    // At half the width, the same face has landmarks at half the coordinates.
    let small = open(&DataSettings {
        synthetic: SyntheticSettings { width: 89, ..synthetic(3, 2).synthetic },
        ..DataSettings::default()
    });
    let (a, b) = (&small.without_glasses.faces()[0], &few.without_glasses.faces()[0]);
    let halved = |(p, q): (&[f64; 2], [f64; 2])| landmarks::distance(*p, q.map(|x| 0.5 * x)) < 1e-9;
    assert!(a.target.unwrap().iter().zip(b.target.unwrap()).all(halved));
    assert_eq!(a.size, (89, 109));
    let subject = small.without_glasses.subject(0).unwrap();
    let example = subject.example(24, &Perturbation::DROPPED, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    assert_eq!(example.background.len(), 3 * 24 * 24);
}

/// The landmarks of the glasses after the homography that is solved for `target`, in the unit of
/// `target`.
fn solved(target: &Landmarks) -> Landmarks {
    let to_image = landmarks::placement(target).to_photo().unwrap();
    let seen = landmarks::apply(&to_image.inverse().unwrap(), target);
    let p = landmarks::solve(&seen).unwrap();
    landmarks::apply(&(to_image * Homography::exp(&p.map(|x| -x))), &GLASSES)
}

#[test]
fn glasses_at_the_landmark_pose_match_the_face() {
    let data = open(&synthetic(3000, 0));
    let mut errors: Vec<f64> = Vec::new();
    for face in data.without_glasses.faces() {
        let target = face.target.unwrap();
        errors.push(landmarks::error(&solved(&target), &target));
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
    let faces = data.without_glasses.faces();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let mut share = |balance: f64, rare: &dyn Fn(usize) -> bool| {
        let sampler = BalancedSampler::new(&data.without_glasses.faces().iter().collect::<Vec<_>>(), balance);
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
    let unlabelled = open(&DataSettings { landmarks: false, ..synthetic(50, 0) });
    let sampler = BalancedSampler::new(&unlabelled.without_glasses.faces().iter().collect::<Vec<_>>(), 1.0);
    let mut counts = [0usize; 50];
    for _ in 0..10_000 {
        counts[sampler.draw(&mut rng)] += 1;
    }
    assert!(counts.iter().all(|&count| (130..270).contains(&count)), "{counts:?}");
}

/// The labelled portraits are not part of the repository. `STGAN_PORTRAITS` names their folder.
#[test]
fn the_labelled_portraits_are_complete() {
    let Some(folder) = std::env::var_os("STGAN_PORTRAITS") else {
        println!("skipped: STGAN_PORTRAITS is not set");
        return;
    };
    let folder = Path::new(&folder);
    let settings = DataSettings {
        broken: Broken::Refuse,
        with_glasses_splits: vec!["extra_gray".into()],
        ..DataSettings::default()
    };
    let data = data::open(Some(folder), &settings, &|_, _| {}).unwrap();
    assert_eq!((data.without_glasses.len(), data.with_glasses.len()), (631, 141 + 110));
    assert_eq!((data.validation_without_glasses.len(), data.validation_with_glasses.len()), (70, 18));
    let grey =
        DataSettings { splits: vec!["train".into(), "extra_gray".into()], with_glasses_splits: vec![], ..settings };
    assert_eq!(data::open(Some(folder), &grey, &|_, _| {}).unwrap().without_glasses.len(), 631 + 366);
    for face in data.without_glasses.faces() {
        let target = face.target.unwrap();
        assert!(landmarks::error(&solved(&target), &target) < 0.15, "{}", face.id);
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
        let target = landmarks::from_landmarks(person.pupils(), person.temples());
        let middle = [0.5 * (target[0][0] + target[1][0]), 0.5 * (target[0][1] + target[1][1])];
        let [right, left] = [target[2], target[3]].map(|t| landmarks::distance(t, middle));
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
