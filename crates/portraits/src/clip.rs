//! Video clips of a sample portrait that moves along a known trajectory.
//!
//! They are the ground truth for tracking metrics and the input of a browser's fake camera.
//!
//! The background moves with the person, because the virtual camera moves and the person does not.
//! Pixels outside the rendered image repeat its edge.

use super::{Portrait, math::Random};
use rand::{Rng, SeedableRng};
use rand_distr::Normal;
use rayon::prelude::*;
use stgan::{Bitmap, Error, Result};

/// The motion of the head in a clip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Motion {
    /// No motion; only the camera noise changes.
    Still,
    /// A circle at one inter-pupil distance per second.
    Circle,
    /// Enters, moves, leans in, tilts and turns the head, leaves and returns, in ten seconds.
    Visit,
}

/// The radius of the circle, in inter-pupil distances.
const RADIUS: f64 = 0.75;

/// The yaw between two renderings of a turning head, in degrees.
const TURN_STEP: f64 = 3.0;
const MAX_TURN: f64 = 18.0;

/// The pose of the head in a video frame.
#[derive(Clone, Copy, Debug)]
struct HeadPose {
    /// The midpoint between the pupils, as fractions of the width and height of the video frame.
    at: [f64; 2],
    /// The scale relative to the rendered portrait.
    scale: f64,
    /// Degrees, clockwise in the video frame.
    roll: f64,
    /// Degrees, positive towards the right of the video frame.
    yaw: f64,
}

/// The keyframes of [`Motion::Visit`]: time in seconds and pose. A smoothstep interpolates them.
const VISIT: [(f64, HeadPose); 13] = {
    const fn pose(at: [f64; 2], scale: f64, roll: f64, yaw: f64) -> HeadPose {
        HeadPose { at, scale, roll, yaw }
    }
    [
        (0.0, pose([1.35, 0.45], 1.0, 0.0, -MAX_TURN)),
        (1.3, pose([0.5, 0.45], 1.0, 0.0, 0.0)),
        (2.0, pose([0.5, 0.45], 1.0, 0.0, 0.0)),
        (2.9, pose([0.38, 0.42], 1.0, -9.0, 0.0)),
        (3.8, pose([0.58, 0.47], 1.12, 8.0, 0.0)),
        (4.6, pose([0.5, 0.45], 1.0, 0.0, MAX_TURN)),
        (5.4, pose([0.5, 0.45], 1.0, 0.0, -MAX_TURN)),
        (6.0, pose([0.48, 0.45], 1.0, 0.0, 0.0)),
        (6.9, pose([-0.4, 0.47], 1.0, 0.0, -MAX_TURN)),
        (8.2, pose([-0.4, 0.47], 1.0, 0.0, MAX_TURN)),
        (9.2, pose([0.5, 0.45], 1.0, 0.0, 0.0)),
        (9.9, pose([0.5, 0.45], 1.0, 0.0, 0.0)),
        (10.0, pose([0.5, 0.45], 1.0, 0.0, 0.0)),
    ]
};

/// A video clip of a portrait.
#[derive(Debug)]
pub struct Clip {
    width: u32,
    height: u32,
    motion: Motion,
    /// The inter-pupil distance in pixels of a frontal head at scale 1.
    distance: f64,
    renderings: Vec<Rendering>,
}

/// A rendering of the head at one yaw.
#[derive(Debug)]
struct Rendering {
    yaw: f64,
    image: Bitmap,
    /// The pupils in pixels of `image`.
    pupils: [[f64; 2]; 2],
}

