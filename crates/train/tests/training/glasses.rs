//! Images of glasses as they come: with leftovers of a removal, on opaque grounds, with shadows
//! and arms. Each must give the fit of the clean glasses.

use std::sync::LazyLock;
use stgan::compose::{self, Foreground};
use stgan::glasses::{Glasses, Kind, Lenses, Removal, Warning};
use stgan::{Bitmap, CutOut, Homography, Placement, Rect, TryOn};

const WIDTH: u32 = 480;

/// A portrait and its pupils.
static PORTRAIT: LazyLock<(Bitmap, [[f64; 2]; 2])> = LazyLock::new(|| {
    let portrait = &stgan_portraits::portraits()[0];
    let photo = portrait.render(240).unwrap();
    let (w, h) = (f64::from(photo.width()), f64::from(photo.height()));
    let pupils = portrait.pupils.map(|[x, y]| [x * w, y * h]);
    (photo, pupils)
});

/// Changes the source image's pixel at (x, y).
type Edit = fn(&mut [u8; 4], u32, u32);

fn clean(id: &str) -> Bitmap {
    stgan_synth::catalogue().iter().find(|glasses| glasses.id == id).unwrap().render(WIDTH).unwrap()
}

fn cut_out() -> CutOut {
    CutOut::new(include_bytes!("../../../../weights/cutout.safetensors")).unwrap()
}

fn edited(image: &Bitmap, edit: Edit) -> Bitmap {
    let mut image = image.clone();
    let width = image.width();
    for (i, pixel) in (0..).zip(image.data_mut().as_chunks_mut::<4>().0) {
        edit(pixel, i % width, i / width);
    }
    image
}

/// The glasses with their top-left corner at `at` on a ground of `size`.
fn on(ground: [u8; 4], size: (u32, u32), image: &Bitmap, at: (u32, u32)) -> Bitmap {
    let data = ground.repeat((size.0 * size.1) as usize);
    let mut source = Bitmap::new(size.0, size.1, data).unwrap();
    let map = Homography::similarity(1.0, 0.0, f64::from(at.0), f64::from(at.1));
    let whole = Rect { x: 0, y: 0, width: size.0, height: size.1 };
    compose::blend(&Foreground::new(image.as_ref()).unwrap(), &map, source.data_mut(), whole).unwrap();
    source
}

/// Where the fit on a portrait puts the two points that are the lens centres of the clean image,
/// which lies at `at` on the source image. In inter-pupil distances from the left pupil.
fn fitted(glasses: &Glasses, image: &Bitmap, at: (u32, u32)) -> [[f64; 2]; 2] {
    let (photo, [left, right]) = &*PORTRAIT;
    let apart = (right[0] - left[0]).hypot(right[1] - left[1]);
    let placement = Placement {
        x: 0.5 * (left[0] + right[0]) + 0.05 * apart,
        y: 0.5 * (left[1] + right[1]) + 0.05 * apart,
        width: 2.1 * apart,
        rotation: 0.0,
    };
    let try_on = TryOn::new(include_bytes!("../../../../weights/glasses.safetensors")).unwrap();
    let fit = try_on.fit(photo.as_ref(), glasses.foreground(), &placement, None).unwrap();
    let from_source = glasses.to_source().inverse().unwrap();
    let map = fit.homography(fit.updates().len()).unwrap() * from_source;
    let (width, height) = (f64::from(image.width()), f64::from(image.height()));
    [0.273, 0.727].map(|x| {
        let point = map.apply([x * width + f64::from(at.0), 0.5 * height + f64::from(at.1)]);
        [(point[0] - left[0]) / apart, (point[1] - left[1]) / apart]
    })
}

