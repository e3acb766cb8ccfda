//! Clips: a sample portrait before a camera, moving on a known course. What following faces is measured by, and what a
//! browser's fake camera plays.
//!
//! The room moves along with the person: it is the camera that pans, tilts and goes round. Beyond what was rendered of
//! the room its edges go on.

use super::{Portrait, math::Random};
use rand::{Rng, SeedableRng};
use rand_distr::Normal;
use rayon::prelude::*;
use stgan::{Bitmap, Error, Result};

/// A course through a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// Nothing moves; only the camera's noise does.
    Still,
    /// Round and round on a circle, at one eye distance a second.
    Circle,
    /// Comes in, looks about, leans in, tilts and turns the head, leaves and comes back: ten seconds.
    Visit,
}

/// Radius of the circle, in eye distances.
const RADIUS: f64 = 0.75;

/// Degrees between the rendered views of a head that turns.
const TURN_STEP: f64 = 3.0;
const LARGEST_TURN: f64 = 18.0;

/// How the person is before the camera.
#[derive(Clone, Copy, Debug)]
struct Stand {
    /// The middle between the eyes, as shares of the picture's width and height.
    at: [f64; 2],
    /// 1 is as large as the clip was made for.
    scale: f64,
    /// Degrees, clockwise on the picture.
    roll: f64,
    /// Degrees, positive to the picture's right.
    yaw: f64,
}

/// The visit: seconds, and how the person then is. Between them motion is even, slow at both ends.
const VISIT: [(f64, Stand); 13] = {
    const fn stand(at: [f64; 2], scale: f64, roll: f64, yaw: f64) -> Stand {
        Stand { at, scale, roll, yaw }
    }
    [
        (0.0, stand([1.35, 0.45], 1.0, 0.0, -LARGEST_TURN)),
        (1.3, stand([0.5, 0.45], 1.0, 0.0, 0.0)),
        (2.0, stand([0.5, 0.45], 1.0, 0.0, 0.0)),
        (2.9, stand([0.38, 0.42], 1.0, -9.0, 0.0)),
        (3.8, stand([0.58, 0.47], 1.12, 8.0, 0.0)),
        (4.6, stand([0.5, 0.45], 1.0, 0.0, LARGEST_TURN)),
        (5.4, stand([0.5, 0.45], 1.0, 0.0, -LARGEST_TURN)),
        (6.0, stand([0.48, 0.45], 1.0, 0.0, 0.0)),
        (6.9, stand([-0.4, 0.47], 1.0, 0.0, -LARGEST_TURN)),
        (8.2, stand([-0.4, 0.47], 1.0, 0.0, LARGEST_TURN)),
        (9.2, stand([0.5, 0.45], 1.0, 0.0, 0.0)),
        (9.9, stand([0.5, 0.45], 1.0, 0.0, 0.0)),
        (10.0, stand([0.5, 0.45], 1.0, 0.0, 0.0)),
    ]
};

/// A portrait on its course.
#[derive(Debug)]
pub struct Clip {
    width: u32,
    height: u32,
    motion: Motion,
    /// Eye distance in pixels when the head is straight and the scale 1.
    distance: f64,
    views: Vec<View>,
}

/// A rendering of the head at one angle.
#[derive(Debug)]
struct View {
    yaw: f64,
    image: Bitmap,
    /// Pupils in its pixels.
    eyes: [[f64; 2]; 2],
}

impl Clip {
    /// Renders what the clip needs: one view of the head, or, for a visit, thirteen. At scale 1 the portrait is as high as
    /// the picture.
    ///
    /// # Errors
    /// [`Error::Argument`] for pictures of less than 64 pixels or more than 4096 a side; as [`Portrait::render`].
    pub fn new(portrait: &Portrait, width: u32, height: u32, motion: Motion) -> Result<Self> {
        if !(64..=4096).contains(&width) || !(64..=4096).contains(&height) {
            let (value, expected) = (format!("{width}×{height}"), "64 to 4096 pixels a side".into());
            return Err(Error::Argument { name: "size", value, expected });
        }
        let across = (f64::from(height) * 0.8).round() as u32;
        // Far enough for the person to have left.
        let margin = if motion == Motion::Visit { 0.9 * f64::from(width) / f64::from(across) } else { 0.8 };
        let view = |yaw: f64| -> Result<View> {
            let turned = portrait.turned(yaw)?;
            let image = turned.render_wide(across, margin)?;
            let (w, h, left) = (f64::from(across), f64::from(image.height()), margin * f64::from(across));
            Ok(View { yaw, image, eyes: turned.eyes.map(|[x, y]| [left + x * w, y * h]) })
        };
        let turns = match motion {
            Motion::Visit => (LARGEST_TURN / TURN_STEP) as i32,
            _ => 0,
        };
        let views = (-turns..=turns).map(|k| view(f64::from(k) * TURN_STEP)).collect::<Result<Vec<_>>>()?;
        let [[ax, ay], [bx, by]] = views[turns as usize].eyes;
        Ok(Self { width, height, motion, distance: (bx - ax).hypot(by - ay), views })
    }

