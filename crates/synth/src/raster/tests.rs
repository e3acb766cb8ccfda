//! Tests of the rasteriser.

use super::*;
use glam::{Affine3A, Vec2, Vec3};
use std::sync::Arc;

const SIZE: usize = 64;

fn camera() -> Camera {
    Camera::looking_at(Vec3::new(0.0, 0.0, 4.0), Vec3::ZERO, 64.0, Vec2::splat(SIZE as f32 / 2.0))
}

fn white() -> Lighting {
    Lighting { above: Vec3::ONE, below: Vec3::ONE, lights: Vec::new() }
}

/// A square of side 2 in a plane with this z.
fn square(z: f32, colour: Vec3) -> Mesh {
    let mut mesh = Mesh::default();
    mesh.add_quad(Vec3::new(-1.0, -1.0, z), 2.0 * Vec3::X, 2.0 * Vec3::Y, colour, [1, 1]);
    mesh
}

fn drawn(meshes: &[Mesh]) -> Canvas {
    let mut canvas = Canvas::new(SIZE, SIZE, 2);
    for mesh in meshes {
        canvas.draw(mesh, &Affine3A::IDENTITY, &camera(), &white(), &|_, _| 1.0);
    }
    canvas
}

#[test]
fn a_square_covers_what_its_projection_covers() {
    let image = drawn(&[square(0.0, Vec3::ONE)]).resolve();
    // 2 m at a distance of 4 m with a focal length of 64 pixels.
    assert!((image.area() - 32.0 * 32.0).abs() < 1.0, "{}", image.area());
}

#[test]
fn the_nearer_surface_hides_the_farther_in_any_order() {
    let (near, far) = (square(1.0, Vec3::X), square(-1.0, Vec3::Y));
    for order in [[near.clone(), far.clone()], [far, near]] {
        let middle = drawn(&order).resolve().pixels[SIZE / 2 * SIZE + SIZE / 2];
        assert!(middle[0] > 0.9 && middle[1] < 0.1, "{middle:?}");
    }
}

#[test]
fn projection_and_unprojection_are_inverse() {
    let camera = Camera::looking_at(Vec3::new(1.0, 1.5, 3.0), Vec3::new(0.2, 0.4, -1.0), 90.0, Vec2::new(40.0, 30.0));
    for point in [Vec3::ZERO, Vec3::new(0.5, 1.0, -2.0), Vec3::new(-1.0, 0.1, 0.5)] {
        let (pixel, depth) = camera.project(point);
        assert!((camera.unproject(pixel, depth) - point).length() < 1e-5);
    }
    let higher = camera.project(Vec3::Y).0.y;
    assert!(higher < camera.project(Vec3::ZERO).0.y, "up in the scene is up in the image");
}

#[test]
fn textures_are_perspective_correct() {
    // A floor that runs away from the camera, black in its nearer half and white beyond.
    let texels = (0..64).map(|i| Vec3::splat(if i < 32 { 1.0 } else { 0.0 })).collect();
    let mut floor = Mesh::default();
    floor.add_quad(Vec3::new(-1.0, -1.0, 2.0), 2.0 * Vec3::X, -8.0 * Vec3::Z, Vec3::ONE, [1, 1]);
    floor.material.texture = Some(Arc::new(Texture::new(1, 64, texels)));
    let image = drawn(&[floor]).resolve();
    let edge = camera().project(Vec3::new(0.0, -1.0, -2.0)).0.y as usize;
    let brightness = |y: usize| image.pixels[y * SIZE + SIZE / 2][0];
    assert!(brightness(edge - 2) > 0.9 && brightness(edge + 2) < 0.1);
}

#[test]
fn surfaces_behind_the_camera_are_cut_off() {
    let mut floor = Mesh::default();
    floor.add_quad(Vec3::new(-50.0, -1.0, 50.0), 100.0 * Vec3::X, -100.0 * Vec3::Z, Vec3::ONE, [1, 1]);
    let image = drawn(&[floor]).resolve();
    let covered = |y: usize| image.pixels[y * SIZE + SIZE / 2][3];
    assert_eq!((covered(4), covered(SIZE - 1)), (0.0, 1.0));
}

#[test]
fn light_that_does_not_reach_a_point_darkens_it() {
    let mut canvas = Canvas::new(SIZE, SIZE, 1);
    let half = |point: Vec3, _| if point.x < 0.0 { 0.5 } else { 1.0 };
    canvas.draw(&square(0.0, Vec3::ONE), &Affine3A::IDENTITY, &camera(), &white(), &half);
    let image = canvas.resolve();
    let row = SIZE / 2 * SIZE;
    assert!(image.pixels[row + 28][0] < 0.6 * image.pixels[row + 36][0]);
}

#[test]
fn invalid_triangles_are_skipped() {
    let mut mesh = square(0.0, Vec3::ONE);
    mesh.triangles = vec![[0, 1, 9], [0, 0, 0]];
    mesh.vertices[2].position = Vec3::NAN;
    mesh.triangles.push([0, 1, 2]);
    assert_eq!(drawn(&[mesh]).resolve().area(), 0.0);
}

#[test]
fn partly_covered_pixels_keep_straight_colours() {
    let image = drawn(&[square(0.0, Vec3::new(0.5, 0.0, 0.0))]).resolve();
    let full = image.develop(1.0, [1.0; 3]).unwrap();
    let inside = full.data()[4 * (SIZE / 2 * SIZE + SIZE / 2)];
    assert!(full.data().chunks_exact(4).filter(|p| p[3] > 0).all(|p| p[0].abs_diff(inside) <= 1 && p[1] == 0));
}
