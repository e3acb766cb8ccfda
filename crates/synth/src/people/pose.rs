//! The 3D shape of a head and its projection onto the image.
//!
//! Head coordinates: the origin is between the pupils; x points to the right of the image, y down
//! and z towards the viewer. One unit is one pixel of an aligned CelebA image of a frontal face,
//! where the pupils are 40 pixels apart: about 1.6 mm.

use super::brush::Point;

/// The dimensions of a head.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Half the distance between the pupils.
    pub pupil: f64,
    /// Half the distance between the temples, and their distance behind the pupils.
    pub temple: [f64; 2],
    /// Half widths at the eyes, the cheeks, the jaw and the chin.
    pub skull: f64,
    pub cheek: f64,
    pub jaw: f64,
    pub chin: f64,
    /// The y coordinates of the crown and of the chin, relative to the pupils.
    pub crown: f64,
    pub bottom: f64,
}

/// The y coordinate at which the skull is widest.
const WIDEST: f64 = -8.0;
/// The z coordinate of the centre of the skull.
const MIDDLE: f64 = -48.0;

/// The distance of glasses from the eyes: one centimetre.
const VERTEX_DISTANCE: f64 = 10.0 / 1.6;

/// A horizontal cross-section of the head: half its width, and the z coordinates of front and back.
struct Slice {
    half: f64,
    front: f64,
    back: f64,
}

impl Shape {
    fn slice(&self, y: f64) -> Slice {
        if y < WIDEST {
            let u = ((WIDEST - y) / (self.crown + WIDEST)).min(1.0);
            let k = (1.0 - u.powf(2.4)).max(0.0).powf(1.0 / 2.4);
            return Slice { half: self.skull * k, front: MIDDLE + 56.0 * k, back: MIDDLE - 56.0 * k };
        }
        let b = self.bottom;
        let half = between(
            &[
                [WIDEST, self.skull],
                [0.2 * b, self.cheek],
                [0.42 * b, 0.6 * self.cheek + 0.4 * self.jaw],
                [0.62 * b, self.jaw],
                [0.8 * b, 0.55 * self.jaw + 0.45 * self.chin],
                [0.94 * b, self.chin],
                [b, 0.45 * self.chin],
            ],
            y,
        );
        let front = between(&[[WIDEST, 8.0], [0.0, 6.0], [12.0, 8.0], [30.0, 10.0], [45.0, 11.0], [b, 5.0]], y);
        let back = between(&[[WIDEST, -104.0], [10.0, -104.0], [45.0, -58.0], [b, -20.0]], y);
        Slice { half, front, back }
    }

    /// The z coordinate of the front of the face.
    fn relief(&self, x: f64, y: f64) -> f64 {
        self.slice(y).front - 0.02 * x * x
    }
}

/// Piecewise linear interpolation between knots (position, value), constant beyond them.
pub(super) fn between(knots: &[[f64; 2]], at: f64) -> f64 {
    let Some(i) = knots.iter().position(|knot| at < knot[0]) else { return knots[knots.len() - 1][1] };
    if i == 0 {
        return knots[0][1];
    }
    let ([x0, y0], [x1, y1]) = (knots[i - 1], knots[i]);
    y0 + (at - x0) / (x1 - x0) * (y1 - y0)
}

/// The pose of a head relative to the camera.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub shape: Shape,
    /// Radians, positive if the face is turned towards the right of the image.
    pub yaw: f64,
    /// Radians, positive if the face is tilted down.
    pub pitch: f64,
    /// The distance from the eyes to the camera, in head units.
    distance: f64,
    /// The similarity onto the image, as complex numbers: w = turn · z + shift.
    turn: Point,
    shift: Point,
}

impl Pose {
    /// A turned head whose eye centres project to `eyes`: the subject's right one, then the left
    /// one.
    pub(super) fn new(shape: Shape, yaw: f64, pitch: f64, distance: f64, eyes: [Point; 2]) -> Self {
        let mut pose = Self { shape, yaw, pitch, distance, turn: [1.0, 0.0], shift: [0.0, 0.0] };
        let [a, b] = [-shape.pupil, shape.pupil].map(|x| pose.face(x, 0.0));
        let (from, to) = ([b[0] - a[0], b[1] - a[1]], [eyes[1][0] - eyes[0][0], eyes[1][1] - eyes[0][1]]);
        let square = from[0] * from[0] + from[1] * from[1];
        pose.turn = [(to[0] * from[0] + to[1] * from[1]) / square, (to[1] * from[0] - to[0] * from[1]) / square];
        let placed = pose.onto_image(a);
        pose.shift = [eyes[0][0] - placed[0], eyes[0][1] - placed[1]];
        pose
    }

