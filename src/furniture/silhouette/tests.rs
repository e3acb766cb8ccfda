use super::*;

const SIZE: (u32, u32) = (160, 120);

/// A table with two feet on a ground of colour `ground(x, y)`, softened like a photo.
fn table(ground: impl Fn(f32, f32) -> Colour) -> Bitmap {
    const SAMPLES: u32 = 3;
    let wood = |x: f32, y: f32| {
        let top = (30.0..130.0).contains(&x) && (40.0..55.0).contains(&y);
        let feet = (55.0..100.0).contains(&y) && ((34.0..42.0).contains(&x) || (118.0..126.0).contains(&x));
        top || feet
    };
    let data = (0..SIZE.0 * SIZE.1).flat_map(|i| {
        let mut sum = [0.0; 3];
        for sample in 0..SAMPLES * SAMPLES {
            let x = (i % SIZE.0) as f32 + ((sample % SAMPLES) as f32 + 0.5) / SAMPLES as f32;
            let y = (i / SIZE.0) as f32 + ((sample / SAMPLES) as f32 + 0.5) / SAMPLES as f32;
            // Half a pixel, so that edges are mixed.
            let colour = if wood(x + 0.5, y + 0.5) { [0.45, 0.3, 0.2] } else { ground(x, y) };
            sum = [0, 1, 2].map(|c| sum[c] + colour[c]);
        }
        let byte = |value: f32| (255.0 * value / (SAMPLES * SAMPLES) as f32).round() as u8;
        [byte(sum[0]), byte(sum[1]), byte(sum[2]), 255]
    });
    Bitmap::new(SIZE.0, SIZE.1, data.collect()).unwrap()
}

fn alpha(image: &Bitmap, x: u32, y: u32) -> u8 {
    image.data()[(4 * (y * SIZE.0 + x) + 3) as usize]
}

fn check(cut: &Bitmap) {
    for (x, y, expected) in [(80, 47, 255), (37, 80, 255), (80, 80, 0), (5, 5, 0), (80, 110, 0), (150, 60, 0)] {
        assert_eq!(alpha(cut, x, y), expected, "at {x}, {y}");
    }
}

#[test]
fn white_coloured_and_shaded_grounds_are_removed() {
    check(&without_ground(table(|_, _| [1.0; 3]).as_ref()).unwrap());
    check(&without_ground(table(|_, _| [0.75, 0.82, 0.9]).as_ref()).unwrap());
    let shaded = |x: f32, y: f32| [0.95 - 0.001 * x, 0.93 - 0.001 * x - 0.0008 * y, 0.9 - 0.001 * x];
    check(&without_ground(table(shaded).as_ref()).unwrap());
}

#[test]
fn a_soft_shadow_on_the_ground_is_removed() {
    let shadow = |x: f32, y: f32| {
        let away = ((x - 80.0) / 60.0).powi(2) + ((y - 104.0) / 10.0).powi(2);
        [1.0 - 0.25 * (-away).exp(); 3]
    };
    let cut = without_ground(table(shadow).as_ref()).unwrap();
    check(&cut);
    assert_eq!(alpha(&cut, 80, 104), 0);
}

#[test]
fn a_price_beside_the_piece_is_removed() {
    let price = |x: f32, y: f32| {
        if (140.0..150.0).contains(&x) && (10.0..14.0).contains(&y) { [0.0; 3] } else { [1.0; 3] }
    };
    let cut = without_ground(table(price).as_ref()).unwrap();
    assert_eq!(alpha(&cut, 145, 12), 0);
    check(&cut);
}

#[test]
fn edges_have_the_colour_of_the_piece() {
    let cut = without_ground(table(|_, _| [1.0; 3]).as_ref()).unwrap();
    let mixed = cut.data().chunks_exact(4).filter(|pixel| (40..250).contains(&pixel[3]));
    let mut count = 0;
    for pixel in mixed {
        assert!(pixel[0] < 150, "{pixel:?}");
        count += 1;
    }
    assert!(count > 50, "{count} pixels at the edge are partly transparent");
}

#[test]
fn scenes_and_empty_photos_have_no_silhouette() {
    let scene = table(|x, y| [0.5 + 0.4 * (0.3 * x).sin(), 0.5 + 0.4 * (0.2 * y).cos(), 0.4]);
    assert_eq!(without_ground(scene.as_ref()).unwrap_err(), Refusal::BusyGround);
    let empty = Bitmap::new(40, 30, vec![255; 4800]).unwrap();
    assert_eq!(without_ground(empty.as_ref()).unwrap_err(), Refusal::NoFurniture);
    let tiny = Bitmap::new(1, 1, vec![255; 4]).unwrap();
    assert!(without_ground(tiny.as_ref()).is_err());
}
