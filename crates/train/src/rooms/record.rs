//! The records of samples in files.

use serde::{Deserialize, Serialize};
use stgan_synth::rooms::{Place, Record};

/// What is known about a sample; see [`Record`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoomRecord {
    /// The category of the piece.
    pub category: String,
    /// The design of the piece.
    pub id: String,
    /// The turn of the cut-out's view about the piece, in degrees.
    pub turn: f32,
    /// The position of the camera in metres.
    pub camera: [f32; 3],
    /// The axes of the camera in the room, row by row: right, down, forward.
    pub rotation: [f32; 9],
    /// The focal length of the camera in pixels.
    pub focal: f32,
    /// x and z of the piece in metres, and its turn about the vertical in radians.
    pub place: [f32; 3],
    /// The wall behind the piece, if there is one.
    pub wall: Option<usize>,
    /// Width, height and depth of the piece in metres.
    pub size: [f32; 3],
    /// The homographies from pixels of the cut-out to pixels of the room that fit the surface best
    /// in all right places, the truth first. It is never empty. Right places are upright; see
    /// [`RoomSample::places`](super::RoomSample::places).
    pub family: Vec<[f64; 9]>,
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

impl From<&Record> for RoomRecord {
    fn from(record: &Record) -> Self {
        let Place { at, turn, wall } = record.place;
        Self {
            category: record.category.name().into(),
            id: record.id.clone(),
            turn: record.turn,
            camera: record.camera.position.to_array(),
            rotation: record.camera.rotation.transpose().to_cols_array(),
            focal: record.camera.focal,
            place: [at.x, at.y, turn],
            wall,
            size: record.size.to_array(),
            family: record.family.iter().map(|h| h.0).collect(),
            residual: record.residual,
            overlap: record.overlap,
            diagonal: record.diagonal,
            area: record.area,
            centre: record.centre,
            bounds: record.bounds,
        }
    }
}