/// The mean distance between the two fits.
fn difference(source: &Bitmap, at: (u32, u32), removal: Removal, image: &Bitmap) -> f64 {
    let original = Glasses::new(image.as_ref(), Removal::Never).unwrap();
    let glasses = Glasses::new(source.as_ref(), removal).unwrap();
    let (expected, found) = (fitted(&original, image, (0, 0)), fitted(&glasses, image, at));
    expected.iter().zip(found).map(|(a, b)| 0.5 * (a[0] - b[0]).hypot(a[1] - b[1])).sum()
}

fn mean_alpha(image: &Bitmap, rect: Rect) -> f64 {
    let part = image.as_ref().crop(rect).unwrap();
    part.data().chunks_exact(4).map(|pixel| f64::from(pixel[3]) / 255.0).sum::<f64>()
        / f64::from(rect.width * rect.height)
}

#[test]
fn clean_glasses_are_untouched_and_need_no_removal() {
    for glasses in stgan_synth::catalogue() {
        let image = glasses.render(WIDTH).unwrap();
        assert!(!Glasses::needs_removal(image.as_ref()), "{}", glasses.id);
        let prepared = Glasses::new(image.as_ref(), Removal::Never).unwrap();
        let report = prepared.report();
        assert_eq!((report.kind, report.warnings.as_slice()), (Kind::Untouched, [].as_slice()), "{}", glasses.id);
        assert_eq!(prepared.image().data(), image.data(), "{}", glasses.id);
        assert!(matches!(report.lenses, Lenses::Clear | Lenses::Tinted), "{}: {:?}", glasses.id, report.lenses);
        let [left, right] = prepared.lens_centres();
        let middle = f64::from(WIDTH) / 2.0;
        assert!((middle - left[0] - (right[0] - middle)).abs() < 0.02 * f64::from(WIDTH), "{}", glasses.id);
    }
}

#[test]
fn leftovers_of_a_removal_change_nothing() {
    let image = clean("harbour");
    let at = (200, 150);
    let wide = on([0; 4], (900, 700), &image, at);
    let cases: [(&str, Edit, &[Warning]); 5] = [
        (
            "a stray pixel",
            |p, x, y| {
                if (x, y) == (5, 690) {
                    *p = [90, 90, 90, 255]
                }
            },
            &[Warning::SpecksRemoved],
        ),
        (
            "specks",
            |p, x, y| {
                if x % 230 < 3 && y % 170 < 3 && p[3] == 0 {
                    *p = [200, 200, 200, 40]
                }
            },
            &[Warning::SpecksRemoved],
        ),
        (
            "a veil of 1",
            |p, _, _| {
                if p[3] < 8 {
                    *p = [255, 255, 255, 1]
                }
            },
            &[Warning::VeilRemoved],
        ),
        (
            "a veil of 3",
            |p, _, _| {
                if p[3] < 8 {
                    *p = [255, 255, 255, 3]
                }
            },
            &[Warning::VeilRemoved],
        ),
        (
            "a veil of 30",
            |p, _, _| {
                if p[3] < 8 {
                    *p = [255, 255, 255, 30]
                }
            },
            &[Warning::VeilRemoved],
        ),
    ];
    for (name, edit, expected) in cases {
        let source = edited(&wide, edit);
        assert!(!Glasses::needs_removal(source.as_ref()), "{name}");
        let glasses = Glasses::new(source.as_ref(), Removal::Never).unwrap();
        assert_eq!(glasses.report().warnings, expected, "{name}");
        let off = difference(&source, at, Removal::Never, &image);
        assert!(off < 0.017, "{name}: {off}");
    }
    // Colours under alpha 0 are no leftovers.
    let magenta = edited(&image, |pixel, _, _| {
        if pixel[3] == 0 {
            *pixel = [255, 0, 255, 0];
        }
    });
    assert!(difference(&magenta, (0, 0), Removal::Never, &image) < 1e-6);
}