impl Clip {
    /// Creates a clip with video frames of `width × height` pixels.
    ///
    /// This renders the head once, or 13 times at different angles for [`Motion::Visit`]. At scale
    /// 1 the portrait is as high as the video frame.
    ///
    /// # Errors
    /// [`Error::Argument`] if a side is not 64 to 4096 pixels long; the errors of
    /// [`Portrait::render`].
    pub fn new(portrait: &Portrait, width: u32, height: u32, motion: Motion) -> Result<Self> {
        if !(64..=4096).contains(&width) || !(64..=4096).contains(&height) {
            let (value, expected) = (format!("{width}×{height}"), "64 to 4096 pixels per side".into());
            return Err(Error::Argument { name: "size", value, expected });
        }
        let across = (f64::from(height) * 0.8).round() as u32;
        // A visit needs enough background for the person to leave the video frame.
        let margin = if motion == Motion::Visit { 0.9 * f64::from(width) / f64::from(across) } else { 0.8 };
        let rendering = |yaw: f64| -> Result<Rendering> {
            let turned = portrait.turned(yaw)?;
            let image = turned.render_wide(across, margin)?;
            let (w, h, left) = (f64::from(across), f64::from(image.height()), margin * f64::from(across));
            Ok(Rendering { yaw, image, pupils: turned.pupils.map(|[x, y]| [left + x * w, y * h]) })
        };
        let turns = match motion {
            Motion::Visit => (MAX_TURN / TURN_STEP) as i32,
            _ => 0,
        };
        let renderings = (-turns..=turns).map(|k| rendering(f64::from(k) * TURN_STEP)).collect::<Result<Vec<_>>>()?;
        let [[ax, ay], [bx, by]] = renderings[turns as usize].pupils;
        Ok(Self { width, height, motion, distance: (bx - ax).hypot(by - ay), renderings })
    }

    /// The duration in seconds. The motion repeats after it.
    pub fn duration(&self) -> f64 {
        match self.motion {
            Motion::Still => 4.0,
            // One round at one inter-pupil distance per second.
            Motion::Circle => std::f64::consts::TAU * RADIUS,
            Motion::Visit => VISIT[VISIT.len() - 1].0,
        }
    }

    /// The inter-pupil distance in pixels of a frontal head at scale 1.
    pub fn inter_pupil_distance(&self) -> f64 {
        self.distance
    }

    /// The pupils at `time` seconds, in pixels of the video frame, the one on the left first.
    ///
    /// They may lie outside the video frame.
    pub fn pupils(&self, time: f64) -> [[f64; 2]; 2] {
        let pose = self.pose(time);
        let (rendering, turn, middle) = self.rendering_for(&pose);
        rendering.pupils.map(|[x, y]| {
            let (x, y) = (x - middle[0], y - middle[1]);
            [0, 1].map(|k| pose.at[k] * self.size(k) + turn[k][0] * x + turn[k][1] * y)
        })
    }

