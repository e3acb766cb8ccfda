//! Photos as the locator asks for them: reduced parts, from wherever the pixels are.

use crate::{Bitmap, BitmapRef, Error, Rect, Result};

/// A photo that hands out reduced parts of itself. One in memory is a [`BitmapRef`]; the browser's stay where they are.
pub trait Photo {
    /// What reading may fail with.
    type Error: From<Error>;

    /// Width and height.
    fn size(&self) -> (u32, u32);

    /// The pixels of `rect`, which lies inside of the photo, averaged to `width × height`: at least one pixel a side, and no
    /// more than `rect` has.
    ///
    /// # Errors
    /// Whatever keeps the pixels from being read.
    fn read(&self, rect: Rect, width: u32, height: u32) -> Result<Bitmap, Self::Error>;
}

impl Photo for BitmapRef<'_> {
    type Error = Error;

    fn size(&self) -> (u32, u32) {
        (self.width(), self.height())
    }

    fn read(&self, rect: Rect, width: u32, height: u32) -> Result<Bitmap> {
        if (rect.width, rect.height) == (width, height) {
            return self.crop(rect);
        }
        let mut reducer = Reducer::new((rect.width, rect.height), (width, height))?;
        let (stride, start) = (self.width() as usize * 4, rect.x as usize * 4);
        for y in rect.y..rect.y + rect.height {
            let row = self.data().get(y as usize * stride + start..).and_then(|row| row.get(..rect.width as usize * 4));
            reducer.push(row.unwrap_or_default())?;
        }
        reducer.finish()
    }
}

/// Averages an image down to a smaller one as its rows come in: each pixel is the mean over its area, in premultiplied alpha.
/// It holds no more than two rows of the result beside the result itself, whatever the image's size.
#[derive(Debug)]
pub struct Reducer {
    from: (u32, u32),
    to: (u32, u32),
    /// The columns of the image that a column of the result is the mean of.
    columns: Vec<Span>,
    /// Rows that have come in.
    rows: u32,
    /// Sums of premultiplied colour and alpha, of the row of the result that is being made and of the next.
    sums: [Vec<[f32; 4]>; 2],
    data: Vec<u8>,
}

/// Pixels `first + 1` to `last` (exclusive) count whole, those at both ends in part.
#[derive(Clone, Copy, Debug)]
struct Span {
    first: u32,
    first_share: f32,
    last: u32,
    last_share: f32,
}

impl Span {
    /// Of pixel `at` of the result.
    fn of(at: u32, from: u32, to: u32) -> Self {
        // In units of 1/to of a pixel of the image, so that whole numbers decide.
        let (start, end) = (u64::from(at) * u64::from(from), u64::from(at + 1) * u64::from(from));
        let to = u64::from(to);
        let (first, last) = (start / to, end / to);
        let share = |units: u64| units as f32 / to as f32;
        Self {
            first: first as u32,
            first_share: share((first + 1) * to - start),
            last: last as u32,
            last_share: share(end - last * to),
        }
    }
}

impl Reducer {
    /// From images of one size (width, height) to those of another, which is no larger.
    ///
    /// # Errors
    /// [`Error::Argument`] where a side of the result is zero or longer than the image's; as [`Bitmap::new`] for images that are
    /// too large.
    pub fn new(from: (u32, u32), to: (u32, u32)) -> Result<Self> {
        if to.0 == 0 || to.1 == 0 || to.0 > from.0 || to.1 > from.1 {
            let expected = format!("1 pixel a side to {}×{}", from.0, from.1);
            return Err(Error::Argument { name: "size", value: format!("{}×{}", to.0, to.1), expected });
        }
        Bitmap::transparent(to.0, to.1)?;
        let sums = || vec![[0.0; 4]; to.0 as usize];
        Ok(Self {
            from,
            to,
            columns: (0..to.0).map(|x| Span::of(x, from.0, to.0)).collect(),
            rows: 0,
            sums: [sums(), sums()],
            data: Vec::with_capacity(to.0 as usize * to.1 as usize * 4),
        })
    }

    /// Takes one or more whole rows, RGBA.
    ///
    /// # Errors
    /// [`Error::Argument`] for half a row, or more rows than the image has.
    pub fn push(&mut self, rows: &[u8]) -> Result<()> {
        let stride = self.from.0 as usize * 4;
        let count = rows.len() / stride;
        if rows.is_empty() || !rows.len().is_multiple_of(stride) || count > (self.from.1 - self.rows) as usize {
            let expected = format!("whole rows of {stride} bytes, at most {} more", self.from.1 - self.rows);
            return Err(Error::Argument { name: "rows", value: format!("{} bytes", rows.len()), expected });
        }
        for row in rows.chunks_exact(stride) {
            // The row of the result that this one ends in, or lies within.
            let out = self.data.len() as u32 / self.to.0 / 4;
            let span = Span::of(out, self.from.1, self.to.1);
            let weight = if self.rows == span.last {
                span.last_share
            } else if self.rows == span.first {
                span.first_share
            } else {
                1.0
            };
            self.add(row, weight, self.rows == span.last);
            self.rows += 1;
            if self.rows > span.last || self.rows == span.last && span.last_share == 0.0 {
                self.store();
            }
        }
        Ok(())
    }

