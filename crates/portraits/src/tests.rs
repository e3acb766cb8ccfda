use crate::portrait::{Portrait, portraits};
use stgan::Bitmap;

/// The mean brightness of the pixels around a point, up to `radius` pixels away in x and y.
fn brightness(image: &Bitmap, x: f64, y: f64, radius: i64) -> f64 {
    let (cx, cy) = (x.floor() as i64, y.floor() as i64);
    let cells = (-radius..=radius).flat_map(|dy| (-radius..=radius).map(move |dx| (cx + dx, cy + dy)));
    let values: Vec<f64> = cells
        .map(|(x, y)| {
            let at = (y * i64::from(image.width()) + x) as usize * 4;
            image.data()[at..at + 3].iter().map(|&v| f64::from(v)).sum::<f64>() / 3.0
        })
        .collect();
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn a_portrait_renders_opaque_and_deterministically() {
    let portrait = &portraits()[1];
    let image = portrait.render(96).unwrap();
    assert_eq!((image.width(), image.height()), (96, 120));
    assert!(image.data().chunks_exact(4).all(|pixel| pixel[3] == 255));
    assert_eq!(image, portrait.render(96).unwrap());
}

#[test]
fn the_reported_pupils_are_dark_in_every_portrait() {
    for portrait in portraits() {
        let image = portrait.render(128).unwrap();
        let [right, left] = portrait.pupils.map(|[x, y]| [x * 128.0, y * 160.0]);
        let apart = left[0] - right[0];
        assert!((18.0..32.0).contains(&apart) && (left[1] - right[1]).abs() < 0.1 * apart, "{}", portrait.id);
        for [x, y] in [right, left] {
            let pupil = brightness(&image, x, y, 0);
            let cheek = brightness(&image, x, y + 0.45 * apart, 1);
            assert!(pupil < 0.75 * cheek, "{}: pupil {pupil}, cheek {cheek}", portrait.id);
        }
    }
}

#[test]
fn the_reported_pupils_are_dark_in_a_turned_portrait() {
    let straight = &portraits()[3];
    let apart = |portrait: &Portrait| portrait.pupils[1][0] - portrait.pupils[0][0];
    assert_eq!(straight.turned(0.0).unwrap().pupils, straight.pupils);
    for degrees in [-25.0, 25.0] {
        let turned = straight.turned(degrees).unwrap();
        assert!(apart(&turned) < 0.95 * apart(straight), "pupils are closer together on a turned head");
        let image = turned.render(128).unwrap();
        for [x, y] in turned.pupils.map(|[x, y]| [x * 128.0, y * 160.0]) {
            let (pupil, cheek) = (brightness(&image, x, y, 0), brightness(&image, x, y + 11.0, 1));
            assert!(pupil < 0.8 * cheek, "{degrees}: pupil {pupil}, cheek {cheek}");
        }
    }
    assert_eq!(straight.turned(f64::NAN).unwrap_err().code(), "argument");
}

#[test]
fn a_margin_adds_background_and_keeps_the_person_in_place() {
    let portrait = &portraits()[3];
    let (narrow, wide) = (portrait.render(96).unwrap(), portrait.render_wide(96, 0.5).unwrap());
    assert_eq!((wide.width(), wide.height()), (192, narrow.height()));
    let [[x, y], _] = portrait.pupils.map(|[x, y]| [x * 96.0, y * 120.0]);
    assert!((brightness(&narrow, x, y, 1) - brightness(&wide, x + 48.0, y, 1)).abs() < 8.0);
    assert_eq!(portrait.render_wide(96, -1.0).unwrap_err().code(), "argument");
}

#[test]
fn ids_are_unique_and_initial_placements_are_rough() {
    let all = portraits();
    assert!(all.len() >= 4);
    for (i, portrait) in all.iter().enumerate() {
        assert!(all[..i].iter().all(|other| other.id != portrait.id));
        let (x, y, width) = portrait.placement(1000);
        let [[rx, ry], [lx, ly]] = portrait.pupils.map(|[x, y]| [x * 1000.0, y * 1250.0]);
        let apart = lx - rx;
        let off = (x - (rx + lx) / 2.0).hypot(y - (ry + ly) / 2.0) / apart;
        assert!((0.15..0.4).contains(&off) && (2.2..2.7).contains(&(width / apart)), "{}", portrait.id);
    }
}

#[test]
fn widths_outside_the_range_are_errors() {
    assert_eq!(portraits()[0].render(0).unwrap_err().code(), "argument");
    assert_eq!(portraits()[0].render(u32::MAX).unwrap_err().code(), "image-too-large");
}
