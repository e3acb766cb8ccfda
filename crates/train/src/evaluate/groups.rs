//! Landmark errors by groups of faces: head yaw, skin tone, colour and sharpness of the image.

use super::{MeasuredFit, Spread, Summary};
use crate::Result;
use crate::data::Face;
use crate::data::landmarks::{Landmarks, distance};
use rayon::prelude::*;
use serde::Serialize;
use stgan::Bitmap;

/// A group of faces, and the landmark errors of its fits after the last update.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaceGroup {
    /// The distribution of initial placements.
    pub spread: Spread,
    /// The property by which faces are grouped.
    pub by: &'static str,
    /// The name of the group.
    pub name: &'static str,
    /// The number of faces.
    pub faces: usize,
    /// The landmark errors.
    #[serde(flatten)]
    pub errors: Summary,
}

/// The properties by which faces are grouped.
struct Traits {
    /// The absolute yaw in degrees.
    yaw: Option<f64>,
    /// The individual typology angle of the cheeks in degrees (Chardon et al., 1991); `None` for a
    /// grey image.
    typology: Option<f64>,
    grey: bool,
    sharpness: f64,
}

/// The mean CIELAB chroma of the cheeks below which an image counts as grey.
const MAX_GREY_CHROMA: f64 = 4.0;

/// Groups the landmark errors of `fits` by yaw, skin tone, colour and sharpness.
///
/// `fits` is the result of [`super::measure`] for `faces` and `spread`. Empty groups are omitted.
///
/// # Errors
/// The errors of [`Face::image`].
pub fn groups(faces: &[Face], spread: Spread, fits: &[MeasuredFit]) -> Result<Vec<FaceGroup>> {
    let traits: Vec<Traits> = faces.par_iter().map(Traits::of).collect::<Result<_>>()?;
    let mut sharpness: Vec<f64> = traits.iter().map(|t| t.sharpness).collect();
    sharpness.sort_by(f64::total_cmp);
    let third = |k: usize| sharpness.get(k * sharpness.len() / 3).copied().unwrap_or(f64::INFINITY);
    type Kind<'a> = (&'static str, &'static str, Box<dyn Fn(&Traits) -> bool + 'a>);
    let yaw = |low: f64, high: f64| move |t: &Traits| t.yaw.is_some_and(|yaw| (low..high).contains(&yaw));
    let tone = |low: f64, high: f64| move |t: &Traits| t.typology.is_some_and(|angle| (low..high).contains(&angle));
    let (soft, sharp) = (third(1), third(2));
    let kinds: [Kind; 13] = [
        ("yaw", "less than 10°", Box::new(yaw(0.0, 10.0))),
        ("yaw", "10 to 20°", Box::new(yaw(10.0, 20.0))),
        ("yaw", "20 to 30°", Box::new(yaw(20.0, 30.0))),
        ("yaw", "30° or more", Box::new(yaw(30.0, f64::INFINITY))),
        ("skin (typology angle)", "light, above 41°", Box::new(tone(41.0, f64::INFINITY))),
        ("skin (typology angle)", "intermediate, 28 to 41°", Box::new(tone(28.0, 41.0))),
        ("skin (typology angle)", "tan, 10 to 28°", Box::new(tone(10.0, 28.0))),
        ("skin (typology angle)", "brown or dark, below 10°", Box::new(tone(f64::NEG_INFINITY, 10.0))),
        ("colour", "in colour", Box::new(|t: &Traits| !t.grey)),
        ("colour", "grey", Box::new(|t: &Traits| t.grey)),
        ("sharpness", "softest third", Box::new(move |t: &Traits| t.sharpness < soft)),
        ("sharpness", "middle third", Box::new(move |t: &Traits| (soft..sharp).contains(&t.sharpness))),
        ("sharpness", "sharpest third", Box::new(move |t: &Traits| t.sharpness >= sharp)),
    ];
    let group = |(by, name, is): &Kind| {
        let errors = fits.iter().filter(|fit| is(&traits[fit.face])).filter_map(|fit| fit.errors.last().copied());
        let faces = traits.iter().filter(|t| is(t)).count();
        Some(FaceGroup { spread, by, name, faces, errors: Summary::of_some(errors.collect())? })
    };
    Ok(kinds.iter().filter_map(group).collect())
}

