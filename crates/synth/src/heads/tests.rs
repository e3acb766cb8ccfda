//! Tests of the heads, on a small folder of shapes.

use super::pose::Pose;
use super::small_shapes::{folder, target};
use super::surface::Attached;
use super::*;
use glam::Vec3;
use std::path::Path;

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

#[test]
fn equal_seeds_give_equal_heads_and_other_splits_other_people() {
    let folder = folder("seeds");
    let shapes = Shapes::open(&folder.0).unwrap();
    let head = |split, seed, index| Head::sample(&shapes, Options::default(), split, seed, index);
    let draw = |split, seed, index| {
        let head = head(split, seed, index);
        (head.draw().unwrap(), head.labels().unwrap())
    };
    let first = draw(Split::Train, 3, 5);
    assert_eq!(first, draw(Split::Train, 3, 5));
    assert_eq!((first.0.width(), first.0.height()), SIZE);
    for other in [(Split::Validation, 3, 5), (Split::Train, 4, 5), (Split::Train, 3, 6)] {
        let other = draw(other.0, other.1, other.2);
        assert!(first.0 != other.0 && first.1 != other.1);
    }
}

#[test]
fn the_lens_centres_of_a_frontal_head_are_at_its_pupils() {
    let folder = folder("frontal");
    let shapes = Shapes::open(&folder.0).unwrap();
    let mut head = Head::sample(&shapes, Options::default(), Split::Train, 1, 0);
    head.pose = Pose::new(0.0, 0.0);
    let labels = head.labels().unwrap();
    for (pupil, x) in labels.pupils.into_iter().zip([-0.5, 0.5]) {
        let lens = labels.plane.apply([x, 0.0]);
        // The plane is nearer to the camera, which magnifies it by 1 %.
        assert!(distance(pupil, lens) < 0.8, "{pupil:?}, {lens:?}");
    }
    assert!(distance(labels.pupils[0], labels.pupils[1]) > 54.0);
}

#[test]
fn eyeballs_lie_on_the_lines_through_pupils_that_look_straight_ahead() {
    let folder = folder("eyes");
    let shapes = Shapes::open(&folder.0).unwrap();
    let mut head = Head::sample(&shapes, Options::default(), Split::Train, 2, 0);
    for (yaw, pitch) in [(0.0, 0.0), (35.0, 0.0), (-45.0, 20.0), (10.0, -25.0)] {
        head.pose = Pose::new(yaw, pitch);
        let labels = head.labels().unwrap();
        let [centres, out] = [0.0, 1.0].map(|out| {
            head.identity.eyes.map(|eye| head.pose.camera.project(eye + out * Vec3::Z).0.to_array().map(f64::from))
        });
        for k in 0..2 {
            // The lens centre and the pupil are on the line from the eyeball straight ahead.
            let lens = labels.plane.apply([k as f64 - 0.5, 0.0]);
            for point in [lens, labels.pupils[k]] {
                let along = [out[k][0] - centres[k][0], out[k][1] - centres[k][1]];
                let to = [point[0] - centres[k][0], point[1] - centres[k][1]];
                let aside = (along[0] * to[1] - along[1] * to[0]) / along[0].hypot(along[1]).max(1.0);
                assert!(aside.abs() < 0.3, "{yaw} {pitch}: {aside}");
                assert!(distance(point, centres[k]) < 25.0);
            }
        }
    }
}

#[test]
fn the_plane_of_glasses_moves_with_the_pupils() {
    let folder = folder("gaze");
    let shapes = Shapes::open(&folder.0).unwrap();
    let mut head = Head::sample(&shapes, Options::default(), Split::Train, 2, 0);
    for (yaw, pitch) in [(0.0, 0.0), (30.0, -10.0), (-40.0, 15.0)] {
        let middle = |gaze: Vec3, head: &mut Head| {
            head.pose = Pose::new(yaw, pitch);
            head.pose.gaze = [gaze.normalize(); 2];
            let labels = head.labels().unwrap();
            let to_plane = labels.plane.inverse().unwrap();
            let [right, left] = labels.pupils.map(|pupil| to_plane.apply(pupil));
            ([right[0] + left[0], right[1] + left[1]], labels.plane.apply([0.0, 0.0]))
        };
        let (ahead, origin) = middle(Vec3::Z, &mut head);
        let (aside, moved) = middle(Vec3::new(0.4, -0.2, 1.0), &mut head);
        assert!(distance(ahead, aside) < 2e-3, "{ahead:?} {aside:?}");
        assert!(distance(origin, moved) > 2.0 && moved[0] > origin[0] && moved[1] > origin[1]);
    }
}

