//! What `stgan evaluate` measures, on drawn faces whose landmarks are known.

use stgan::TryOn;
use stgan::compose::Foreground;
use stgan_train::data::{self, Dataset, Face};
use stgan_train::evaluate::{Errors, Situation, Spread, groups, measure, trials, trust, worst};

fn shipped() -> TryOn {
    TryOn::new(include_bytes!("../../../../weights/glasses.safetensors")).unwrap()
}

/// Drawn faces of 178×218 pixels.
fn drawn(count: usize) -> Dataset {
    let synthetic =
        data::SyntheticSettings { without_glasses: count, with_glasses: 1, validation: 1, ..Default::default() };
    data::open(None, &data::DataSettings { synthetic, ..Default::default() }, &|_, _| {}).unwrap()
}

fn frames(count: usize) -> Vec<Foreground> {
    let frames = stgan_synth::frames();
    frames.iter().take(count).map(|f| Foreground::new(f.render(200).unwrap().as_ref()).unwrap()).collect()
}

/// The median error of placements, before any update.
fn placed(faces: &[Face], spread: Spread) -> f64 {
    let fits = measure(&shipped(), faces, &frames(2), spread, 40, Some(0), 3).unwrap();
    Errors::of(spread, &fits).steps[0].median
}

#[test]
fn placements_stray_as_far_as_their_spread_says() {
    let dataset = drawn(12);
    let faces = dataset.without_glasses.faces();
    let (dropped, twice, paper) =
        (placed(faces, Spread::Dropped), placed(faces, Spread::Twice), placed(faces, Spread::Paper));
    assert!((0.15..0.27).contains(&dropped), "{dropped}");
    assert!((1.8..2.2).contains(&(twice / dropped)), "{twice} is not twice {dropped}");
    assert!((0.25..0.55).contains(&paper), "{paper}");
}

#[test]
fn only_the_papers_frames_start_warped() {
    let dataset = drawn(2);
    for spread in Spread::ALL {
        let fits = measure(&shipped(), dataset.without_glasses.faces(), &frames(2), spread, 2, Some(1), 3).unwrap();
        assert_eq!(fits.len(), 8);
        assert!(fits.iter().all(|fit| fit.errors.len() == 2 && fit.errors.iter().all(|e| e.is_finite())));
        assert!(fits.iter().all(|fit| (fit.start.params != [0.0; 8]) == (spread == Spread::Paper)));
        let again = measure(&shipped(), dataset.without_glasses.faces(), &frames(2), spread, 2, Some(1), 3).unwrap();
        assert_eq!(fits, again);
    }
}

#[test]
fn a_frame_warped_from_the_start_is_brought_back() {
    // The paper's starts are the farthest from where they belong; the networks are to see that.
    let dataset = drawn(6);
    let fits = measure(&shipped(), dataset.without_glasses.faces(), &frames(3), Spread::Paper, 4, None, 3).unwrap();
    let steps = Errors::of(Spread::Paper, &fits).steps;
    assert!(steps[steps.len() - 1].median < 0.5 * steps[0].median, "{steps:?}");
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let mut dataset = drawn(1).without_glasses.faces().to_vec();
    let none = measure(&shipped(), &dataset, &[], Spread::Dropped, 1, None, 3).unwrap_err();
    assert_eq!(none.code(), "argument");
    dataset[0].size = (300, 300);
    assert!(!Spread::Paper.fits(&dataset[0]) && Spread::Twice.fits(&dataset[0]));
    let square = measure(&shipped(), &dataset, &frames(1), Spread::Paper, 1, None, 3).unwrap_err();
    assert!(square.to_string().contains("CelebA"), "{square}");
    dataset[0].target = None;
    assert!(measure(&shipped(), &dataset, &frames(1), Spread::Dropped, 1, None, 3).is_err());
}