#[test]
fn opaque_white_lenses_are_opened_and_the_rest_is_kept() {
    let image = clean("harbour");
    let (centre, half) = (image.height() / 2, f64::from(WIDTH) * 0.12);
    let mut source = image.clone();
    for (i, pixel) in (0..).zip(source.data_mut().as_chunks_mut::<4>().0) {
        let (x, y) = (f64::from(i % WIDTH), f64::from(i / WIDTH));
        let lens = [0.273, 0.727].iter().any(|c| (x - c * f64::from(WIDTH)).abs() < 1.25 * half);
        // All of the lens: everything see-through between the rims.
        if lens && pixel[3] < 200 && (y - f64::from(centre)).abs() < half {
            *pixel = [255; 4];
        }
    }
    let glasses = Glasses::new(source.as_ref(), Removal::Never).unwrap();
    assert!(glasses.report().warnings.contains(&Warning::LensesOpened), "{:?}", glasses.report());
    assert_eq!(glasses.report().lenses, Lenses::Clear);
    let lens = Rect { x: WIDTH * 273 / 1000 - 20, y: centre - 15, width: 40, height: 30 };
    assert!(mean_alpha(&source, lens) > 0.99);
    assert!(mean_alpha(&glasses.image().to_owned(), lens) < 0.1);
    let off = difference(&source, (0, 0), Removal::Never, &image);
    assert!(off < 0.017, "{off}");
}

#[test]
fn opaque_pictures_are_cut_out_on_any_plain_ground() {
    let cut_out = cut_out();
    for (id, lenses) in [("harbour", Lenses::Clear), ("saffron", Lenses::Clear), ("noon", Lenses::Tinted)] {
        let image = clean(id);
        let at = (60, 120);
        let size = (WIDTH + 120, image.height() + 240);
        for ground in [[255, 255, 255], [200, 200, 200], [244, 238, 226]] {
            let source = on([ground[0], ground[1], ground[2], 255], size, &image, at);
            assert!(Glasses::needs_removal(source.as_ref()));
            let glasses = Glasses::new(source.as_ref(), Removal::Auto(&cut_out)).unwrap();
            let report = glasses.report();
            assert_eq!((report.kind, report.lenses), (Kind::CutOut, lenses), "{id} on {ground:?}: {report:?}");
            let found = glasses.foreground().bounding_box();
            let share = f64::from(found.width) / f64::from(WIDTH);
            assert!((0.97..1.03).contains(&share), "{id} on {ground:?}: {share}");
            let off = difference(&source, at, Removal::Auto(&cut_out), &image);
            assert!(off < 0.03, "{id} on {ground:?}: {off}");
        }
        let whole = on([255; 4], size, &image, at);
        let kept = Glasses::new(whole.as_ref(), Removal::Never).unwrap();
        assert_eq!(kept.report().warnings, [Warning::OpaqueBackground]);
    }
}

#[test]
fn shadows_reflections_and_arms_are_not_placed() {
    let cut_out = cut_out();
    let image = clean("harbour");
    let (w, h) = (image.width(), image.height());
    let at = (100, 20);
    let wide = on([0; 4], (w + 200, 2 * h + 40), &image, at);

    // The mirror image on the ground, fading downwards.
    let mut reflected = wide.clone();
    let stride = wide.width() as usize;
    for y in 0..h * 4 / 5 {
        for x in 0..w {
            let from = 4 * ((20 + h - 1 - y) as usize * stride + (x + 100) as usize);
            let pixel: [u8; 4] = wide.data()[from..from + 4].try_into().unwrap();
            let fade = 0.5 * (1.0 - f64::from(y) / f64::from(h));
            let to = 4 * ((20 + h + y) as usize * stride + (x + 100) as usize);
            let faded = [pixel[0], pixel[1], pixel[2], (f64::from(pixel[3]) * fade) as u8];
            reflected.data_mut()[to..to + 4].copy_from_slice(&faded);
        }
    }
    // Temple arms that stand off on both sides.
    let mut with_arms = wide.clone();
    for x in (10..125).chain(w + 75..w + 190) {
        let beside = f64::from(x.abs_diff(100).min(x.abs_diff(100 + w)));
        let y = 20 + h / 4 - (0.12 * beside) as u32;
        for y in y..y + h / 18 {
            let to = 4 * (y as usize * stride + x as usize);
            with_arms.data_mut()[to..to + 4].copy_from_slice(&[30, 30, 30, 255]);
        }
    }
    for (name, source) in [("a reflection", reflected), ("arms", with_arms)] {
        let glasses = Glasses::new(source.as_ref(), Removal::Auto(&cut_out)).unwrap();
        assert_ne!(glasses.report().kind, Kind::Untouched, "{name}");
        let off = difference(&source, at, Removal::Auto(&cut_out), &image);
        assert!(off < 0.05, "{name}: {off}");
    }
}

