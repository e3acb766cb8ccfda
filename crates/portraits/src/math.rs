//! Vectors, interpolation and noise for the renderer; everything is a pure function of its arguments.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// A point, a direction or a linear RGB colour.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3 {
    pub x: f32,
    pub y: f32,
    pub z: f32,
}

pub const fn vec3(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3 { x, y, z }
}

impl Vec3 {
    pub const ZERO: Self = vec3(0.0, 0.0, 0.0);

    pub const fn splat(value: f32) -> Self {
        vec3(value, value, value)
    }

    pub fn to_array(self) -> [f32; 3] {
        [self.x, self.y, self.z]
    }

    pub fn dot(self, other: Self) -> f32 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub fn cross(self, o: Self) -> Self {
        vec3(self.y * o.z - self.z * o.y, self.z * o.x - self.x * o.z, self.x * o.y - self.y * o.x)
    }

    pub fn length(self) -> f32 {
        self.dot(self).sqrt()
    }

    /// The unit vector of the same direction; zero stays zero.
    pub fn unit(self) -> Self {
        let length = self.length();
        if length > 1e-20 { self * (1.0 / length) } else { self }
    }

    pub fn mix(self, other: Self, t: f32) -> Self {
        self + (other - self) * t
    }

    pub fn min(self, o: Self) -> Self {
        vec3(self.x.min(o.x), self.y.min(o.y), self.z.min(o.z))
    }

    pub fn max(self, o: Self) -> Self {
        vec3(self.x.max(o.x), self.y.max(o.y), self.z.max(o.z))
    }

    pub fn map(self, f: impl Fn(f32) -> f32) -> Self {
        vec3(f(self.x), f(self.y), f(self.z))
    }

    /// What of the vector is square to the unit vector `normal`.
    pub fn tangential(self, normal: Self) -> Self {
        self - normal * self.dot(normal)
    }

    /// Two unit vectors that complete this one to an orthonormal frame (Duff et al. 2017).
    pub fn frame(self) -> (Self, Self) {
        let sign = 1f32.copysign(self.z);
        let a = -1.0 / (sign + self.z);
        let b = self.x * self.y * a;
        (vec3(1.0 + sign * self.x * self.x * a, sign * b, -sign * self.x), vec3(b, sign + self.y * self.y * a, -self.y))
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        vec3(self.x + o.x, self.y + o.y, self.z + o.z)
    }
}

impl AddAssign for Vec3 {
    fn add_assign(&mut self, o: Self) {
        *self = *self + o;
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        vec3(self.x - o.x, self.y - o.y, self.z - o.z)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        self * -1.0
    }
}

impl Mul<f32> for Vec3 {
    type Output = Self;
    fn mul(self, t: f32) -> Self {
        vec3(self.x * t, self.y * t, self.z * t)
    }
}

/// Component by component, as a filter colours light.
impl Mul for Vec3 {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        vec3(self.x * o.x, self.y * o.y, self.z * o.z)
    }
}

pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

pub fn smoothstep(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// A bell of height 1 and standard deviation `sigma` around zero, for a squared distance.
pub fn bell(squared: f32, sigma: f32) -> f32 {
    (-0.5 * squared / (sigma * sigma)).exp()
}

/// Piecewise linear interpolation in a table of (x, y) sorted by x, constant beyond its ends.
pub fn table(points: &[(f32, f32)], x: f32) -> f32 {
    let next = points.partition_point(|p| p.0 <= x);
    if next == 0 {
        return points[0].1;
    }
    let Some(&(x1, y1)) = points.get(next) else { return points[next - 1].1 };
    let (x0, y0) = points[next - 1];
    mix(y0, y1, smoothstep(x0, x1, x) * 0.5 + (x - x0) / (x1 - x0) * 0.5)
}

/// A reproducible stream of numbers (splitmix64).
pub struct Rng(u64);

impl Rng {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// Uniform in [0, 1).
    pub fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 40) as f32 / (1u64 << 24) as f32
    }

    /// Uniform in [−1, 1).
    pub fn signed(&mut self) -> f32 {
        self.next() * 2.0 - 1.0
    }
}

fn lattice(x: i32, y: i32, z: i32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x8da6_b343)
        ^ (y as u32).wrapping_mul(0xd816_3841)
        ^ (z as u32).wrapping_mul(0xcb1a_b31f);
    h = (h ^ (h >> 15)).wrapping_mul(0x2c1b_3c6d);
    h = (h ^ (h >> 12)).wrapping_mul(0x297a_2d39);
    (h ^ (h >> 15)) as f32 / (1u64 << 31) as f32 - 1.0
}

/// Smooth value noise in [−1, 1] with features about one unit wide.
pub fn noise(p: Vec3) -> f32 {
    let cell = p.map(f32::floor);
    let (x, y, z) = (cell.x as i32, cell.y as i32, cell.z as i32);
    let t = (p - cell).map(|t| t * t * (3.0 - 2.0 * t));
    let row = |y, z| mix(lattice(x, y, z), lattice(x + 1, y, z), t.x);
    let plane = |z| mix(row(y, z), row(y + 1, z), t.y);
    mix(plane(z), plane(z + 1), t.z)
}

/// Octaves of [`noise`], each half as large and half as strong as the one before.
pub fn fbm(p: Vec3, octaves: u32) -> f32 {
    (0..octaves)
        .map(|i| noise(p * (1u32 << i) as f32 + Vec3::splat(i as f32 * 17.3)) * 0.5f32.powi(i as i32))
        .sum::<f32>()
}
