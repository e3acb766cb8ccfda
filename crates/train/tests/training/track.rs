//! Tracking: detection, loss and re-detection of faces with a scripted detector, and jitter and
//! latency with the shipped weights.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use stgan::compose::Foreground;
use stgan::glasses::RealWidth;
use stgan::{
    Bitmap, FaceDetector, Homography, LocatedFace, Locator, MAX_PEOPLE, Photo, Placement, Smoothing, TrackSettings,
    TrackedFace, Tracker, TryOn,
};
use stgan_portraits::{Clip, Motion, portraits};
use stgan_train::evaluate::tracking::{Conditions, jitter_and_latency};

/// A detector that returns the same faces for every video frame.
#[derive(Clone, Default)]
struct Script {
    faces: Rc<RefCell<Vec<LocatedFace>>>,
    /// Whether `refine` finds a face.
    visible: Rc<Cell<bool>>,
    /// The number of calls of `detect`.
    detections: Rc<Cell<u32>>,
    /// The number of calls of `refine`.
    refinements: Rc<Cell<u32>>,
}

impl Script {
    fn of(faces: &[LocatedFace]) -> Self {
        let script = Self::default();
        script.faces.replace(faces.to_vec());
        script.visible.set(true);
        script
    }
}

impl FaceDetector for Script {
    fn detect<P: Photo>(&self, _: &P) -> Result<Vec<LocatedFace>, P::Error> {
        self.detections.set(self.detections.get() + 1);
        Ok(self.faces.borrow().clone())
    }

    fn refine<P: Photo>(&self, _: &P, near: &Placement) -> Result<Option<LocatedFace>, P::Error> {
        self.refinements.set(self.refinements.get() + 1);
        let off = |face: &LocatedFace| (face.placement().x - near.x).hypot(face.placement().y - near.y);
        let nearest = self.faces.borrow().iter().copied().min_by(|a, b| off(a).total_cmp(&off(b)));
        Ok(nearest.filter(|face| self.visible.get() && off(face) < 30.0))
    }
}

const SIZE: (u32, u32) = (320, 240);

/// The default settings with a change.
fn settings(change: impl FnOnce(&mut TrackSettings)) -> TrackSettings {
    let mut settings = TrackSettings::default();
    change(&mut settings);
    settings
}

fn face(x: f64, y: f64) -> LocatedFace {
    LocatedFace::new([[x - 20.0, y], [x + 20.0, y]], 0.9)
}

/// Generators that do not move the glasses, so that only the tracker does.
fn identity() -> TryOn {
    use stgan::model::{Cascade, GeneratorSpec, Inputs, initialise};
    let spec = GeneratorSpec {
        size: 24.into(),
        channels: vec![2, 2],
        hidden: 3,
        inputs: Inputs::RgbaPose,
        ..GeneratorSpec::paper()
    };
    let parameters = initialise(&spec.tensors(0), || 0.0).unwrap();
    TryOn::from_cascade(&Cascade::new(&spec, 1, &parameters).unwrap()).unwrap()
}

fn glasses(width: u32, height: u32) -> Foreground {
    Foreground::new(Bitmap::new(width, height, vec![255; (width * height * 4) as usize]).unwrap().as_ref()).unwrap()
}

fn grey_image() -> Bitmap {
    Bitmap::new(SIZE.0, SIZE.1, vec![128; (SIZE.0 * SIZE.1 * 4) as usize]).unwrap()
}

/// A video of 30 frames per second.
struct Video<'a> {
    tracker: Tracker<Script>,
    script: &'a Script,
    time: f64,
}

impl<'a> Video<'a> {
    fn new(script: &'a Script, settings: TrackSettings) -> Self {
        let tracker = Tracker::new(identity(), script.clone(), glasses(100, 40), settings).unwrap();
        Self { tracker, script, time: 0.0 }
    }

    fn next(&mut self) -> Vec<TrackedFace> {
        self.time += 1.0 / 30.0;
        self.tracker.advance(&grey_image().as_ref(), self.time, 1).unwrap()
    }

    fn run(&mut self, frames: u32) -> Vec<TrackedFace> {
        (0..frames).map(|_| self.next()).last().unwrap_or_default()
    }
}

#[test]
fn a_lost_face_that_returns_gets_a_new_id() {
    let script = Script::of(&[face(150.0, 100.0)]);
    let mut video = Video::new(&script, settings(|s| s.refine_every = 4));
    let first = video.next()[0];
    assert!(
        (first.lens_centres[0][0] - 130.0).abs() < 1e-6 && (first.lens_centres[1][0] - 170.0).abs() < 1e-6,
        "{first:?}"
    );
    assert_eq!((first.score, script.detections.get()), (0.9, 1));
    assert_eq!(video.run(20)[0].id, first.id);
    assert_eq!(script.detections.get(), 1, "a tracked face needs no detection");
    assert!((3..20).contains(&script.refinements.get()), "{} refinements", script.refinements.get());

    // A single missed refinement does not drop the face.
    script.visible.set(false);
    while script.refinements.get() < 6 {
        assert_eq!(video.next().len(), 1);
    }
    script.visible.set(true);
    assert_eq!(video.run(5).len(), 1);
    script.visible.set(false);
    script.faces.borrow_mut().clear();
    assert!(video.run(8).is_empty());
    let before = script.detections.get();
    assert!(video.run(5).is_empty());
    assert_eq!(script.detections.get(), before + 5, "detection runs on every video frame while no face is tracked");

    script.faces.borrow_mut().push(face(80.0, 120.0));
    let again = video.next()[0];
    assert_ne!(again.id, first.id);
    assert!((again.placement.x - 80.0).abs() < 1e-6);
    assert_eq!(video.script.faces.borrow().len(), 1);
}

