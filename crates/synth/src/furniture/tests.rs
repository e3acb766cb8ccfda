//! Tests of furniture.

use super::*;

fn piece(category: Category, design: u64) -> Piece {
    Piece::draw(category, design, &mut ChaCha8Rng::seed_from_u64(5))
}

#[test]
fn pieces_stand_on_the_floor_and_fill_their_size() {
    for category in Category::ALL {
        for design in 0..20 {
            let piece = piece(category, design);
            let bounds = piece.meshes.iter().filter_map(Mesh::bounds).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            let (low, high) = bounds.unwrap();
            assert!(low.y.abs() < 1e-4, "{}", piece.id);
            assert!((high - low - piece.size).abs().max_element() < 1e-4, "{}", piece.id);
            assert!((low.x + high.x).abs() < 1e-4 && (low.z + high.z).abs() < 1e-4, "{}", piece.id);
            assert!(piece.size.min_element() > 0.2 && piece.size.max_element() < 2.6, "{}: {}", piece.id, piece.size);
        }
    }
}

#[test]
fn a_design_keeps_its_shape_in_other_colours() {
    let draw = |seed| Piece::draw(Category::Cabinet, 7, &mut ChaCha8Rng::seed_from_u64(seed));
    let (a, again, other) = (draw(1), draw(1), draw(2));
    let vertices = |p: &Piece| p.meshes.iter().flat_map(|m| m.vertices.clone()).collect::<Vec<_>>();
    assert_eq!(vertices(&a), vertices(&again));
    assert_ne!(vertices(&a)[0].colour, vertices(&other)[0].colour);
    let triangles = |p: &Piece| p.meshes.iter().map(|m| m.triangles.len()).sum::<usize>();
    assert_eq!(triangles(&a), triangles(&other));
    assert!((a.size / other.size - Vec3::ONE).abs().max_element() < 0.13);
}

#[test]
fn names_of_categories_are_unique() {
    for category in Category::ALL {
        assert_eq!(Category::from_name(category.name()), Some(category));
    }
    assert_eq!(Category::from_name("piano"), None);
}
