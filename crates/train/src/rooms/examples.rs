//! Training examples of the task `room`.

use super::{RoomSample, RoomSamples};
use crate::Result;
use crate::data::augment::{Perturbation, recolour};
use crate::data::landmarks::Landmarks;
use crate::data::pairs::PointPairs;
use crate::generators::{ExampleSource, HeldOut, Role, Sampled};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use std::borrow::Cow;
use stgan::internals::homography::DIMENSION;
use stgan::internals::pose::ViewMaps;
use stgan::internals::resample::{self, Pyramid};
use stgan::model::{GeneratorSpec, inner_points};
use stgan::{Bitmap, Homography, Placement};

/// Samples of rooms, and the networks that they are examples for.
pub(crate) struct RoomExamples<'a> {
    samples: &'a RoomSamples,
    spec: GeneratorSpec,
    /// Whether examples for the discriminator have the rendered room with the piece.
    rendered: bool,
}

/// The area of a cut-out and the centre of that area, in pixels.
pub(super) fn silhouette(cutout: &Bitmap) -> (f64, [f64; 2]) {
    let width = cutout.width() as usize;
    let (mut area, mut sum) = (0.0, [0.0; 2]);
    for (i, pixel) in cutout.data().chunks_exact(4).enumerate() {
        let alpha = f64::from(pixel[3]) / 255.0;
        area += alpha;
        sum[0] += alpha * ((i % width) as f64 + 0.5);
        sum[1] += alpha * ((i / width) as f64 + 0.5);
    }
    (area.max(1.0), sum.map(|x| x / area.max(1.0)))
}

/// The placement with the right centre and area, moved by `offset` room pixels, its scale
/// multiplied by
/// `scale`, rotated by `rotation` radians.
pub(super) fn drop_near(sample: &RoomSample, offset: [f64; 2], scale: f64, rotation: f64) -> Placement {
    let (area, [x, y]) = silhouette(&sample.cutout);
    let [left, top, right, bottom] = sample.record.bounds;
    let scale = scale * (sample.record.area / area).sqrt();
    // The centre of the box, relative to the centre of the area.
    let (dx, dy) = (0.5 * (left + right) - x, 0.5 * (top + bottom) - y);
    let (sin, cos) = rotation.sin_cos();
    let [cx, cy] = sample.record.centre;
    Placement {
        x: cx + offset[0] + scale * (cos * dx - sin * dy),
        y: cy + offset[1] + scale * (sin * dx + cos * dy),
        width: scale * (right - left),
        rotation: rotation.to_degrees(),
    }
}

/// The maps of the view around a sample's cut-out at a placement.
pub(super) fn view_maps(spec: &GeneratorSpec, sample: &RoomSample, placement: &Placement) -> Result<ViewMaps> {
    Ok(ViewMaps::new(spec.size, &spec.task.pose, sample.record.bounds, placement)?)
}

/// The inner points of a cut-out and their right places under `truth`, in canonical coordinates.
pub(super) fn pairs(
    sample: &RoomSample,
    truth: &Homography,
    maps: &ViewMaps,
    spec: &GeneratorSpec,
) -> Result<PointPairs> {
    let points = inner_points(sample.record.bounds);
    let to_view = maps.to_photo.inverse()? * *truth;
    let canonical = maps.to_canonical;
    let aspect = (spec.size.height - 1) as f64 / (spec.size.width - 1) as f64;
    let view: Landmarks = points.map(|p| to_view.apply(p));
    let span = |axis: usize| {
        let values = view.map(|p| p[axis]);
        values.iter().copied().fold(f64::NEG_INFINITY, f64::max) - values.iter().copied().fold(f64::INFINITY, f64::min)
    };
    let unit = span(0).hypot(aspect * span(1));
    Ok(PointPairs { foreground: points.map(|p| canonical.apply(p)), view, measured: points.len(), unit, aspect })
}

/// Three planes (RGB) of the networks' size that `to_image` looks up in an image.
pub(super) fn background(image: &Bitmap, to_image: &Homography, spec: &GeneratorSpec) -> Result<Vec<f32>> {
    let mut planes = look_up(image, to_image, spec)?;
    planes.truncate(3 * spec.size.area());
    Ok(planes)
}

/// Four planes (RGBA) of the networks' size that `to_image` looks up in an image.
pub(super) fn look_up(image: &Bitmap, to_image: &Homography, spec: &GeneratorSpec) -> Result<Vec<f32>> {
    Ok(resample::planar(&Pyramid::new(image.as_ref())?, to_image, spec.size.width, spec.size.height))
}