#[test]
fn glasses_of_a_real_width_follow_the_pupils() {
    let script = Script::of(&[face(150.0, 100.0)]);
    let mut video = Video::new(&script, settings(|_| {}));
    let learned = video.run(3)[0];
    let mut widths = Vec::new();
    for mm in [125.0, 145.0] {
        video.tracker.set_real_width(Some(RealWidth::new(mm, None).unwrap()));
        // The change is smoothed.
        let shown = video.run(300)[0];
        assert!((shown.placement.width - mm / 63.0 * 40.0).abs() < 0.01, "{shown:?}");
        assert_eq!(shown.id, learned.id);
        assert!((shown.placement.x - 150.0).abs() < 1e-3 && (shown.placement.y - 100.0).abs() < 1e-3);
        widths.push(shown.placement.width);
    }
    assert!((widths[0] / widths[1] - 125.0 / 145.0).abs() < 1e-3, "{widths:?}");
    video.tracker.set_real_width(None);
    assert!((video.run(300)[0].placement.width - learned.placement.width).abs() < 0.01);
}

#[test]
fn up_to_the_maximum_number_of_people_are_tracked_each_once() {
    let people = [face(60.0, 100.0), face(160.0, 100.0), face(64.0, 102.0), face(260.0, 100.0)];
    let script = Script::of(&people);
    let ids = |faces: &[TrackedFace]| faces.iter().map(|face| (face.id, face.placement.x.round())).collect::<Vec<_>>();
    let mut two = Video::new(&script, settings(|s| s.people = 2));
    assert_eq!(ids(&two.next()), [(0, 60.0), (1, 160.0)]);
    let mut all = Video::new(&script, settings(|s| s.people = 8));
    assert_eq!(ids(&all.next()), [(0, 60.0), (1, 160.0), (2, 260.0)]);
    // Periodic detection finds a face that appears later.
    script.faces.borrow_mut().push(face(110.0, 200.0));
    assert_eq!(ids(&all.run(30)), [(0, 60.0), (1, 160.0), (2, 260.0), (3, 110.0)]);
    // A face that leaves makes room for another one.
    script.faces.borrow_mut().retain(|face| face.placement().x > 100.0);
    assert_eq!(ids(&two.run(60)), [(1, 160.0), (2, 260.0)]);
}

#[test]
fn glasses_that_drift_from_the_face_are_placed_again() {
    let script = Script::of(&[face(150.0, 100.0)]);
    let mut video = Video::new(&script, TrackSettings::default());
    let first = video.next()[0];
    *script.faces.borrow_mut() = vec![face(172.0, 100.0)];
    let moved = video.run(30)[0];
    assert_eq!(moved.id, first.id);
    assert!((moved.placement.x - 172.0).abs() < 1.0, "{moved:?}");
}

#[test]
fn pauses_seeks_and_size_changes_restart_detection() {
    let script = Script::of(&[face(150.0, 100.0)]);
    let mut video = Video::new(&script, TrackSettings::default());
    let first = video.next()[0].id;
    for jump in [5.0, -20.0] {
        video.time += jump;
        let detections = script.detections.get();
        assert_ne!(video.next()[0].id, first);
        assert_eq!(script.detections.get(), detections + 1, "after {jump} seconds");
    }
    let smaller = Bitmap::new(300, 200, vec![9; 300 * 200 * 4]).unwrap();
    let detections = script.detections.get();
    video.tracker.advance(&smaller.as_ref(), video.time + 0.03, 1).unwrap();
    assert_eq!(script.detections.get(), detections + 1);
}

#[test]
fn new_glasses_keep_the_pose_and_the_id() {
    let script = Script::of(&[face(150.0, 100.0)]);
    let mut video = Video::new(&script, TrackSettings::default());
    let before = video.run(3)[0];
    video.tracker.set_glasses(glasses(400, 100));
    let after = video.next()[0];
    assert_eq!(after.id, before.id);
    let middle = |h: &Homography, x, y| h.apply([x, y]);
    let (a, b) = (middle(&before.homography, 50.0, 20.0), middle(&after.homography, 200.0, 50.0));
    assert!((a[0] - b[0]).hypot(a[1] - b[1]) < 1e-6, "{a:?} and {b:?}");
    // The width on the face does not depend on the size of the glasses image.
    assert!((after.homography.apply([400.0, 50.0])[0] - before.homography.apply([100.0, 20.0])[0]).abs() < 1e-6);
}

