//! A soft contact shadow on the floor, derived from the silhouette of the foreground alone.
//!
//! Where a piece of furniture stands on the floor, little light reaches the floor around its foot.
//! The floor line is estimated from the lower contour of the silhouette: it follows the contour's
//! hull from the lowest point outwards, as long as the hull rises as little as an edge on the floor
//! does. The shadow is a soft band along this line, darker where the contour is close to it.

use super::{Foreground, blend, footprint};
use crate::resample;
use crate::{Bitmap, Homography, Rect, Result};

/// The longer side of the silhouette in texels.
const SIDE: f64 = 128.0;
/// The least opacity of a pixel of the silhouette.
const OPAQUE: f32 = 0.5;
/// The steepest rise of an edge on the floor in the image.
const MAX_SLOPE: f64 = 0.75;
/// The deviation of the band from the floor line, in texels.
const SPREAD: f64 = 3.0;
/// The height above the floor at which the contact is weaker by a factor of e, in texels.
const HEIGHT: f64 = 6.0;
/// The share of the shadow under parts high above the floor, between the feet.
const AMBIENT: f64 = 0.25;
/// The opacity of the shadow in contact.
const DARKNESS: f64 = 0.6;
/// The distance from the band at which it ends, in deviations.
const REACH: f64 = 3.0;

/// The contact shadow of a foreground, to be drawn before it under the same homography.
#[derive(Clone, Debug)]
pub struct ContactShadow {
    texture: Foreground,
    /// Pixels of the texture to pixels of the foreground.
    to_foreground: Homography,
}

impl ContactShadow {
    /// The shadow of a foreground that stands on the floor.
    ///
    /// # Errors
    /// None in practice: a [`Foreground`] has visible pixels.
    pub fn new(foreground: &Foreground) -> Result<Self> {
        let Rect { x, y, width, height } = foreground.bounding_box();
        let texel = f64::from(width.max(height)) / SIDE;
        let [columns, rows] = [width, height].map(|side| (f64::from(side) / texel).round().max(1.0) as usize);
        let silhouette = Homography([texel, 0.0, f64::from(x), 0.0, texel, f64::from(y), 0.0, 0.0, 1.0]);
        let planes = resample::planar(foreground.pyramid(), &silhouette, columns, rows);
        let alpha = &planes[3 * columns * rows..];
        let contour = |column: usize| {
            let lowest = (0..rows).rev().find(|row| alpha[row * columns + column] >= OPAQUE);
            lowest.map_or(0.0, |row| (row + 1) as f64)
        };
        let contour: Vec<f64> = (0..columns).map(contour).collect();
        let floor = floor_line(&contour);

        let margin = (REACH * SPREAD).ceil();
        let top = (floor.iter().copied().fold(f64::INFINITY, f64::min) - margin).floor();
        let bottom = (floor.iter().copied().fold(f64::NEG_INFINITY, f64::max) + margin).ceil();
        let (wide, high) = (columns + 2 * margin as usize, (bottom - top) as usize);
        let at = |column: usize| column as f64 + 0.5 - margin;
        let strengths: Vec<f64> = contour.iter().zip(&floor).map(|(c, f)| strength(f - c)).collect();
        let mut pixels = Vec::with_capacity(4 * wide * high);
        for row in 0..high {
            for column in 0..wide {
                let mut sum = 0.0;
                for (i, (line, strength)) in floor.iter().zip(&strengths).enumerate() {
                    let across = (at(column) - (i as f64 + 0.5)) / SPREAD;
                    let down = (top + row as f64 + 0.5 - line) / SPREAD;
                    let square = across * across + down * down;
                    if square < REACH * REACH {
                        sum += strength * (-0.5 * square).exp();
                    }
                }
                // A straight line in full contact has the sum √(2π) · SPREAD.
                let value = DARKNESS * (sum / (SPREAD * (2.0 * std::f64::consts::PI).sqrt())).min(1.0);
                pixels.extend([0, 0, 0, (255.0 * value).round() as u8]);
            }
        }
        // A shadow fainter than a foreground may be still needs a visible pixel.
        let middle = 4 * (high / 2 * wide + wide / 2) + 3;
        pixels[middle] = pixels[middle].max(super::MIN_OPAQUE_ALPHA);
        let shift = Homography::similarity(1.0, 0.0, -margin, top);
        let image = Bitmap::new(wide as u32, high as u32, pixels)?;
        Ok(Self { texture: Foreground::new(image.as_ref())?, to_foreground: silhouette * shift })
    }

