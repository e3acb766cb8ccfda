//! Where memory is asked for, and where it is not.

use allocation_counter::measure;
use stgan::compose::Foreground;
use stgan::{Bitmap, Placement, TryOn};

const PLACEMENT: Placement = Placement { x: 160.0, y: 90.0, width: 120.0, rotation: 4.0 };

#[test]
fn after_the_first_fit_updates_allocate_nothing() {
    let tryon = TryOn::new(include_bytes!("../weights/glasses.safetensors")).unwrap();
    let image = |width: u32, height: u32| {
        let pixel = |i: u32| [(i % 251) as u8, (i / 7 % 253) as u8, (i / 31 % 241) as u8, 255];
        Bitmap::new(width, height, (0..width * height).flat_map(pixel).collect()).unwrap()
    };
    let (photo, frame) = (image(320, 200), Foreground::new(image(100, 40).as_ref()).unwrap());
    let allocations = |steps: usize| {
        let fit = || tryon.fit(photo.as_ref(), &frame, &PLACEMENT, Some(steps)).unwrap();
        assert_eq!(fit().updates().len(), steps);
        measure(|| drop(fit())).count_total
    };
    let few = allocations(tryon.stages());
    // Whatever else a fit allocates, it does so once.
    assert!(few > 0);
    assert_eq!(allocations(tryon.stages() + 30), few);
}