    fn onto_image(&self, [x, y]: Point) -> Point {
        let ([a, b], [s, t]) = (self.turn, self.shift);
        [a * x - b * y + s, b * x + a * y + t]
    }

    /// The length of one head unit in pixels.
    pub(super) fn unit(&self) -> f64 {
        self.turn[0].hypot(self.turn[1])
    }

    /// Projects a point in head coordinates onto the image.
    pub(super) fn point(&self, [x, y, z]: [f64; 3]) -> Point {
        let (sin, cos) = self.yaw.sin_cos();
        let (x, z) = (x * cos + z * sin, z * cos - x * sin);
        let (sin, cos) = self.pitch.sin_cos();
        let (y, z) = (y * cos + z * sin, z * cos - y * sin);
        let near = self.distance / (self.distance - z);
        self.onto_image([x * near, y * near])
    }

    /// Projects a point on the front of the face onto the image.
    pub(super) fn face(&self, x: f64, y: f64) -> Point {
        self.raised(x, y, 0.0)
    }

    /// Projects a point that lies `by` in front of the face onto the image.
    pub(super) fn raised(&self, x: f64, y: f64, by: f64) -> Point {
        self.point([x, y, self.shape.relief(x, y) + by])
    }

    /// Projects a point of the plane of glasses, which is [`VERTEX_DISTANCE`] before the pupils.
    pub(super) fn before_the_eyes(&self, x: f64, y: f64) -> Point {
        self.point([x, y, self.shape.relief(self.shape.pupil, 0.0) + VERTEX_DISTANCE])
    }

    /// Projects a point on the surface of the head, given by its height and angle.
    ///
    /// The angle 90° is the front, 0° the right side of the image and 180° the left side. `out`
    /// lifts the point off the surface. Points on the far side are moved to the outline.
    pub(super) fn around(&self, y: f64, degrees: f64, out: f64) -> Point {
        let slice = self.shape.slice(y);
        let (a, b) = (slice.half + out, 0.5 * (slice.front - slice.back) + out);
        let middle = 0.5 * (slice.front + slice.back);
        let (sin, cos) = self.yaw.sin_cos();
        let first = (b * sin).atan2(a * cos);
        // These are parameters of the ellipse, not angles in space; the direction is close enough.
        let angle = degrees.to_radians().clamp(first, first + std::f64::consts::PI);
        self.point([a * angle.cos(), y, middle + b * angle.sin()])
    }

    /// The outline at a height, on the right (`side` 1) or left (−1) of the image.
    pub(super) fn edge(&self, y: f64, side: f64, out: f64) -> Point {
        self.around(y, 90.0 - 400.0 * side, out)
    }

    /// The outline from height `low` on the left of the image over the crown to the right.
    ///
    /// It is `lift(y)` off the surface, and `higher` raises the crown.
    pub(super) fn over_the_crown(&self, low: f64, higher: f64, lift: impl Fn(f64) -> f64) -> Vec<Point> {
        let crown = self.shape.crown;
        let mut heights: Vec<f64> = Vec::new();
        let mut y = low;
        while y > WIDEST {
            heights.push(y);
            y -= 9.0;
        }
        heights.extend([0.0, 0.25, 0.45, 0.62, 0.76, 0.87, 0.95, 0.99].map(|u| WIDEST - u * (crown + WIDEST)));
        heights.retain(|&y| y <= low);
        let up = |y: f64| if y < WIDEST { higher * ((WIDEST - y) / crown).powi(2) } else { 0.0 };
        let raise = |y: f64, side: f64| {
            let ([x, py], by) = (self.edge(y, side, lift(y)), up(y) * self.unit());
            [x, py - by]
        };
        let left: Vec<Point> = heights.iter().map(|&y| raise(y, -1.0)).collect();
        let right = heights.iter().rev().map(|&y| raise(y, 1.0));
        left.into_iter().chain(right).collect()
    }

    /// The outline of the head without hair.
    pub(super) fn outline(&self) -> Vec<Point> {
        let mut points = self.over_the_crown(self.shape.bottom, 0.0, |_| 0.0);
        let bottom = self.shape.bottom;
        points.push(self.raised(0.0, bottom, -4.0 - 0.1 * bottom * self.pitch.max(0.0)));
        points
    }
}
