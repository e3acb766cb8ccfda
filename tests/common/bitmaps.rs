//! Bitmaps and homographies for tests of compositing.

// Not every test program uses all items.
#![allow(dead_code, unreachable_pub)]

use stgan::compose::Foreground;
use stgan::{Bitmap, Homography};

pub const IDENTITY: Homography = Homography::IDENTITY;

pub fn image(width: u32, height: u32, pixel: impl Fn(u32, u32) -> [u8; 4]) -> Bitmap {
    let data = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| pixel(x, y)).collect();
    Bitmap::new(width, height, data).unwrap()
}

/// Reproducible pseudorandom bytes.
pub fn noise(x: u32, y: u32, seed: u32) -> [u8; 4] {
    let mut state = (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b) ^ seed.wrapping_mul(0xc2b2_ae35)) | 1;
    [0; 4].map(|_: u8| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state.wrapping_mul(0x2545_f491) >> 24) as u8
    })
}

pub fn foreground(bitmap: &Bitmap) -> Foreground {
    Foreground::new(bitmap.as_ref()).unwrap()
}

pub fn at(bitmap: &Bitmap, x: u32, y: u32) -> [u8; 4] {
    let start = (y as usize * bitmap.width() as usize + x as usize) * 4;
    bitmap.data()[start..start + 4].try_into().unwrap()
}

/// Glasses `width` pixels wide: two translucent lenses with opaque rims on a transparent
/// background, whose invisible colour is green.
pub fn glasses(width: u32) -> Bitmap {
    let height = width * 2 / 5;
    image(width, height, |x, y| {
        let (x, y) = ((f64::from(x) + 0.5) / f64::from(width), (f64::from(y) + 0.5) / f64::from(height));
        let lens = |centre: f64| ((x - centre) / 0.24).hypot((y - 0.5) / 0.48);
        match lens(0.25).min(lens(0.75)) {
            r if r < 0.92 => [30, 60, 90, 70],
            r if r < 1.0 => [90, 40, 20, 255],
            _ => [0, 255, 0, 0],
        }
    })
}

/// Homographies from glasses to a photo: large and small, rotated, in perspective.
pub fn placements(count: u32) -> impl Iterator<Item = Homography> {
    (0..count).map(|k| {
        let [a, b, c, d] = noise(k, 7, 1).map(|v| f64::from(v) / 255.0);
        let [e, f, ..] = noise(k, 8, 2).map(|v| f64::from(v) / 255.0 - 0.5);
        let scale = 0.05 * 40f64.powf(a);
        Homography::similarity(scale, 6.3 * b, 160.0 * c, 120.0 * d)
            * Homography([1.0, 0.3 * e, 0.0, 0.2 * f, 1.0, 0.0, 0.004 * e, 0.004 * f, 1.0])
    })
}
