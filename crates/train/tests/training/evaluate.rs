//! The metrics of `stgan evaluate`, on synthetic faces with known landmarks.

use stgan::TryOn;
use stgan::compose::Foreground;
use stgan_train::data::{self, Dataset, Face};
use stgan_train::evaluate::{Situation, Spread, SpreadErrors, calibration, groups, measure, trials, worst};
use stgan_train::report::GridImage;

fn shipped() -> TryOn {
    TryOn::new(include_bytes!("../../../../weights/glasses.safetensors")).unwrap()
}

/// Synthetic faces of 178×218 pixels.
fn synthetic(count: usize) -> Dataset {
    let synthetic =
        data::SyntheticSettings { without_glasses: count, with_glasses: 1, validation: 1, ..Default::default() };
    data::open(None, &data::DataSettings { synthetic, ..Default::default() }, &|_, _| {}).unwrap()
}

fn glasses(count: usize) -> Vec<Foreground> {
    let all = stgan_synth::catalogue();
    all.iter().take(count).map(|pair| Foreground::new(pair.render(200).unwrap().as_ref()).unwrap()).collect()
}

/// The median landmark error of initial placements.
fn placement_error(faces: &[Face], spread: Spread) -> f64 {
    let fits = measure(&shipped(), faces, &glasses(2), spread, 40, Some(0), 3).unwrap();
    SpreadErrors::of(spread, &fits).updates[0].median
}

#[test]
fn initial_placements_have_the_error_of_their_spread() {
    let dataset = synthetic(12);
    let faces = dataset.without_glasses.faces();
    let (dropped, double, paper) = (
        placement_error(faces, Spread::Dropped),
        placement_error(faces, Spread::Double),
        placement_error(faces, Spread::Paper),
    );
    assert!((0.15..0.27).contains(&dropped), "{dropped}");
    assert!((1.8..2.2).contains(&(double / dropped)), "{double} is not twice {dropped}");
    assert!((0.25..0.55).contains(&paper), "{paper}");
}

#[test]
fn only_the_paper_spread_starts_with_warped_glasses() {
    let dataset = synthetic(2);
    for spread in Spread::ALL {
        let fits = measure(&shipped(), dataset.without_glasses.faces(), &glasses(2), spread, 2, Some(1), 3).unwrap();
        assert_eq!(fits.len(), 8);
        assert!(fits.iter().all(|fit| fit.errors.len() == 2 && fit.errors.iter().all(|e| e.is_finite())));
        assert!(fits.iter().all(|fit| (fit.start.params != [0.0; 8]) == (spread == Spread::Paper)));
        let again = measure(&shipped(), dataset.without_glasses.faces(), &glasses(2), spread, 2, Some(1), 3).unwrap();
        assert_eq!(fits, again);
    }
}

#[test]
fn fits_halve_the_error_of_the_paper_spread() {
    // This spread has the largest initial error.
    let dataset = synthetic(6);
    let fits = measure(&shipped(), dataset.without_glasses.faces(), &glasses(3), Spread::Paper, 4, None, 3).unwrap();
    let errors = SpreadErrors::of(Spread::Paper, &fits).updates;
    assert!(errors[errors.len() - 1].median < 0.5 * errors[0].median, "{errors:?}");
}

#[test]
fn evaluation_without_glasses_landmarks_or_celeba_framing_is_an_error() {
    let mut dataset = synthetic(1).without_glasses.faces().to_vec();
    let none = measure(&shipped(), &dataset, &[], Spread::Dropped, 1, None, 3).unwrap_err();
    assert_eq!(none.code(), "argument");
    dataset[0].size = (300, 300);
    assert!(!Spread::Paper.supports(&dataset[0]) && Spread::Double.supports(&dataset[0]));
    let square = measure(&shipped(), &dataset, &glasses(1), Spread::Paper, 1, None, 3).unwrap_err();
    assert!(square.to_string().contains("CelebA"), "{square}");
    (dataset[0].visible, dataset[0].front) = (None, None);
    assert!(measure(&shipped(), &dataset, &glasses(1), Spread::Dropped, 1, None, 3).is_err());
}

