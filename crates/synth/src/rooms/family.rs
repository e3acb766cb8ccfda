//! The places in a room where a piece would stand as rightly as at its own.

use super::truth::fit_homography;
use super::view::{bounds, corners};
use super::{Room, Standing};
use crate::raster::{Camera, Canvas};
use glam::{Vec2, Vec3};
use stgan::Homography;

/// The step along a wall, in metres.
const STEP: f32 = 0.1;
/// The step over free floor.
const FREE_STEP: f32 = 0.25;
/// Places farther away than this are left out.
const REACH: f32 = 3.0;
/// The share of the surface points that must be visible.
const VISIBLE: f32 = 0.9;

/// The homographies from the cut-out to the image for all right places: the piece slid along its
/// wall, or over free floor if no wall is behind it.
///
/// `points` are pixels of the cut-out and the points of the room that they show at the piece's own
/// place. A place counts if the piece fits there, is inside the image and is hardly hidden by what
/// `room_canvas` shows: the room without the piece. The own place comes first if it has a
/// homography.
pub fn family(
    room: &Room,
    standing: &Standing,
    camera: &Camera,
    room_canvas: &Canvas,
    points: &[([f64; 2], Vec3)],
) -> Vec<Homography> {
    let count = |step: f32| (REACH / step) as i32;
    let steps: Vec<Vec2> = if standing.place.wall.is_some() {
        let n = count(STEP);
        (-n..=n).map(|i| Vec2::new(STEP * i as f32, 0.0)).collect()
    } else {
        let n = count(FREE_STEP) / 2;
        (-n..=n).flat_map(|i| (-n..=n).map(move |j| FREE_STEP * Vec2::new(i as f32, j as f32))).collect()
    };
    let own = std::iter::once(Vec2::ZERO);
    let others = steps.into_iter().filter(|step| *step != Vec2::ZERO);
    own.chain(others).filter_map(|step| member(room, standing, camera, room_canvas, points, step)).collect()
}

fn member(
    room: &Room,
    standing: &Standing,
    camera: &Camera,
    room_canvas: &Canvas,
    points: &[([f64; 2], Vec3)],
    step: Vec2,
) -> Option<Homography> {
    let place = standing.place.moved(step);
    if !room.limits.allows(&place, standing.piece.size) {
        return None;
    }
    let moved = Standing { place, piece: crate::furniture::Piece { meshes: Vec::new(), ..standing.piece.clone() } };
    let (low, high) = bounds(camera, &corners(&moved))?;
    let (columns, rows) = room_canvas.grid();
    let scale = room_canvas.samples() as f32;
    let size = Vec2::new(columns as f32, rows as f32) / scale;
    if low.min_element() < 0.0 || !high.cmple(size).all() {
        return None;
    }
    let by = place.at - standing.place.at;
    let mut visible = 0;
    let (mut from, mut to) = (Vec::with_capacity(points.len()), Vec::with_capacity(points.len()));
    for (pixel, point) in points {
        let (seen, depth) = camera.project(*point + Vec3::new(by.x, 0.0, by.y));
        let sample = (scale * seen).clamp(Vec2::ZERO, Vec2::new(columns as f32 - 1.0, rows as f32 - 1.0));
        let behind = room_canvas.depths()[sample.y as usize * columns + sample.x as usize];
        visible += usize::from(depth < behind + 0.05);
        from.push(*pixel);
        to.push([f64::from(seen.x), f64::from(seen.y)]);
    }
    if (visible as f32) < VISIBLE * points.len() as f32 {
        return None;
    }
    fit_homography(&from, &to).map(|(h, _)| h)
}