    /// Seconds after which it begins again.
    pub fn duration(&self) -> f64 {
        match self.motion {
            Motion::Still => 4.0,
            // One turn at one eye distance a second.
            Motion::Circle => std::f64::consts::TAU * RADIUS,
            Motion::Visit => VISIT[VISIT.len() - 1].0,
        }
    }

    /// Eye distance in pixels of the straight head at scale 1.
    pub fn eye_distance(&self) -> f64 {
        self.distance
    }

    /// Where the pupils are at a time, the picture's left one first: also where that is outside of the picture.
    pub fn eyes(&self, time: f64) -> [[f64; 2]; 2] {
        let stand = self.stand(time);
        let (view, turn, middle) = self.seen(&stand);
        view.eyes.map(|[x, y]| {
            let (x, y) = (x - middle[0], y - middle[1]);
            [0, 1].map(|k| stand.at[k] * self.size(k) + turn[k][0] * x + turn[k][1] * y)
        })
    }

    /// The picture at a time, opaque. `noise` is the standard deviation of the camera's noise in bytes; it is never the
    /// same at two times, and always the same at one. There is none if that is not positive and finite.
    pub fn picture(&self, time: f64, noise: f64) -> Bitmap {
        let stand = self.stand(time);
        let (view, [[a, b], [c, d]], middle) = self.seen(&stand);
        let determinant = a * d - b * c;
        let inverse = [[d / determinant, -b / determinant], [-c / determinant, a / determinant]];
        let centre = [0, 1].map(|k| stand.at[k] * self.size(k));
        let grain = Some(noise).filter(|noise| noise.is_finite() && *noise > 0.0);
        let grain = grain.map(|noise| Normal::new(0.0, noise).expect("a finite deviation"));
        let mut data = vec![255u8; self.width as usize * self.height as usize * 4];
        let row_bytes = self.width as usize * 4;
        data.par_chunks_exact_mut(row_bytes).enumerate().for_each(|(row, out)| {
            let mut rng = Random::seed_from_u64(time.to_bits() ^ (row as u64) << 40);
            let y = row as f64 + 0.5 - centre[1];
            for (column, pixel) in out.chunks_exact_mut(4).enumerate() {
                let x = column as f64 + 0.5 - centre[0];
                let at = [0, 1].map(|k| middle[k] + inverse[k][0] * x + inverse[k][1] * y);
                let colour = bilinear(&view.image, at);
                for (byte, value) in pixel.iter_mut().zip(colour) {
                    let grain = grain.map_or(0.0, |grain| rng.sample(grain));
                    *byte = (value + grain + 0.5).clamp(0.0, 255.0) as u8;
                }
            }
        });
        Bitmap::new(self.width, self.height, data).expect("as many bytes as pixels")
    }

    fn size(&self, axis: usize) -> f64 {
        f64::from([self.width, self.height][axis])
    }

    fn stand(&self, time: f64) -> Stand {
        let still = Stand { at: [0.5, 0.45], scale: 1.0, roll: 0.0, yaw: 0.0 };
        match self.motion {
            Motion::Still => still,
            Motion::Circle => {
                let (sin, cos) = (time / RADIUS).sin_cos();
                let by = [cos, sin].map(|share| share * RADIUS * self.distance);
                Stand { at: [0, 1].map(|k| still.at[k] + by[k] / self.size(k)), ..still }
            }
            Motion::Visit => visit(time.rem_euclid(self.duration())),
        }
    }

    /// The view that is nearest to a stand, the linear part of its way onto the picture, and the middle of its eyes.
    fn seen(&self, stand: &Stand) -> (&View, [[f64; 2]; 2], [f64; 2]) {
        let off = |view: &&View| (view.yaw - stand.yaw).abs();
        let view = self.views.iter().min_by(|a, b| off(a).total_cmp(&off(b))).expect("at least one view");
        let (sin, cos) = stand.roll.to_radians().sin_cos();
        let turn = [[stand.scale * cos, -stand.scale * sin], [stand.scale * sin, stand.scale * cos]];
        (view, turn, [0, 1].map(|k| 0.5 * (view.eyes[0][k] + view.eyes[1][k])))
    }
}

