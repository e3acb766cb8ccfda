//! The people of the portraits: skin, eyes, hair, clothes and light. Their geometry is in
//! `assets/heads.bin`, in the same order.

use glam::{Vec3, vec3};

use super::cloth::Cut;
use super::eye::Iris;
use super::hair::{Pigment, Style};
use super::skin::Skin;

/// The background, out of focus.
pub(crate) struct Backdrop {
    pub top: Vec3,
    pub bottom: Vec3,
    /// The colour of the light on the wall, and its position as fractions of width and height.
    pub glow: Vec3,
    pub at: (f32, f32),
    /// The number of blurred upright shapes, and of blurred discs of light.
    pub shapes: u32,
    pub lights: u32,
}

/// The lighting: the side of the key light, and the strengths of key, fill and rim light.
pub(crate) struct Lighting {
    pub side: f32,
    pub key: f32,
    pub fill: f32,
    pub rim: f32,
    pub warmth: f32,
}

pub(crate) struct Person {
    pub id: &'static str,
    pub name: &'static str,
    pub alt: &'static str,
    pub skin: Skin,
    pub iris: Iris,
    pub style: Style,
    pub hair: Pigment,
    pub brows: Pigment,
    /// The density and the length of the brows; 1 is the default.
    pub brow_growth: (f32, f32),
    /// The length of the lashes in decimetres.
    pub lashes: f32,
    pub cut: Cut,
    pub cloth: Vec3,
    /// The texture of the cloth, from 0 (smooth) to 1 (coarse knit).
    pub knit: f32,
    pub backdrop: Backdrop,
    pub lighting: Lighting,
    /// The inter-pupil distance as a fraction of the width of the image, and the midpoint between
    /// the pupils as fractions of its width and height.
    pub apart: f32,
    pub centre: (f32, f32),
}

