//! Skin colour and relief as functions of a point on the face of the base mesh.
//!
//! Points are relative to the midpoint between the pupils, in decimetres. The pupils are at
//! x = ±0.308, so the inter-pupil distance is 0.6155.

use glam::{FloatExt, Vec3, vec3};

use super::math::{bell, fbm, noise, smoothstep, table};
use super::mesh::Vertex;

/// The midpoint between the pupils of the base mesh.
pub(crate) const EYES: Vec3 = vec3(0.0, 7.284, 0.0);

/// The skin of a person.
pub(crate) struct Skin {
    /// The linear albedo of the cheeks and of the lips.
    pub tone: Vec3,
    pub lips: Vec3,
    /// The additional redness of cheeks, nose and ears.
    pub blush: f32,
    /// The strength of the shadow of a shaved beard.
    pub beard: f32,
    pub freckles: f32,
    /// The depth of wrinkles, from 0 (smooth) to 1 (deep).
    pub lines: f32,
    /// The strength of highlights.
    pub oil: f32,
}

/// The material of a point on the skin.
pub(crate) struct Surface {
    pub albedo: Vec3,
    pub specular: f32,
    pub roughness: f32,
}

/// The density of the beard at a point: moustache, chin, jaw and upper neck.
pub(crate) fn beard(p: Vec3) -> f32 {
    let x = p.x.abs();
    let top = table(&[(0.0, -0.47), (0.12, -0.47), (0.28, -0.57), (0.42, -0.52), (0.58, -0.3), (0.7, 0.02)], x);
    let cheek = smoothstep(top + 0.05, top - 0.1, p.y);
    let neck = smoothstep(-1.26, -1.1, p.y);
    let ear = smoothstep(0.05, 0.35, p.z);
    // The hairless corners below the lower lip.
    let bare = bell((x - 0.14) * (x - 0.14) + (p.y + 0.78) * (p.y + 0.78), 0.045);
    cheek * neck * ear * (1.0 - 0.6 * bare)
}

impl Skin {
    pub(crate) fn surface(&self, v: &Vertex) -> Surface {
        let p = v.reference - EYES;
        let x = p.x.abs();
        let spot = |cx: f32, cy: f32, sigma: f32| bell((x - cx) * (x - cx) + (p.y - cy) * (p.y - cy), sigma);
        let front = smoothstep(0.2, 0.8, p.z);
        let mottle = fbm(p * 7.0, 3);
        let fine = fbm(p * 38.0, 2);
        let mut red =
            (spot(0.42, -0.36, 0.16) * 0.8 + spot(0.0, -0.36, 0.09) * 0.7 + spot(0.0, -0.98, 0.12) * 0.35) * front;
        red += v.ears * 0.8 + v.eyelids * 0.35 + spot(0.15, -0.06, 0.05) * front * 0.5;
        red = red * self.blush + (mottle * 0.10 + fine * 0.05) * self.blush.max(0.4);
        // Blood absorbs green and blue. The forehead has less of it and is yellower.
        let mut albedo = self.tone * vec3(1.0 + 0.02 * red, 1.0 - 0.24 * red, 1.0 - 0.26 * red);
        let sallow = spot(0.0, 0.45, 0.28) * front;
        albedo *= vec3(1.0 + 0.03 * sallow, 1.0 + 0.03 * sallow, 1.0 - 0.05 * sallow);
        // Veins show through the thin skin below and beside the eyes.
        let ring = bell((x - 0.29) * (x - 0.29) * 0.5 + (p.y + 0.13) * (p.y + 0.13), 0.062) * front;
        albedo *= vec3(1.0 - 0.10 * ring, 1.0 - 0.13 * ring, 1.0 - 0.09 * ring);
        let lid = bell((x - 0.30) * (x - 0.30) * 0.35 + (p.y - 0.085) * (p.y - 0.085), 0.05) * front;
        albedo *= vec3(1.0 - 0.08 * lid, 1.0 - 0.13 * lid, 1.0 - 0.12 * lid);
        albedo *= 1.0 + 0.05 * mottle + 0.03 * fine;
        if self.freckles > 0.0 {
            let spots = smoothstep(0.52, 0.75, noise(p * 30.0))
                + 0.7 * smoothstep(0.6, 0.8, noise(p * 55.0 + Vec3::splat(9.0)));
            let share = spots * self.freckles * (0.3 + spot(0.3, -0.25, 0.3)) * front;
            albedo *= vec3(1.0 - 0.22 * share, 1.0 - 0.34 * share, 1.0 - 0.4 * share);
        }
        if self.beard > 0.0 {
            let share = beard(p) * self.beard * (1.0 + 0.3 * noise(p * 60.0)) * (1.0 - v.lips);
            albedo *= vec3(1.0 - 0.42 * share, 1.0 - 0.36 * share, 1.0 - 0.30 * share);
        }
        let lips = smoothstep(0.25, 0.75, v.lips);
        let lip_tone = self.lips * (1.0 + 0.16 * noise(vec3(p.x * 55.0, p.y * 9.0, p.z * 9.0)) + 0.06 * mottle);
        albedo = albedo.lerp(lip_tone, lips * 0.85);
        let inside = smoothstep(0.4, 0.9, v.mouth);
        albedo = albedo.lerp(vec3(0.24, 0.07, 0.06), inside * 0.8);
        let zone = (spot(0.0, 0.4, 0.22) + spot(0.0, -0.25, 0.12) + spot(0.33, -0.2, 0.1) * 0.6).min(1.0) * front;
        let roughness = f32::lerp(f32::lerp(0.48, 0.38, zone), 0.33, lips) + 0.05 * fine;
        let specular =
            self.oil * f32::lerp(f32::lerp(0.75, 1.3, zone), 1.25, lips) * (1.0 + 0.25 * fine) * (1.0 - 0.5 * v.ears);
        Surface { albedo, specular, roughness }
    }