#[test]
fn faces_outside_the_video_frame_or_degenerate_are_dropped_without_an_error() {
    let script = Script::of(&[face(-4000.0, 100.0)]);
    let mut video = Video::new(&script, TrackSettings::default());
    assert!(video.run(3).is_empty());
    // The same holds for faces with invalid pupils.
    *script.faces.borrow_mut() = vec![LocatedFace::new([[f64::NAN; 2]; 2], 1.0), LocatedFace::new([[5.0; 2]; 2], 1.0)];
    assert!(video.run(3).is_empty());
}

#[test]
fn invalid_settings_and_times_are_argument_errors() {
    let script = Script::of(&[face(150.0, 100.0)]);
    let code =
        |settings| Tracker::new(identity(), script.clone(), glasses(100, 40), settings).err().map(|error| error.code());
    let valid = TrackSettings::default();
    assert_eq!(code(valid), None);
    let smoothing = |min_cutoff| Smoothing { min_cutoff, ..valid.smoothing };
    for settings in [
        settings(|s| s.people = 0),
        settings(|s| s.people = MAX_PEOPLE + 1),
        settings(|s| s.smoothing = smoothing(0.0)),
        settings(|s| s.smoothing = smoothing(f64::NAN)),
        settings(|s| s.refine_every = 0),
        settings(|s| s.max_gap = f64::INFINITY),
    ] {
        assert_eq!(code(settings), Some("argument"), "{settings:?}");
    }
    let mut video = Video::new(&script, valid);
    for (time, updates) in [(f64::NAN, 1), (f64::INFINITY, 1), (1.0, 0), (1.0, 65)] {
        assert_eq!(video.tracker.advance(&grey_image().as_ref(), time, updates).unwrap_err().code(), "argument");
    }
    assert_eq!(video.next().len(), 1, "the tracker still works after errors");
}

/// The shipped weights; `None`, with a message, if the locator weights are missing.
fn shipped() -> Option<(TryOn, Locator)> {
    let tryon = TryOn::new(include_bytes!("../../../../weights/glasses.safetensors")).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../weights/locator.safetensors");
    let Ok(weights) = std::fs::read(path) else {
        eprintln!("skipped: {path} does not exist");
        return None;
    };
    Some((tryon, Locator::new(&weights).unwrap()))
}

fn catalogue(index: usize) -> Foreground {
    Foreground::new(stgan_synth::catalogue()[index].render(400).unwrap().as_ref()).unwrap()
}

/// `stgan track` prints the same metrics for all portraits and more glasses.
#[test]
fn jitter_and_latency_are_small() {
    let Some((tryon, locator)) = shipped() else { return };
    let conditions = Conditions { width: 400, height: 240, fps: 30.0, noise: 4.0, updates: tryon.stages() };
    let people = &portraits()[2..];
    let settings = TrackSettings::default();
    let report = jitter_and_latency(&tryon, &locator, &settings, people, &[catalogue(0)], &conditions).unwrap();
    assert!(report.jitter.worst < 0.005, "{report:?}");
    assert!(report.latency.worst < 0.06, "{report:?}");
    assert!(report.jitter.mean < report.jitter_unsmoothed.mean, "smoothing reduces jitter: {report:?}");
}

#[test]
fn a_visiting_face_is_detected_tracked_lost_and_detected_again() {
    let Some((tryon, locator)) = shipped() else { return };
    let clip = Clip::new(&portraits()[3], 320, 240, Motion::Visit).unwrap();
    let mut tracker = Tracker::new(tryon, locator, catalogue(2), TrackSettings::default()).unwrap();
    let mut tracked: Vec<Option<(u32, f64)>> = Vec::new();
    // 12 frames per second, as on a slow machine.
    for k in 0..(clip.duration() * 12.0) as u32 {
        let time = f64::from(k) / 12.0;
        let faces = tracker.advance(&clip.video_frame(time, 3.0).as_ref(), time, 2).unwrap();
        let pupils = clip.pupils(time);
        let error = |face: &TrackedFace| {
            let each =
                [0, 1].map(|i| (face.lens_centres[i][0] - pupils[i][0]).hypot(face.lens_centres[i][1] - pupils[i][1]));
            0.5 * (each[0] + each[1]) / clip.inter_pupil_distance()
        };
        tracked.push(faces.first().map(|face| (face.id, error(face))));
    }
    let at = |time: f64| tracked[(time * 12.0) as usize];
    let present = [2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 5.9].map(at);
    for (k, face) in present.iter().enumerate() {
        let (id, error) = face.unwrap_or_else(|| panic!("no face at {k}: {tracked:?}"));
        assert_eq!(Some(id), present[0].map(|(id, _)| id), "the id never changes: {tracked:?}");
        assert!(error < 0.25, "{k}: error of {error} inter-pupil distances: {tracked:?}");
    }
    assert!([7.3, 7.6, 7.9].map(at).iter().all(Option::is_none), "no face is visible: {tracked:?}");
    let (id, error) = at(9.8).expect("the face has returned");
    assert!(Some(id) != present[0].map(|(id, _)| id) && error < 0.25, "{tracked:?}");
}