impl<'a> RoomExamples<'a> {
    pub(crate) fn new(samples: &'a RoomSamples, spec: GeneratorSpec, rendered: bool) -> Self {
        Self { samples, spec, rendered }
    }

    /// An example. Only `with_real` has the room with the piece.
    fn example(
        &self,
        sample: &RoomSample,
        with_real: bool,
        by: &Perturbation,
        rng: &mut ChaCha8Rng,
    ) -> Result<Sampled<'static>> {
        let factor = if rng.random_bool(by.far_share) { 2.0 } else { 1.0 };
        let half = [0.5 * f64::from(sample.room.width()), 0.5 * f64::from(sample.room.height())];
        let offset = half.map(|half| factor * by.translation * half * normal(rng));
        let scale = (factor * by.scale * normal(rng)).exp();
        let rotation = (factor * by.rotation * normal(rng)).to_radians();
        let mut maps = view_maps(&self.spec, sample, &drop_near(sample, offset, scale, rotation))?;
        let mut params = [0.0; DIMENSION];
        if rng.random_bool(by.warped_share) {
            let warped = params.map(|_| by.warp * normal(rng));
            // Seen from around the result, so that the view does not tell the right place.
            (maps, params) = maps.recentred(&warped, sample.record.bounds).unwrap_or((maps, warped));
        }
        let mut shape = [0.0; DIMENSION];
        for i in [1, 2, 3, 5, 6, 7] {
            shape[i] = by.shape * normal(rng);
        }
        maps.to_photo = maps.to_photo * Homography::exp(&shape);
        let flip = rng.random_bool(0.5);
        let width = self.spec.size.width as f64;
        let mirror = Homography([-1.0, 0.0, width, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
        let mirror = if flip { mirror } else { Homography::IDENTITY };
        let mut foreground = look_up(&sample.cutout, &(maps.view_to_foreground()? * mirror), &self.spec)?;
        let to_room = maps.view_to_photo() * mirror;
        let mut room = background(&sample.room, &to_room, &self.spec)?;
        let mut real = with_real.then(|| background(&sample.real, &to_room, &self.spec)).transpose()?;
        if by.colour {
            let size = (self.spec.size.width, self.spec.size.height);
            // Both images get the same colours and noise.
            let mut again = rng.clone();
            recolour(&mut room, size, rng);
            if let Some(real) = &mut real {
                recolour(real, size, &mut again);
            }
            relight(&mut foreground, self.spec.size.area(), rng);
        }
        let mut target = pairs(sample, &sample.truth(), &maps, &self.spec)?;
        if flip {
            for point in target.foreground.iter_mut().chain(&mut target.view) {
                point[0] = -point[0];
            }
            for odd in [0, 1, 3, 5] {
                params[odd] = -params[odd];
            }
        }
        let foreground = Cow::Owned(foreground);
        Ok(Sampled { background: room, foreground, params, target: Some(target), real })
    }
}

fn normal(rng: &mut impl Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// Multiplies the colours of a foreground by random gains.
fn relight(planes: &mut [f32], area: usize, rng: &mut impl Rng) {
    let gain = rng.random_range(0.8..1.2_f32);
    for plane in planes.chunks_exact_mut(area).take(3) {
        let tint = gain * rng.random_range(0.92..1.08_f32);
        plane.iter_mut().for_each(|value| *value = (*value * tint).min(1.0));
    }
}

impl ExampleSource for RoomExamples<'_> {
    fn sample(&self, role: Role, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Sampled<'_>> {
        let index = rng.random_range(0..self.samples.len());
        let with_real = self.rendered && role == Role::Discriminator;
        self.example(&*self.samples.get(index)?, with_real, perturbation, rng)
    }

    fn has_unpaired(&self) -> bool {
        true
    }

    fn unpaired(&self, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Vec<f32>> {
        let index = rng.random_range(0..self.samples.len());
        let example = self.example(&*self.samples.get(index)?, true, perturbation, rng)?;
        Ok(example.real.unwrap_or(example.background))
    }
}

impl HeldOut for RoomExamples<'_> {
    fn len(&self) -> usize {
        self.samples.len()
    }

    fn has_landmarks(&self) -> bool {
        true
    }

    fn turns(&self) -> Vec<f64> {
        self.samples.records().map(|record| f64::from(record.turn.abs())).collect()
    }

    fn sample(&self, subject: usize, perturbation: &Perturbation, rng: &mut ChaCha8Rng) -> Result<Sampled<'_>> {
        self.example(&*self.samples.get(subject)?, self.rendered, perturbation, rng)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::{RoomSettings, draw};
    use rand::SeedableRng;
    use stgan::model::{Inputs, Task};
    use stgan_synth::rooms::Split;

    fn spec() -> GeneratorSpec {
        let size = stgan::model::ImageSize { height: 30, width: 40 };
        GeneratorSpec { size, task: Task::room(), inputs: Inputs::RgbaPose, ..GeneratorSpec::paper() }
    }

    fn samples(count: usize) -> Vec<RoomSample> {
        draw(count, &RoomSettings::default().options(Split::Train).unwrap(), 1, &mut |_| ()).unwrap()
    }

    #[test]
    fn the_drop_without_noise_covers_the_piece() {
        for sample in samples(6) {
            let maps = view_maps(&spec(), &sample, &drop_near(&sample, [0.0; 2], 1.0, 0.0)).unwrap();
            let found = maps.foreground_to_photo(&[0.0; 8]);
            let (_, centre) = silhouette(&sample.cutout);
            let middle = found.apply(centre);
            let distance = (middle[0] - sample.record.centre[0]).hypot(middle[1] - sample.record.centre[1]);
            assert!(distance < 1e-6, "{distance}");
            let error = pairs(&sample, &sample.truth(), &maps, &spec()).unwrap().error(&[0.0; 8], 1.0);
            assert!(error < 0.25, "{error}");
        }
    }

    #[test]
    fn examples_have_the_size_of_the_networks_and_fill_the_canonical_box() {
        let samples = samples(6).into();
        let examples = RoomExamples::new(&samples, spec(), true);
        for seed in 0..12 {
            let by = Perturbation { colour: true, warp: 0.1, warped_share: 0.5, ..Perturbation::DROPPED };
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let example = ExampleSource::sample(&examples, Role::Discriminator, &by, rng).unwrap();
            let area = spec().size.area();
            assert_eq!((example.background.len(), example.foreground.len()), (3 * area, 4 * area));
            assert_eq!(example.real.unwrap().len(), 3 * area);
            let alpha = &example.foreground[3 * area..];
            let covered: Vec<usize> = (0..area).filter(|&i| alpha[i] > 0.5).collect();
            let columns = covered.iter().map(|i| i % 40).max().unwrap() - covered.iter().map(|i| i % 40).min().unwrap();
            let rows = covered.iter().map(|i| i / 40).max().unwrap() - covered.iter().map(|i| i / 40).min().unwrap();
            assert!(columns <= 20 && rows <= 15 && (columns >= 17 || rows >= 12), "{columns}×{rows}");
        }
    }

    #[test]
    fn the_right_place_of_an_example_has_no_error() {
        let samples = samples(6).into();
        let examples = RoomExamples::new(&samples, spec(), false);
        let by = Perturbation { rotation: 5.0, warp: 0.1, warped_share: 0.5, ..Perturbation::DROPPED };
        for seed in 0..20 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let example = ExampleSource::sample(&examples, Role::Discriminator, &by, rng).unwrap();
            assert!(example.real.is_none(), "the composite at this place takes the place of a rendered image");
            let target = example.target.unwrap();
            let (start, right) =
                (target.error(&example.params, 1.0), target.error(&target.right_params().unwrap(), 1.0));
            assert!(right < 1e-6 && start > 0.01, "{start} {right}");
        }
    }

    #[test]
    fn a_flipped_example_is_the_mirror_image() {
        let samples = samples(1).into();
        let examples = RoomExamples::new(&samples, spec(), true);
        let by = Perturbation { translation: 0.0, scale: 0.0, rotation: 0.0, ..Perturbation::DROPPED };
        let sample =
            |seed| ExampleSource::sample(&examples, Role::Generator, &by, &mut ChaCha8Rng::seed_from_u64(seed));
        let first = sample(0).unwrap();
        let other = (1..50).map(|seed| sample(seed).unwrap()).find(|e| e.background != first.background).unwrap();
        for (row, mirrored) in first.background.chunks_exact(40).zip(other.background.chunks_exact(40)) {
            assert!(row.iter().rev().zip(mirrored).all(|(a, b)| (a - b).abs() < 1e-4));
        }
        let (a, b) = (first.target.unwrap(), other.target.unwrap());
        assert!((a.view[0][0] + b.view[0][0]).abs() < 1e-9 && (a.unit - b.unit).abs() < 1e-9);
    }
}
