//! Counts the memory allocations of a fit.

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
    let (photo, glasses) = (image(320, 200), Foreground::new(image(100, 40).as_ref()).unwrap());
    let allocations = |updates: usize| {
        let fit = || tryon.fit(photo.as_ref(), &glasses, &PLACEMENT, Some(updates)).unwrap();
        assert_eq!(fit().updates().len(), updates);
        measure(|| drop(fit())).count_total
    };
    let expected = allocations(tryon.stages());
    // A fit allocates, but the number of allocations does not depend on the number of updates.
    assert!(expected > 0);
    assert_eq!(allocations(tryon.stages() + 30), expected);
}