    /// The bounding rectangle of the canvas pixels that the shadow can affect under `h`, the
    /// homography of the foreground. `None` if it lies outside the canvas (width, height).
    ///
    /// # Errors
    /// The errors of [`footprint`].
    pub fn footprint(&self, h: &Homography, canvas: (u32, u32)) -> Result<Option<Rect>> {
        footprint(&self.texture, &(*h * self.to_foreground), canvas)
    }

    /// Draws the shadow over a part of the photo, in place, under `h`, the homography of the
    /// foreground.
    ///
    /// # Errors
    /// The errors of [`blend`].
    pub fn blend(&self, h: &Homography, region: &mut [u8], rect: Rect) -> Result<()> {
        blend(&self.texture, &(*h * self.to_foreground), region, rect)
    }
}

/// The strength of the contact at a height above the floor, in texels.
fn strength(height: f64) -> f64 {
    AMBIENT + (1.0 - AMBIENT) * (-height.max(0.0) / HEIGHT).exp()
}

/// The floor line under a contour, which is given as the lowest y of each column (y down).
fn floor_line(contour: &[f64]) -> Vec<f64> {
    let mut line = contour.to_vec();
    let lowest = contour.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let foot = |value: &f64| *value >= lowest;
    let (first, last) = (contour.iter().position(foot), contour.iter().rposition(foot));
    let (Some(first), Some(last)) = (first, last) else { return line };
    line[first..=last].fill(lowest);
    follow(&mut line[last..]);
    line[..=first].reverse();
    follow(&mut line[..=first]);
    line[..=first].reverse();
    line
}

/// Replaces a contour that begins at the lowest point by its hull, as far as that rises gently.
/// Beyond, the line goes on with the last slope.
fn follow(contour: &mut [f64]) {
    let (mut at, mut slope) = (0, 0.0);
    while at + 1 < contour.len() {
        let rise = |to: &usize| (contour[at] - contour[*to]) / (*to - at) as f64;
        let next = (at + 1..contour.len()).min_by(|a, b| rise(a).total_cmp(&rise(b)).then(b.cmp(a)));
        let Some((next, gentle)) = next.map(|next| (next, rise(&next))).filter(|(_, rise)| *rise <= MAX_SLOPE) else {
            break;
        };
        slope = gentle;
        let start = contour[at];
        for (i, value) in (1..).zip(&mut contour[at + 1..=next]) {
            *value = start - slope * i as f64;
        }
        at = next;
    }
    let start = contour[at];
    for (i, value) in (1..).zip(&mut contour[at + 1..]) {
        *value = start - slope * i as f64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_floor_line_bridges_feet_and_ignores_overhangs() {
        // A table top at y = 10 that overhangs feet down to y = 40 on both sides.
        let mut contour = vec![10.0; 40];
        for foot in [3..6, 34..37] {
            contour[foot].fill(40.0);
        }
        assert_eq!(floor_line(&contour), vec![40.0; 40]);
    }

    #[test]
    fn the_floor_line_follows_both_lower_edges_of_a_box_seen_at_a_corner() {
        let contour: Vec<f64> = (0..30).map(|x| 50.0 - 0.4 * f64::from((x - 10i32).abs())).collect();
        for (line, contour) in floor_line(&contour).iter().zip(&contour) {
            assert!((line - contour).abs() < 1e-9);
        }
    }

    #[test]
    fn the_shadow_is_darkest_at_the_foot_and_leaves_the_rest_of_the_photo() {
        let mut pixels = vec![0; 60 * 80 * 4];
        for (i, pixel) in pixels.chunks_exact_mut(4).enumerate() {
            if (10..50).contains(&(i % 60)) && (20..60).contains(&(i / 60)) {
                pixel.copy_from_slice(&[200, 100, 50, 255]);
            }
        }
        let cabinet = Foreground::new(Bitmap::new(60, 80, pixels).unwrap().as_ref()).unwrap();
        let shadow = ContactShadow::new(&cabinet).unwrap();
        let mut photo = vec![255; 120 * 160 * 4];
        let rect = Rect { x: 0, y: 0, width: 120, height: 160 };
        let h = Homography::similarity(1.0, 0.0, 20.0, 30.0);
        shadow.blend(&h, &mut photo, rect).unwrap();
        let level = |x: usize, y: usize| photo[4 * (y * 120 + x)];
        // The foot is at y = 90.
        assert!(level(50, 90) < 130 && level(50, 91) < level(50, 92) && level(50, 92) < level(50, 93));
        assert_eq!((level(50, 60), level(50, 110), level(5, 90)), (255, 255, 255));
        let within = shadow.footprint(&h, (120, 160)).unwrap().unwrap();
        assert!(within.y > 80 && within.y + within.height < 100, "{within:?}");
        assert_eq!(shadow.blend(&Homography([0.0; 9]), &mut photo, rect).unwrap_err().code(), "degenerate");
    }
}
