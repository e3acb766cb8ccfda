//! Cameras as people hold them.

use super::standing::overlap;
use super::{Options, Room, Standing};
use crate::furniture::Category;
use crate::raster::Camera;
use glam::{Quat, Vec2, Vec3, Vec3Swizzles};
use rand::Rng;
use rand_distr::StandardNormal;

/// Pixels between a piece and the edge of the image, in an image 160 pixels wide.
const MARGIN: f32 = 2.0;
/// The share of the image that the box around a piece takes.
const SHARE: std::ops::Range<f32> = 0.035..0.45;

/// A camera in the room that shows the whole piece, at the height of a person; `None` if none is
/// found in a few tries.
pub(super) fn camera(rng: &mut impl Rng, room: &Room, standing: &Standing, options: &Options) -> Option<Camera> {
    let (width, height) = (options.size.0 as f32, options.size.1 as f32);
    let corners = corners(standing);
    let footprint = standing.place.footprint(standing.piece.size);
    let middle = standing.place.at.extend(0.0).xzy() + 0.5 * standing.piece.size.y * Vec3::Y;
    let facing = if standing.piece.category.has_front() {
        0.35
    } else if standing.piece.category == Category::Chair {
        -0.6
    } else {
        -0.3
    };
    for _ in 0..60 {
        let at = Vec2::new(rng.random_range(0.15..room.size.x - 0.15), rng.random_range(0.15..room.size.z - 0.15));
        let position = Vec3::new(at.x, rng.random_range(1.15..1.75), at.y);
        let to_camera = at - standing.place.at;
        let distance = to_camera.length();
        let body = [[-0.1, -0.1], [0.1, -0.1], [0.1, 0.1], [-0.1, 0.1]].map(|d: [f32; 2]| at + Vec2::from(d));
        let taken = room.limits.taken.iter().chain([&footprint]).any(|other| overlap(&body, other));
        if taken || distance < options.nearest || to_camera.dot(standing.place.front()) < facing * distance {
            continue;
        }
        let field = rng.random_range(55.0..78.0_f32).to_radians();
        let pitch = rng.random_range(2.0..14.0_f32).to_radians();
        let mut target = middle;
        target.y = position.y - distance * pitch.tan();
        let yaw = 0.22 * rng.sample::<f32, _>(StandardNormal);
        let target = position + Quat::from_rotation_y(yaw) * (target - position);
        let focal = 0.5 * width / (0.5 * field).tan();
        let camera = Camera::looking_at(position, target, focal, 0.5 * Vec2::new(width, height));
        if let Some((low, high)) = bounds(&camera, &corners) {
            let margin = MARGIN * width / 160.0;
            let inside = low.min_element() > margin && high.x < width - margin && high.y < height - margin;
            if inside && SHARE.contains(&((high - low).element_product() / (width * height))) {
                return Some(camera);
            }
        }
    }
    None
}

/// The corners of the box around a piece in the room.
pub(super) fn corners(standing: &Standing) -> [Vec3; 8] {
    let map = standing.place.map();
    std::array::from_fn(|i| {
        let sign = |bit: usize| if i >> bit & 1 == 1 { 0.5 } else { -0.5 };
        map.transform_point3(standing.piece.size * Vec3::new(sign(0), sign(1) + 0.5, sign(2)))
    })
}

/// The bounds of points in the image; `None` if one is too close or behind the camera.
pub(super) fn bounds(camera: &Camera, points: &[Vec3]) -> Option<(Vec2, Vec2)> {
    let start = (Vec2::INFINITY, Vec2::NEG_INFINITY);
    points.iter().try_fold(start, |(low, high), &point| {
        let (pixel, depth) = camera.project(point);
        (depth > 0.25).then(|| (low.min(pixel), high.max(pixel)))
    })
}