impl Traits {
    fn of(face: &Face) -> Result<Self> {
        let image = face.image()?;
        let yaw = face.yaw.map(f64::abs);
        let Some(target) = &face.target else {
            return Ok(Self { yaw, typology: None, grey: false, sharpness: 0.0 });
        };
        let skin = cheeks(&image, target);
        let chroma = mean(skin.iter().map(|[_, a, b]| a.hypot(*b)));
        let grey = chroma < MAX_GREY_CHROMA;
        // The typology angle is atan2(L* − 50, b*).
        let typology = (!grey && !skin.is_empty()).then(|| {
            let (lightness, yellow) = (mean(skin.iter().map(|c| c[0])), mean(skin.iter().map(|c| c[2])));
            (lightness - 50.0).atan2(yellow).to_degrees()
        });
        Ok(Self { yaw, typology, grey, sharpness: sharpness(&image, target) })
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    sum / f64::max(count, 1.0)
}

/// The CIELAB colours of two squares on the cheeks, 0.75 inter-pupil distances below the pupils.
fn cheeks(image: &Bitmap, target: &Landmarks) -> Vec<[f64; 3]> {
    let eyes = distance(target[0], target[1]);
    let along = [(target[1][0] - target[0][0]) / eyes, (target[1][1] - target[0][1]) / eyes];
    let reach = (0.12 * eyes).round() as i64;
    let mut colours = Vec::new();
    for pupil in &target[..2] {
        let (x, y) = (pupil[0] - 0.75 * eyes * along[1], pupil[1] + 0.75 * eyes * along[0]);
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                colours.extend(pixel(image, x as i64 + dx, y as i64 + dy).map(lab));
            }
        }
    }
    colours
}

fn pixel(image: &Bitmap, x: i64, y: i64) -> Option<[u8; 3]> {
    let (width, height) = (i64::from(image.width()), i64::from(image.height()));
    if !(0..width).contains(&x) || !(0..height).contains(&y) {
        return None;
    }
    let at = 4 * (y * width + x) as usize;
    image.data()[at..at + 3].try_into().ok()
}

/// Converts an sRGB colour to CIELAB (D65).
fn lab(colour: [u8; 3]) -> [f64; 3] {
    let [r, g, b] = colour.map(|value| {
        let x = f64::from(value) / 255.0;
        if x <= 0.04045 { x / 12.92 } else { ((x + 0.055) / 1.055).powf(2.4) }
    });
    let f = |t: f64| if t > 216.0 / 24389.0 { t.cbrt() } else { (24389.0 / 27.0 * t + 16.0) / 116.0 };
    let x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
    let y = f(0.2126729 * r + 0.7151522 * g + 0.0721750 * b);
    let z = f((0.0193339 * r + 0.1191920 * g + 0.9503041 * b) / 1.08883);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The sharpness of the region around the eyes: the mean absolute Laplacian divided by the standard
/// deviation of the brightness.
fn sharpness(image: &Bitmap, target: &Landmarks) -> f64 {
    let eyes = distance(target[0], target[1]);
    let middle = [0.5 * (target[0][0] + target[1][0]), 0.5 * (target[0][1] + target[1][1])];
    let span = |centre: f64, reach: f64| (centre - reach) as i64..(centre + reach) as i64;
    let grey =
        |x, y| pixel(image, x, y).map(|[r, g, b]| 0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b));
    let (mut values, mut edges) = (Vec::new(), Vec::new());
    for y in span(middle[1], 0.5 * eyes) {
        for x in span(middle[0], eyes) {
            let around = [grey(x - 1, y), grey(x + 1, y), grey(x, y - 1), grey(x, y + 1)];
            if let (Some(here), [Some(a), Some(b), Some(c), Some(d)]) = (grey(x, y), around) {
                values.push(here);
                edges.push((4.0 * here - a - b - c - d).abs());
            }
        }
    }
    let average = mean(values.iter().copied());
    let deviation = mean(values.iter().map(|value| (value - average).powi(2))).sqrt();
    mean(edges.into_iter()) / deviation.max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lab_values_match_the_standard() {
        for (colour, expected) in [
            ([255, 255, 255], [100.0, 0.0, 0.0]),
            ([0, 0, 0], [0.0; 3]),
            ([255, 0, 0], [53.24, 80.09, 67.20]),
            ([0, 0, 255], [32.30, 79.19, -107.86]),
        ] {
            let found = lab(colour);
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 0.05), "{colour:?}: {found:?}");
        }
    }
}