#[test]
fn a_turned_head_has_the_pose_that_was_asked_for() {
    let folder = folder("pose");
    let shapes = Shapes::open(&folder.0).unwrap();
    let mut head = Head::sample(&shapes, Options::default(), Split::Train, 2, 1);
    for (yaw, pitch) in [(30.0, 0.0), (-30.0, 0.0), (0.0, 20.0), (0.0, -20.0)] {
        head.pose = Pose::new(yaw, pitch);
        let labels = head.labels().unwrap();
        // The direction in which the face looks, in the camera's axes: x right, y down, z forward.
        let ahead = head.pose.camera.rotation * Vec3::Z;
        assert!((ahead.x.atan2(-ahead.z).to_degrees() - yaw).abs() < 0.01, "{ahead:?}");
        assert!((ahead.y.asin().to_degrees() - pitch).abs() < 0.01, "{ahead:?}");
        assert_eq!((labels.yaw, labels.pitch), (f64::from(yaw), f64::from(pitch)));
        let height = |x: f64| distance(labels.plane.apply([x, -0.3]), labels.plane.apply([x, 0.3]));
        let width = |y: f64| distance(labels.plane.apply([-1.0, y]), labels.plane.apply([1.0, y]));
        // The nearer lens is larger: the left one in the image of a face that turns to the right.
        assert!(yaw == 0.0 || (height(-0.5) > height(0.5)) == (yaw > 0.0));
        // The upper edge of a face that looks down is nearer.
        assert!(pitch == 0.0 || (width(-0.5) > width(0.5)) == (pitch > 0.0));
    }
}

#[test]
fn a_missing_or_truncated_file_of_the_shapes_is_named() {
    let folder = folder("broken");
    let message = |root: &Path| {
        let error = Shapes::open(root).unwrap_err();
        assert_eq!(error.code(), "argument");
        error.to_string()
    };
    assert!(message(&folder.0.join("none")).contains("make shapes"));
    target(&folder.0, "nose/nose-hump-incr", &vec![(1, [1.0; 3]); 400]);
    let path = folder.0.join("targets/nose/nose-hump-incr.target.gz");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(message(&folder.0).contains("nose-hump-incr"));
    std::fs::write(&path, whole).unwrap();
    assert!(Shapes::open(&folder.0).is_ok());
    let object = folder.0.join("3dobjs/base.obj");
    let text = std::fs::read_to_string(&object).unwrap();
    std::fs::write(&object, &text[..text.len() / 2]).unwrap();
    assert!(message(&folder.0).contains("base.obj"));
    std::fs::write(&object, text).unwrap();
    std::fs::remove_file(folder.0.join("textures/mpfb_lips.jpg")).unwrap();
    assert!(message(&folder.0).contains("mpfb_lips.jpg"));
}

#[test]
fn the_shapes_of_makehuman_give_plausible_heads() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shapes");
    if !root.is_dir() {
        eprintln!("skipped: `make shapes` has not been run");
        return;
    }
    let shapes = Shapes::open(&root).unwrap();
    for index in 0..40 {
        let head = Head::sample(&shapes, Options::default(), Split::Validation, 1, index);
        let labels = head.labels().unwrap();
        assert!((1.8..3.1).contains(&labels.temple_width), "{index}: {}", labels.temple_width);
        let on = |at: &Attached| at.on(&head.identity.points);
        let [right, left] = shapes.surface.temples.each_ref().map(on);
        assert!(right.x < head.identity.eyes[0].x && head.identity.eyes[1].x < left.x);
        let middle = [0, 1].map(|k| 0.5 * (labels.pupils[0][k] + labels.pupils[1][k]));
        assert!(distance(middle, [127.3, 159.2]) < 20.0, "{index}: {middle:?}");
    }
}
