//! Samples: a room, the room with a piece, and the piece from another view.

use super::cutout::{self, alpha_box};
use super::family::family;
use super::truth::{fit_homography, overlap};
use super::{Place, Room, Split, Standing, room, view};
use crate::furniture::{Category, Models, Piece};
use crate::raster::{Camera, Canvas};
use glam::Vec3;
use rand::Rng;
use rand::seq::SliceRandom;
use std::sync::Arc;
use stgan::{Bitmap, Homography, Result};

/// How samples are drawn.
#[derive(Clone, Debug)]
pub struct Options {
    /// Width and height of all images in pixels.
    pub size: (usize, usize),
    /// Samples along each side of a pixel.
    pub samples: usize,
    /// Texels a metre of floors and walls.
    pub detail: f32,
    /// The split that furniture and patterns come from.
    pub split: Split,
    /// The category of the piece; `None` for all of [`Category::TARGETS`].
    pub category: Option<Category>,
    /// The least and greatest turn of the cut-out's view about the piece, in degrees. `None` takes
    /// the cut-out from the room's own camera turned to the piece: the truth is then exact.
    pub turn: Option<[f32; 2]>,
    /// The least distance of the camera in metres.
    pub nearest: f32,
    /// Pieces for each room.
    pub pieces: usize,
    /// Cut-outs of each piece.
    pub cutouts: usize,
    /// Models of furniture. Categories without a model are drawn.
    pub models: Option<Arc<Models>>,
}

impl Options {
    /// The options of a data set at 160×120 pixels.
    pub fn new(split: Split) -> Self {
        Self {
            size: (160, 120),
            samples: 2,
            detail: 48.0,
            split,
            category: None,
            turn: Some([8.0, 30.0]),
            nearest: 1.3,
            pieces: 3,
            cutouts: 2,
            models: None,
        }
    }

    /// A random piece of the split.
    pub(super) fn piece(&self, rng: &mut impl Rng, category: Category) -> Piece {
        let model = self.models.as_ref().and_then(|m| m.piece(rng, category, self.split == Split::Test));
        model.unwrap_or_else(|| self.split.piece(rng, category))
    }
}

/// What is known about a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The category of the piece.
    pub category: Category,
    /// The design of the piece.
    pub id: String,
    /// The turn of the cut-out's view about the piece, in degrees.
    pub turn: f32,
    /// The camera of the room's image.
    pub camera: Camera,
    /// Where the piece stands.
    pub place: Place,
    /// Width, height and depth of the piece in metres.
    pub size: Vec3,
    /// From pixels of the cut-out to pixels of the room's image.
    pub truth: Homography,
    /// The homographies of all right places, the truth first.
    pub family: Vec<Homography>,
    /// The root mean square distance of surface points under the truth, in diagonals of the piece.
    pub residual: f64,
    /// The overlap of the silhouettes under the truth, in [0, 1].
    pub overlap: f64,
    /// The diagonal of the piece's box in the room's image, in pixels.
    pub diagonal: f64,
    /// The area of the piece in the room's image, in pixels.
    pub area: f64,
    /// The centre of that area.
    pub centre: [f64; 2],
    /// The alpha bounding box of the cut-out: left, top, right, bottom.
    pub bounds: [f64; 4],
}

/// An example of a room and a piece of furniture.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The room without the piece and without its shadow.
    pub room: Bitmap,
    /// The room with the piece.
    pub real: Bitmap,
    /// The piece alone, with straight alpha.
    pub cutout: Bitmap,
    /// What is known about it.
    pub record: Record,
}

/// A truth is rejected from this residual on, in diagonals.
const MAX_RESIDUAL: f64 = 0.04;
/// A truth is rejected below this overlap of the silhouettes.
const MIN_OVERLAP: f64 = 0.7;
/// The least visible share of a piece.
const MIN_VISIBLE: f64 = 0.93;
/// The least area of a piece, as a share of the image.
const MIN_AREA: f64 = 0.012;
/// The number of surface points for the truth.
const POINTS: usize = 500;
/// The number of surface points for each member of the family.
const FAMILY_POINTS: usize = 80;

impl Sample {
    /// Draws a room and up to `pieces · cutouts` samples of it.
    ///
    /// Fewer are returned, or none, if a piece finds no place or camera, is hidden or small, or if
    /// no homography explains the change of view. The result depends on `options` and the state of
    /// `rng` only.
    ///
    /// # Errors
    /// [`stgan::Error::ImageTooLarge`] for a size beyond [`stgan::MAX_PIXELS`].
    pub fn draw(rng: &mut impl Rng, options: &Options) -> Result<Vec<Self>> {
        let room = Room::draw(rng, options);
        let mut samples = Vec::new();
        for _ in 0..options.pieces {
            let category =
                options.category.unwrap_or_else(|| Category::TARGETS[rng.random_range(0..Category::TARGETS.len())]);
            let piece = options.piece(rng, category);
            let Some(place) = room.place(rng, &piece) else { continue };
            let standing = Standing { piece, place };
            let Some(camera) = view::camera(rng, &room, &standing, options) else { continue };
            let Some(shot) = Shot::new(&room, &standing, camera, options)? else { continue };
            for _ in 0..options.cutouts {
                samples.extend(shot.sample(rng, options)?);
            }
        }
        Ok(samples)
    }
}