    /// The height of the relief in decimetres.
    fn height(&self, p: Vec3, lips: f32) -> f32 {
        let x = p.x.abs();
        let skin = 1.0 - lips;
        let mut h = skin * (fbm(p * 95.0, 2) * 0.00045 + noise(p * 34.0) * 0.0006);
        h += lips * noise(vec3(p.x * 75.0, p.y * 10.0, p.z * 10.0)) * 0.0011;
        if self.lines > 0.0 && p.z > 0.3 {
            let wander = noise(p * 6.0) * 0.02 + noise(p * 17.0) * 0.006;
            let groove = |distance: f32, width: f32| bell(distance * distance, width);
            // Forehead lines.
            let along = smoothstep(0.42, 0.1, x) * smoothstep(0.3, 0.4, p.y) * smoothstep(0.72, 0.6, p.y);
            for (row, depth) in [(0.39, 0.8), (0.48, 1.0), (0.57, 0.7)] {
                h -= self.lines * along * depth * groove(p.y - row - wander - 0.05 * (x * 4.0).cos(), 0.009) * 0.006;
            }
            // Crow's feet: rays from the outer corner of the eye.
            let (dx, dy) = (x - 0.43, p.y - 0.0);
            let radius = (dx * dx + dy * dy).sqrt();
            let fan = smoothstep(0.06, 0.1, radius) * smoothstep(0.28, 0.14, radius) * smoothstep(0.0, 0.05, dx);
            h -= self.lines
                * fan
                * (0.5 + 0.5 * ((dy / dx.max(0.01)).atan() * 13.0 + wander * 40.0).cos()).powi(3)
                * 0.0045;
            // Wrinkles below the eyes.
            let under =
                bell((x - 0.3) * (x - 0.3), 0.12) * smoothstep(-0.27, -0.17, p.y) * smoothstep(-0.08, -0.14, p.y);
            h -= self.lines * under * (0.5 + 0.5 * ((p.y + x * 0.25) * 190.0 + wander * 90.0).cos()) * 0.0008;
            // Nasolabial folds, and lines down from the corners of the mouth.
            let fold = table(&[(-0.72, 0.43), (-0.5, 0.36), (-0.36, 0.24)], p.y);
            let reach = smoothstep(-0.78, -0.6, p.y) * smoothstep(-0.32, -0.42, p.y);
            h -= self.lines * reach * groove(x - fold, 0.018) * 0.012;
            let reach = smoothstep(-0.95, -0.82, p.y) * smoothstep(-0.62, -0.72, p.y);
            h -= self.lines * reach * groove(x - 0.36 - (p.y + 0.7) * -0.2, 0.014) * 0.006;
            // A mesh of fine lines everywhere.
            h -= self.lines
                * smoothstep(0.1, 0.6, noise(p * 22.0 + Vec3::splat(3.0)))
                * noise(p * 60.0).abs()
                * 0.0009
                * skin;
        }
        h
    }

    /// Perturbs the normal by the relief, scaled by `strength`.
    pub(crate) fn relief(&self, v: &Vertex, normal: Vec3, strength: f32) -> Vec3 {
        let p = v.reference - EYES;
        let here = self.height(p, v.lips);
        const STEP: f32 = 0.002;
        let slope = vec3(
            self.height(p + vec3(STEP, 0.0, 0.0), v.lips) - here,
            self.height(p + vec3(0.0, STEP, 0.0), v.lips) - here,
            self.height(p + vec3(0.0, 0.0, STEP), v.lips) - here,
        ) * (strength / STEP);
        (normal - slope.reject_from_normalized(normal)).normalize_or_zero()
    }
}