#[test]
fn initial_warp_parameters_that_are_huge_or_not_finite_are_errors() {
    let dataset = synthetic(1);
    let face = &dataset.without_glasses.faces()[0];
    let (image, pair) = (face.image().unwrap(), &glasses(1)[0]);
    for bad in [f64::NAN, f64::INFINITY, 11.0] {
        let mut params = [0.0; 8];
        params[5] = bad;
        let error = shipped().fit_from(image.as_ref(), pair, &face.placement, &params, None).unwrap_err();
        assert_eq!(error.code(), "argument");
    }
}

#[test]
fn warps_stay_bounded_and_the_confidence_tells_faces_from_other_images() {
    let dataset = synthetic(8);
    let (tryon, glasses) = (shipped(), glasses(4));
    let all = trials(&tryon, dataset.without_glasses.faces(), &glasses, 2, 3).unwrap();
    // These images end too close below the face for `Situation::Below`.
    let occurs = |situation| all.iter().any(|trial| trial.situation == situation);
    assert!(Situation::ALL.into_iter().all(|situation| occurs(situation) == (situation != Situation::Below)));
    for trial in &all {
        let last = trial.fit.updates().last().unwrap();
        assert!(last.params.iter().all(|x| x.abs() < 2.0), "{:?}: {:?}", trial.situation, last.params);
        assert!((0.0..=1.0).contains(&trial.fit.confidence().unwrap()));
        assert_eq!(trial.error.is_none(), matches!(trial.situation, Situation::Synthetic | Situation::Below));
    }
    let report = calibration(&tryon, dataset.without_glasses.faces(), &glasses, 2, 3).unwrap();
    assert!(report.convergence.iter().all(|c| c.moved.p95 < 0.02), "{:?}", report.convergence);
    assert!(report.auc > 0.8, "{report:?}");
    let confident = |situation| report.situations.iter().find(|s| s.situation == situation).unwrap().confident;
    assert!(confident(Situation::Dropped) > 0.6 && confident(Situation::Synthetic) < 0.2, "{:?}", report.situations);
    assert!(trials(&tryon, &[], &glasses, 2, 3).is_err());
}

#[test]
fn group_errors_are_the_errors_of_the_fits_in_the_group() {
    let dataset = synthetic(9);
    let faces = dataset.without_glasses.faces();
    let fits = measure(&shipped(), faces, &glasses(2), Spread::Dropped, 1, Some(1), 3).unwrap();
    let groups = groups(faces, Spread::Dropped, &fits).unwrap();
    let by = |what: &str| groups.iter().filter(|g| g.by.starts_with(what)).map(|g| g.faces).collect::<Vec<_>>();
    assert_eq!(by("sharpness"), [3, 3, 3]);
    assert_eq!(by("colour").iter().sum::<usize>(), 9);
    assert!(by("yaw").iter().sum::<usize>() <= 9 && by("skin").iter().sum::<usize>() <= 9);
    let thirds: f64 = groups.iter().filter(|g| g.by == "sharpness").map(|g| g.errors.mean).sum();
    let mean = fits.iter().map(|fit| fit.errors[1]).sum::<f64>() / fits.len() as f64;
    assert!((thirds / 3.0 - mean).abs() < 1e-9);
}

#[test]
fn the_worst_fit_of_each_face_is_drawn_with_all_of_its_updates() {
    let dataset = synthetic(3);
    let (tryon, faces, glasses) = (shipped(), dataset.without_glasses.faces(), glasses(2));
    let fits = measure(&tryon, faces, &glasses, Spread::Dropped, 2, None, 3).unwrap();
    let worst = worst(&tryon, faces, &glasses, &fits, 2, 24).unwrap();
    assert_eq!(worst.len(), 2);
    let last = |row: &Vec<GridImage>| row[row.len() - 2].error.unwrap();
    assert!(last(&worst[0].1) >= last(&worst[1].1));
    for (id, row) in &worst {
        assert_eq!(row.len(), tryon.updates() + 2);
        let index = faces.iter().position(|face| face.id == *id).unwrap();
        let worst = fits.iter().filter(|f| f.face == index).map(|f| f.errors[f.errors.len() - 1]).fold(0.0, f64::max);
        assert!((last(row) - worst).abs() < 1e-6, "{} and {worst}", last(row));
        assert!(row.iter().all(|image| image.planes.len() == 3 * 24 * 24));
    }
}