#[test]
fn small_rotations_are_straightened() {
    let cut_out = cut_out();
    let image = clean("saffron");
    let mut source = Bitmap::new(700, 460, vec![255; 700 * 460 * 4]).unwrap();
    let degrees = 6.0f64;
    let map = Homography::similarity(1.0, degrees.to_radians(), 350.0, 230.0)
        * Homography::similarity(1.0, 0.0, -0.5 * f64::from(WIDTH), -0.5 * f64::from(image.height()));
    let whole = Rect { x: 0, y: 0, width: 700, height: 460 };
    compose::blend(&Foreground::new(image.as_ref()).unwrap(), &map, source.data_mut(), whole).unwrap();
    let glasses = Glasses::new(source.as_ref(), Removal::Auto(&cut_out)).unwrap();
    assert!(glasses.report().warnings.contains(&Warning::Straightened), "{:?}", glasses.report());
    let [left, right] = glasses.lens_centres();
    assert!((right[1] - left[1]).abs() < 0.01 * f64::from(WIDTH), "{left:?} {right:?}");
    // The map to the source image has the rotation.
    let [left, right] = glasses.lens_centres().map(|centre| glasses.to_source().apply(centre));
    let found = (right[1] - left[1]).atan2(right[0] - left[0]).to_degrees();
    assert!((found - degrees).abs() < 1.5, "{found}");
}

#[test]
fn unusable_pictures_are_refused_with_a_code() {
    let cut_out = cut_out();
    let image = clean("harbour");
    let code = |source: &Bitmap| Glasses::new(source.as_ref(), Removal::Auto(&cut_out)).unwrap_err().code();
    let white = Bitmap::new(300, 200, vec![255; 300 * 200 * 4]).unwrap();
    assert_eq!(code(&white), "no-glasses-found");
    assert_eq!(code(&Bitmap::new(1, 1, vec![255; 4]).unwrap()), "no-glasses-found");
    assert_eq!(code(&Bitmap::transparent(40, 20).unwrap()), "empty-glasses");

    let mut small = Bitmap::new(160, 120, vec![255; 160 * 120 * 4]).unwrap();
    let map = Homography::similarity(80.0 / f64::from(WIDTH), 0.0, 40.0, 40.0);
    let whole = Rect { x: 0, y: 0, width: 160, height: 120 };
    compose::blend(&Foreground::new(image.as_ref()).unwrap(), &map, small.data_mut(), whole).unwrap();
    assert_eq!(code(&small), "too-small");

    let on_end = stgan_synth::catalogue()[2].render(WIDTH).unwrap();
    let mut turned = Bitmap::new(600, 600, vec![255; 600 * 600 * 4]).unwrap();
    let map = Homography::similarity(1.0, 35f64.to_radians(), 300.0, 300.0)
        * Homography::similarity(1.0, 0.0, -0.5 * f64::from(WIDTH), -0.5 * f64::from(on_end.height()));
    let whole = Rect { x: 0, y: 0, width: 600, height: 600 };
    compose::blend(&Foreground::new(on_end.as_ref()).unwrap(), &map, turned.data_mut(), whole).unwrap();
    assert!(matches!(code(&turned), "not-a-front-view" | "no-glasses-found"));
}