pub(crate) static PEOPLE: [Person; 4] = [
    Person {
        id: "mei",
        name: "Mei",
        alt: "Rendered portrait of a young woman with long straight black hair and a sage-green top",
        skin: Skin {
            tone: vec3(0.68, 0.425, 0.32),
            lips: vec3(0.46, 0.165, 0.145),
            blush: 0.55,
            beard: 0.0,
            freckles: 0.0,
            lines: 0.0,
            oil: 1.0,
        },
        iris: Iris {
            inner: vec3(0.070, 0.030, 0.013),
            outer: vec3(0.038, 0.017, 0.008),
            rim: vec3(0.012, 0.007, 0.005),
            pupil: 0.36,
            white: 1.0,
        },
        style: Style::Long,
        hair: Pigment { tone: vec3(0.020, 0.014, 0.011), shine: 1.0, vary: 0.25, grey: 0.0 },
        brows: Pigment { tone: vec3(0.040, 0.027, 0.020), shine: 0.1, vary: 0.3, grey: 0.0 },
        brow_growth: (0.7, 0.9),
        lashes: 0.052,
        cut: Cut { front: 5.42, back: 6.02, plunge: 0.25, ease: 0.045, band: 0.02 },
        cloth: vec3(0.21, 0.27, 0.22),
        knit: 0.25,
        backdrop: Backdrop {
            top: vec3(0.56, 0.53, 0.475),
            bottom: vec3(0.33, 0.295, 0.255),
            glow: vec3(0.50, 0.43, 0.32),
            at: (0.80, 0.28),
            shapes: 6,
            lights: 0,
        },
        lighting: Lighting { side: -1.0, key: 1.5, fill: 0.9, rim: 0.5, warmth: 0.5 },
        apart: 0.178,
        centre: (0.50, 0.435),
    },
    Person {
        id: "kofi",
        name: "Kofi",
        alt: "Rendered portrait of a man with dark skin, close-cropped hair and a short beard, in a grey crew neck",
        skin: Skin {
            tone: vec3(0.165, 0.080, 0.048),
            lips: vec3(0.150, 0.062, 0.050),
            blush: 0.35,
            beard: 0.5,
            freckles: 0.0,
            lines: 0.12,
            oil: 1.5,
        },
        iris: Iris {
            inner: vec3(0.050, 0.021, 0.009),
            outer: vec3(0.026, 0.012, 0.006),
            rim: vec3(0.008, 0.005, 0.004),
            pupil: 0.37,
            white: 0.62,
        },
        style: Style::Cropped,
        hair: Pigment { tone: vec3(0.012, 0.010, 0.009), shine: 0.25, vary: 0.3, grey: 0.0 },
        brows: Pigment { tone: vec3(0.012, 0.010, 0.009), shine: 0.06, vary: 0.3, grey: 0.0 },
        brow_growth: (1.15, 0.9),
        lashes: 0.045,
        cut: Cut { front: 5.62, back: 6.05, plunge: 0.0, ease: 0.06, band: 0.045 },
        cloth: vec3(0.085, 0.10, 0.125),
        knit: 0.5,
        backdrop: Backdrop {
            top: vec3(0.19, 0.155, 0.125),
            bottom: vec3(0.075, 0.062, 0.053),
            glow: vec3(0.60, 0.36, 0.17),
            at: (0.16, 0.36),
            shapes: 7,
            lights: 16,
        },
        lighting: Lighting { side: 1.0, key: 2.1, fill: 1.4, rim: 0.6, warmth: 0.7 },
        apart: 0.177,
        centre: (0.50, 0.435),
    },
    Person {
        id: "helen",
        name: "Helen",
        alt: "Rendered portrait of a woman of about sixty with a wavy silver bob and a blue jumper, smiling",
        skin: Skin {
            tone: vec3(0.72, 0.46, 0.365),
            lips: vec3(0.50, 0.19, 0.165),
            blush: 0.85,
            beard: 0.0,
            freckles: 0.12,
            lines: 0.75,
            oil: 0.8,
        },
        iris: Iris {
            inner: vec3(0.15, 0.16, 0.12),
            outer: vec3(0.085, 0.14, 0.175),
            rim: vec3(0.025, 0.035, 0.05),
            pupil: 0.32,
            white: 1.0,
        },
        style: Style::Bob,
        hair: Pigment { tone: vec3(0.30, 0.28, 0.26), shine: 0.8, vary: 0.35, grey: 0.5 },
        brows: Pigment { tone: vec3(0.16, 0.125, 0.10), shine: 0.1, vary: 0.3, grey: 0.2 },
        brow_growth: (0.5, 0.8),
        lashes: 0.045,
        cut: Cut { front: 5.60, back: 6.08, plunge: 0.0, ease: 0.07, band: 0.06 },
        cloth: vec3(0.060, 0.105, 0.19),
        knit: 0.9,
        backdrop: Backdrop {
            top: vec3(0.40, 0.47, 0.40),
            bottom: vec3(0.14, 0.19, 0.125),
            glow: vec3(0.42, 0.46, 0.28),
            at: (0.22, 0.22),
            shapes: 9,
            lights: 22,
        },
        lighting: Lighting { side: -1.0, key: 1.45, fill: 1.1, rim: 0.7, warmth: 0.4 },
        apart: 0.177,
        centre: (0.50, 0.435),
    },
    Person {
        id: "mateo",
        name: "Mateo",
        alt: "Rendered portrait of a man in his thirties with short dark brown hair and stubble, in an off-white T-shirt",
        skin: Skin {
            tone: vec3(0.56, 0.325, 0.23),
            lips: vec3(0.42, 0.165, 0.130),
            blush: 0.65,
            beard: 0.75,
            freckles: 0.1,
            lines: 0.22,
            oil: 1.1,
        },
        iris: Iris {
            inner: vec3(0.14, 0.080, 0.030),
            outer: vec3(0.075, 0.058, 0.028),
            rim: vec3(0.02, 0.016, 0.011),
            pupil: 0.34,
            white: 1.0,
        },
        style: Style::Short,
        hair: Pigment { tone: vec3(0.040, 0.024, 0.015), shine: 0.7, vary: 0.4, grey: 0.0 },
        brows: Pigment { tone: vec3(0.034, 0.021, 0.014), shine: 0.1, vary: 0.3, grey: 0.0 },
        brow_growth: (1.25, 1.05),
        lashes: 0.045,
        cut: Cut { front: 5.60, back: 6.05, plunge: 0.0, ease: 0.055, band: 0.035 },
        cloth: vec3(0.56, 0.53, 0.48),
        knit: 0.15,
        backdrop: Backdrop {
            top: vec3(0.135, 0.17, 0.19),
            bottom: vec3(0.05, 0.062, 0.068),
            glow: vec3(0.26, 0.31, 0.33),
            at: (0.72, 0.42),
            shapes: 0,
            lights: 0,
        },
        lighting: Lighting { side: 1.0, key: 1.7, fill: 0.8, rim: 0.8, warmth: 0.5 },
        apart: 0.177,
        centre: (0.50, 0.435),
    },
];