#[test]
fn parameters_of_no_use_are_refused() {
    let dataset = drawn(1);
    let face = &dataset.without_glasses.faces()[0];
    let (image, frame) = (face.image().unwrap(), &frames(1)[0]);
    for bad in [f64::NAN, f64::INFINITY, 11.0] {
        let mut params = [0.0; 8];
        params[5] = bad;
        let error = shipped().fit_from(image.as_ref(), frame, &face.placement, &params, None).unwrap_err();
        assert_eq!(error.code(), "argument");
    }
}

#[test]
fn a_frame_stays_in_the_picture_and_a_fit_knows_whether_it_found_a_face() {
    let dataset = drawn(8);
    let (tryon, frames) = (shipped(), frames(4));
    let all = trials(&tryon, dataset.without_glasses.faces(), &frames, 2, 3).unwrap();
    // These pictures end too soon below the face.
    let there = |situation| all.iter().any(|trial| trial.situation == situation);
    assert!(Situation::ALL.into_iter().all(|situation| there(situation) == (situation != Situation::Below)));
    for trial in &all {
        let last = trial.fit.updates().last().unwrap();
        assert!(last.params.iter().all(|x| x.abs() < 2.0), "{:?}: {:?}", trial.situation, last.params);
        assert!((0.0..=1.0).contains(&trial.fit.confidence().unwrap()));
        assert_eq!(trial.error.is_none(), matches!(trial.situation, Situation::Drawn | Situation::Below));
    }
    let report = trust(&tryon, dataset.without_glasses.faces(), &frames, 2, 3).unwrap();
    assert!(report.settling.iter().all(|s| s.moved.p95 < 0.01), "{:?}", report.settling);
    assert!(report.auc > 0.8, "{report:?}");
    let sure = |situation| report.situations.iter().find(|s| s.situation == situation).unwrap().sure;
    assert!(sure(Situation::Dropped) > 0.6 && sure(Situation::Drawn) < 0.2, "{:?}", report.situations);
    assert!(trials(&tryon, &[], &frames, 2, 3).is_err());
}

#[test]
fn the_errors_of_groups_are_those_of_their_fits() {
    let dataset = drawn(9);
    let faces = dataset.without_glasses.faces();
    let fits = measure(&shipped(), faces, &frames(2), Spread::Dropped, 1, Some(1), 3).unwrap();
    let groups = groups(faces, Spread::Dropped, &fits).unwrap();
    let by = |what: &str| groups.iter().filter(|g| g.by.starts_with(what)).map(|g| g.faces).collect::<Vec<_>>();
    assert_eq!(by("sharpness"), [3, 3, 3]);
    assert_eq!(by("colours").iter().sum::<usize>(), 9);
    assert!(by("turned").iter().sum::<usize>() <= 9 && by("skin").iter().sum::<usize>() <= 9);
    let thirds: f64 = groups.iter().filter(|g| g.by == "sharpness").map(|g| g.errors.mean).sum();
    let mean = fits.iter().map(|fit| fit.errors[1]).sum::<f64>() / fits.len() as f64;
    assert!((thirds / 3.0 - mean).abs() < 1e-9);
}

#[test]
fn the_worst_fit_of_each_face_is_drawn_from_its_start_to_the_landmarks() {
    let dataset = drawn(3);
    let (tryon, faces, frames) = (shipped(), dataset.without_glasses.faces(), frames(2));
    let fits = measure(&tryon, faces, &frames, Spread::Dropped, 2, None, 3).unwrap();
    let worst = worst(&tryon, faces, &frames, &fits, 2, 24).unwrap();
    assert_eq!(worst.len(), 2);
    let last = |row: &Vec<(Vec<f32>, Option<f64>)>| row[row.len() - 2].1.unwrap();
    assert!(last(&worst[0].1) >= last(&worst[1].1));
    for (id, row) in &worst {
        assert_eq!(row.len(), tryon.updates() + 2);
        let index = faces.iter().position(|face| face.id == *id).unwrap();
        let most = fits.iter().filter(|f| f.face == index).map(|f| f.errors[f.errors.len() - 1]).fold(0.0, f64::max);
        assert!((last(row) - most).abs() < 1e-6, "{} and {most}", last(row));
        assert!(row.iter().all(|(planes, _)| planes.len() == 3 * 24 * 24));
    }
}