/// A camera's images of a room and a piece.
struct Shot<'a> {
    room: &'a Room,
    standing: &'a Standing,
    camera: Camera,
    empty: Canvas,
    images: [Bitmap; 2],
    coverage: Vec<f32>,
    diagonal: f64,
}

impl<'a> Shot<'a> {
    /// `None` if the piece is small or hidden.
    fn new(room: &'a Room, standing: &'a Standing, camera: Camera, options: &Options) -> Result<Option<Self>> {
        let mut alone = Canvas::new(options.size.0, options.size.1, options.samples);
        room::draw(&mut alone, standing, &camera, &room.lighting, &|_, _| 1.0);
        let covered = alone.depths().iter().filter(|depth| depth.is_finite()).count();
        if (covered as f64) < MIN_AREA * alone.depths().len() as f64 {
            return Ok(None);
        }
        let empty = room.render(&camera, options.size, options.samples, None);
        let visible = alone.depths().iter().zip(empty.depths()).filter(|(a, b)| a.is_finite() && **a < **b + 0.02);
        if (visible.count() as f64) < MIN_VISIBLE * covered as f64 {
            return Ok(None);
        }
        let full = room.render(&camera, options.size, options.samples, Some(standing));
        let develop = |canvas: &Canvas| canvas.resolve().develop(room.exposure, [1.0; 3]);
        let images = [develop(&empty)?, develop(&full)?];
        let silhouette = alone.resolve();
        let Some([left, top, right, bottom]) = alpha_box(&silhouette) else { return Ok(None) };
        Ok(Some(Self {
            room,
            standing,
            camera,
            empty,
            images,
            coverage: silhouette.pixels.iter().map(|pixel| pixel[3]).collect(),
            diagonal: (right - left).hypot(bottom - top),
        }))
    }

    /// `None` if no homography explains the other view.
    fn sample(&self, rng: &mut impl Rng, options: &Options) -> Result<Option<Sample>> {
        let Some(view) = cutout::view(rng, self.room, self.standing, &self.camera, options) else { return Ok(None) };
        let image = view.canvas.resolve();
        let Some(bounds) = alpha_box(&image) else { return Ok(None) };
        let mut shown: Vec<usize> =
            (0..view.canvas.depths().len()).filter(|&i| view.canvas.depths()[i].is_finite()).collect();
        let (shown, _) = shown.partial_shuffle(rng, POINTS);
        let points: Vec<([f64; 2], Vec3)> = shown
            .iter()
            .map(|&i| {
                let pixel = view.canvas.pixel(i);
                let point = view.camera.unproject(pixel, view.canvas.depths()[i]);
                ([f64::from(pixel.x), f64::from(pixel.y)], point)
            })
            .collect();
        let seen = points.iter().map(|(_, point)| self.camera.project(*point).0);
        let to: Vec<[f64; 2]> = seen.map(|p| [f64::from(p.x), f64::from(p.y)]).collect();
        let from: Vec<[f64; 2]> = points.iter().map(|(pixel, _)| *pixel).collect();
        let Some((truth, rms)) = fit_homography(&from, &to) else { return Ok(None) };
        let residual = rms / self.diagonal;
        let gain = rng.random_range(0.85..1.15);
        let gains = [(); 3].map(|()| rng.random_range(0.97..1.03));
        let cutout = image.develop(self.room.exposure * gain, gains)?;
        let overlap = overlap(cutout.as_ref(), &truth, &self.coverage, options.size.0);
        if residual >= MAX_RESIDUAL || overlap < MIN_OVERLAP || is_extreme(&truth, bounds) {
            return Ok(None);
        }
        let few = &points[..points.len().min(FAMILY_POINTS)];
        let mut family = family(self.room, self.standing, &self.camera, &self.empty, few);
        match family.first_mut() {
            Some(own) => *own = truth,
            None => family.push(truth),
        }
        let (area, centre) = self.area();
        let Standing { piece, place } = self.standing;
        let record = Record {
            category: piece.category,
            id: piece.id.clone(),
            turn: view.turn,
            camera: self.camera,
            place: *place,
            size: piece.size,
            truth,
            family,
            residual,
            overlap,
            diagonal: self.diagonal,
            area,
            centre,
            bounds,
        };
        let [room, real] = self.images.clone();
        Ok(Some(Sample { room, real, cutout, record }))
    }

    /// The area of the silhouette and its centre.
    fn area(&self) -> (f64, [f64; 2]) {
        let width = self.images[0].width() as usize;
        let (mut area, mut sum) = (0.0, [0.0; 2]);
        for (i, &covered) in self.coverage.iter().enumerate() {
            let covered = f64::from(covered);
            area += covered;
            sum[0] += covered * ((i % width) as f64 + 0.5);
            sum[1] += covered * ((i / width) as f64 + 0.5);
        }
        (area, sum.map(|x| x / area))
    }
}

/// Whether the scale under a homography changes more than fivefold over a box.
fn is_extreme(h: &Homography, [left, top, right, bottom]: [f64; 4]) -> bool {
    let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
    let scales = corners.map(|[x, y]| h.apply_homogeneous([x, y, 1.0])[2]);
    let (low, high) = scales.iter().fold((f64::INFINITY, 0.0_f64), |(l, h), &w| (l.min(w), h.max(w)));
    low < 0.2 * high
}