    /// Renders the opaque video frame at `time` seconds.
    ///
    /// `noise` is the standard deviation of the camera noise in grey levels of 255. The noise
    /// depends on the time and is deterministic. If `noise` is not positive and finite, there is
    /// none.
    pub fn video_frame(&self, time: f64, noise: f64) -> Bitmap {
        let pose = self.pose(time);
        let (rendering, [[a, b], [c, d]], middle) = self.rendering_for(&pose);
        let determinant = a * d - b * c;
        let inverse = [[d / determinant, -b / determinant], [-c / determinant, a / determinant]];
        let centre = [0, 1].map(|k| pose.at[k] * self.size(k));
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
                let colour = bilinear(&rendering.image, at);
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

    fn pose(&self, time: f64) -> HeadPose {
        let still = HeadPose { at: [0.5, 0.45], scale: 1.0, roll: 0.0, yaw: 0.0 };
        match self.motion {
            Motion::Still => still,
            Motion::Circle => {
                let (sin, cos) = (time / RADIUS).sin_cos();
                let by = [cos, sin].map(|share| share * RADIUS * self.distance);
                HeadPose { at: [0, 1].map(|k| still.at[k] + by[k] / self.size(k)), ..still }
            }
            Motion::Visit => visit(time.rem_euclid(self.duration())),
        }
    }

    /// The rendering with the nearest yaw, the linear part of the map from it to the video frame,
    /// and the midpoint between its pupils.
    fn rendering_for(&self, pose: &HeadPose) -> (&Rendering, [[f64; 2]; 2], [f64; 2]) {
        let off = |rendering: &&Rendering| (rendering.yaw - pose.yaw).abs();
        let rendering =
            self.renderings.iter().min_by(|a, b| off(a).total_cmp(&off(b))).expect("at least one rendering");
        let (sin, cos) = pose.roll.to_radians().sin_cos();
        let turn = [[pose.scale * cos, -pose.scale * sin], [pose.scale * sin, pose.scale * cos]];
        (rendering, turn, [0, 1].map(|k| 0.5 * (rendering.pupils[0][k] + rendering.pupils[1][k])))
    }
}

fn visit(time: f64) -> HeadPose {
    let next = VISIT.iter().position(|(at, _)| time < *at).unwrap_or(VISIT.len() - 1).max(1);
    let ((t0, from), (t1, to)) = (VISIT[next - 1], VISIT[next]);
    let share = ((time - t0) / (t1 - t0)).clamp(0.0, 1.0);
    let share = share * share * (3.0 - 2.0 * share);
    let mix = |a: f64, b: f64| a + share * (b - a);
    HeadPose {
        at: [mix(from.at[0], to.at[0]), mix(from.at[1], to.at[1])],
        scale: mix(from.scale, to.scale),
        roll: mix(from.roll, to.roll),
        yaw: mix(from.yaw, to.yaw),
    }
}

/// The bilinearly interpolated colour at a point; points outside the image take the edge colour.
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
    fn the_reported_pupils_are_dark_in_every_video_frame() {
        let clip = Clip::new(&portraits()[3], 200, 160, Motion::Circle).unwrap();
        for k in 0..6 {
            let time = clip.duration() * f64::from(k) / 6.0;
            let (image, pupils) = (clip.video_frame(time, 0.0), clip.pupils(time));
            for [x, y] in pupils {
                let (pupil, cheek) = (brightness(&image, [x, y]), brightness(&image, [x, y + 11.0]));
                assert!(pupil < 0.8 * cheek, "{time}: {pupil} and {cheek}");
            }
        }
        let (a, b) = (clip.pupils(0.5)[0], clip.pupils(0.501)[0]);
        let speed = (b[0] - a[0]).hypot(b[1] - a[1]) / 0.001 / clip.inter_pupil_distance();
        assert!((speed - 1.0).abs() < 1e-3, "{speed} inter-pupil distances per second");
    }

    #[test]
    fn noise_has_the_requested_deviation_and_is_deterministic() {
        let clip = Clip::new(&portraits()[1], 96, 96, Motion::Still).unwrap();
        let (clean, noisy) = (clip.video_frame(1.0, 0.0), clip.video_frame(1.0, 4.0));
        assert_eq!(noisy, clip.video_frame(1.0, 4.0));
        assert_ne!(noisy, clip.video_frame(2.0, 4.0));
        assert_eq!(clean, clip.video_frame(2.0, 0.0));
        let inside = |(a, _): &(&u8, &u8)| (30..225).contains(*a);
        let differences: Vec<f64> =
            clean.data().iter().zip(noisy.data()).filter(inside).map(|(a, b)| f64::from(*b) - f64::from(*a)).collect();
        let deviation = (differences.iter().map(|d| d * d).sum::<f64>() / differences.len() as f64).sqrt();
        assert!((deviation - 4.0).abs() < 0.3, "{deviation}");
    }

    #[test]
    fn a_visit_enters_leaves_and_returns() {
        let inside = |time: f64| (0.1..0.9).contains(&visit(time).at[0]);
        assert_eq!([0.0, 2.0, 5.0, 7.5, 9.5].map(inside), [false, true, true, false, true]);
    }

    #[test]
    fn sizes_outside_the_range_are_argument_errors() {
        assert_eq!(Clip::new(&portraits()[0], 0, 480, Motion::Still).err().unwrap().code(), "argument");
        assert_eq!(Clip::new(&portraits()[0], 640, 5000, Motion::Still).err().unwrap().code(), "argument");
    }
}