fn visit(time: f64) -> Stand {
    let next = VISIT.iter().position(|(at, _)| time < *at).unwrap_or(VISIT.len() - 1).max(1);
    let ((t0, from), (t1, to)) = (VISIT[next - 1], VISIT[next]);
    let share = ((time - t0) / (t1 - t0)).clamp(0.0, 1.0);
    let share = share * share * (3.0 - 2.0 * share);
    let mix = |a: f64, b: f64| a + share * (b - a);
    Stand {
        at: [mix(from.at[0], to.at[0]), mix(from.at[1], to.at[1])],
        scale: mix(from.scale, to.scale),
        roll: mix(from.roll, to.roll),
        yaw: mix(from.yaw, to.yaw),
    }
}

/// The colour at a place; beyond the edges theirs.
fn bilinear(image: &Bitmap, [x, y]: [f64; 2]) -> [f64; 3] {
    let last = [image.width() - 1, image.height() - 1];
    let [(x0, x1, fx), (y0, y1, fy)] = [(x, last[0]), (y, last[1])].map(|(at, last)| {
        let at = (at - 0.5).clamp(0.0, f64::from(last));
        let floor = at.floor();
        (floor as usize, (floor as u32 + 1).min(last) as usize, at - floor)
    });
    let pixel = |x: usize, y: usize| &image.data()[(y * image.width() as usize + x) * 4..][..3];
    let (a, b, c, d) = (pixel(x0, y0), pixel(x1, y0), pixel(x0, y1), pixel(x1, y1));
    std::array::from_fn(|k| {
        let [a, b, c, d] = [a, b, c, d].map(|p| f64::from(p[k]));
        (a + fx * (b - a)) * (1.0 - fy) + (c + fx * (d - c)) * fy
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::portraits;

    fn brightness(image: &Bitmap, [x, y]: [f64; 2]) -> f64 {
        bilinear(image, [x, y]).iter().sum::<f64>() / 3.0
    }

    #[test]
    fn pupils_are_where_the_clip_says_at_any_time() {
        let clip = Clip::new(&portraits()[3], 200, 160, Motion::Circle).unwrap();
        for k in 0..6 {
            let time = clip.duration() * f64::from(k) / 6.0;
            let (picture, eyes) = (clip.picture(time, 0.0), clip.eyes(time));
            for [x, y] in eyes {
                let (pupil, cheek) = (brightness(&picture, [x, y]), brightness(&picture, [x, y + 11.0]));
                assert!(pupil < 0.8 * cheek, "{time}: {pupil} and {cheek}");
            }
        }
        let (a, b) = (clip.eyes(0.5)[0], clip.eyes(0.501)[0]);
        let speed = (b[0] - a[0]).hypot(b[1] - a[1]) / 0.001 / clip.eye_distance();
        assert!((speed - 1.0).abs() < 1e-3, "{speed} eye distances a second");
    }

    #[test]
    fn noise_has_the_deviation_that_was_asked_for_and_repeats() {
        let clip = Clip::new(&portraits()[1], 96, 96, Motion::Still).unwrap();
        let (clean, noisy) = (clip.picture(1.0, 0.0), clip.picture(1.0, 4.0));
        assert_eq!(noisy, clip.picture(1.0, 4.0));
        assert_ne!(noisy, clip.picture(2.0, 4.0));
        assert_eq!(clean, clip.picture(2.0, 0.0));
        let inside = |(a, _): &(&u8, &u8)| (30..225).contains(*a);
        let differences: Vec<f64> =
            clean.data().iter().zip(noisy.data()).filter(inside).map(|(a, b)| f64::from(*b) - f64::from(*a)).collect();
        let deviation = (differences.iter().map(|d| d * d).sum::<f64>() / differences.len() as f64).sqrt();
        assert!((deviation - 4.0).abs() < 0.3, "{deviation}");
    }

    #[test]
    fn who_visits_comes_leaves_and_comes_back() {
        let inside = |time: f64| (0.1..0.9).contains(&visit(time).at[0]);
        assert_eq!([0.0, 2.0, 5.0, 7.5, 9.5].map(inside), [false, true, true, false, true]);
    }

    #[test]
    fn sizes_that_make_no_sense_are_refused() {
        assert_eq!(Clip::new(&portraits()[0], 0, 480, Motion::Still).err().unwrap().code(), "argument");
        assert_eq!(Clip::new(&portraits()[0], 640, 5000, Motion::Still).err().unwrap().code(), "argument");
    }
}