    /// Adds a row with `weight` to the row that is being made, and where it is that row's last, with what is left to the next.
    fn add(&mut self, row: &[u8], weight: f32, last: bool) {
        let [here, next] = &mut self.sums;
        let pixel = |x: u32| -> [u32; 4] {
            let [r, g, b, a] = match row.get(x as usize * 4..).and_then(|rest| rest.first_chunk::<4>()) {
                Some(pixel) => pixel.map(u32::from),
                None => [0; 4],
            };
            [r * a, g * a, b * a, a]
        };
        for ((span, here), next) in self.columns.iter().zip(here).zip(next) {
            let mut whole = [0u32; 4];
            for x in span.first + 1..span.last {
                for (sum, value) in whole.iter_mut().zip(pixel(x)) {
                    *sum += value;
                }
            }
            let first = pixel(span.first);
            let end = if span.last_share > 0.0 { pixel(span.last) } else { [0; 4] };
            for k in 0..4 {
                // A pixel of the result within one of the image has no end.
                let value = if span.last > span.first {
                    whole[k] as f32 + span.first_share * first[k] as f32 + span.last_share * end[k] as f32
                } else {
                    first[k] as f32
                };
                here[k] += weight * value;
                if last {
                    next[k] += (1.0 - weight) * value;
                }
            }
        }
    }

    fn store(&mut self) {
        let area =
            (f64::from(self.from.0) * f64::from(self.from.1) / f64::from(self.to.0) / f64::from(self.to.1)) as f32;
        for &[r, g, b, alpha] in &self.sums[0] {
            // Less than a thousandth of a byte's step is rounding, not colour.
            let z = if alpha > 1e-3 * area { 1.0 / alpha } else { 0.0 };
            let bytes = [r * z, g * z, b * z, alpha / area].map(|value| (value + 0.5).clamp(0.0, 255.0) as u8);
            self.data.extend_from_slice(&bytes);
        }
        self.sums.swap(0, 1);
        self.sums[1].fill([0.0; 4]);
    }

    /// The reduced image.
    ///
    /// # Errors
    /// [`Error::ImageSize`] where rows are missing.
    pub fn finish(self) -> Result<Bitmap> {
        Bitmap::new(self.to.0, self.to.1, self.data)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32) -> Bitmap {
        let byte = |i: u32| (i * 37 % 251) as u8;
        let data = (0..width * height).flat_map(|i| [byte(i), byte(i + 7), byte(3 * i), 255]).collect();
        Bitmap::new(width, height, data).unwrap()
    }

    /// The definition: the mean over the area of each pixel, at 60 points a pixel side of the result.
    fn slow(image: &Bitmap, width: u32, height: u32) -> Vec<f64> {
        let (sx, sy) = (f64::from(image.width()) / f64::from(width), f64::from(image.height()) / f64::from(height));
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                for c in 0..4 {
                    let mut sum = 0.0;
                    for j in 0..60 {
                        for i in 0..60 {
                            let u = ((f64::from(x) + (f64::from(i) + 0.5) / 60.0) * sx) as usize;
                            let v = ((f64::from(y) + (f64::from(j) + 0.5) / 60.0) * sy) as usize;
                            sum += f64::from(image.data()[(v * image.width() as usize + u) * 4 + c]);
                        }
                    }
                    out.push(sum / 3600.0);
                }
            }
        }
        out
    }

    #[test]
    fn every_pixel_is_the_mean_over_its_area() {
        for (from, to) in
            [((12, 9), (12, 9)), ((12, 9), (4, 3)), ((13, 11), (5, 4)), ((7, 10), (6, 7)), ((30, 4), (1, 1))]
        {
            let image = image(from.0, from.1);
            let rect = Rect { x: 0, y: 0, width: from.0, height: from.1 };
            let found = image.as_ref().read(rect, to.0, to.1).unwrap();
            assert_eq!((found.width(), found.height()), to);
            for (a, b) in found.data().iter().zip(slow(&image, to.0, to.1)) {
                assert!((f64::from(*a) - b).abs() < 4.0, "{from:?} to {to:?}: {a} for {b}");
            }
        }
    }

    #[test]
    fn what_is_transparent_gives_no_colour() {
        let image = Bitmap::new(2, 1, vec![200, 100, 50, 255, 0, 0, 0, 0]).unwrap();
        let found = image.as_ref().read(Rect { x: 0, y: 0, width: 2, height: 1 }, 1, 1).unwrap();
        assert_eq!(found.data(), [200, 100, 50, 128]);
    }

    #[test]
    fn bands_of_rows_give_the_same() {
        let image = image(17, 23);
        let whole = image.as_ref().read(Rect { x: 0, y: 0, width: 17, height: 23 }, 5, 6).unwrap();
        let mut reducer = Reducer::new((17, 23), (5, 6)).unwrap();
        for band in image.data().chunks(5 * 17 * 4) {
            reducer.push(band).unwrap();
        }
        assert!(reducer.push(&image.data()[..17 * 4]).is_err());
        assert_eq!(reducer.finish().unwrap(), whole);
        assert!(Reducer::new((5, 5), (6, 5)).is_err() && Reducer::new((5, 5), (5, 0)).is_err());
        assert!(Reducer::new((5, 5), (2, 2)).unwrap().finish().is_err());
        assert!(Reducer::new((5, 5), (2, 2)).unwrap().push(&[0; 30]).is_err());
    }
}
