//! The geometry of a session: placements, sizes, homographies, options and pixels.

use super::input::Input;
use super::{outcome, safetensors};
use crate::{Memory, Target};
use std::sync::LazyLock;
use stgan::compose::{self, Foreground};
use stgan::glasses::{RealWidth, Removal};
use stgan::internals::resample::Downscaler;
use stgan::model::{GeneratorSpec, Inputs};
use stgan::{
    Bitmap, BitmapRef, FaceDetector, Glasses, Homography, LocatedFace, Photo, Placement, Rect, Result, TrackSettings,
    Tracker, TryOn, furniture,
};

/// The largest number of pixels that a target draws or pushes.
const MAX_PIXELS: u64 = 1 << 14;

/// Deterministic bytes with all kinds of values.
fn seeds() -> Vec<Vec<u8>> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    [16, 40, 90, 300, 900].map(|length| (0..length).map(|_| next()).collect()).into()
}

const fn target(name: &'static str, memory: u64, run: fn(&[u8]) -> String) -> Target {
    Target { name, seeds, words: &[], memory: Memory { fixed: memory, per_byte: 64 }, run }
}

static MODEL: LazyLock<Result<TryOn>> = LazyLock::new(|| {
    let spec =
        GeneratorSpec { size: 8.into(), channels: vec![1], hidden: 1, inputs: Inputs::Rgba, ..GeneratorSpec::paper() };
    let tensors: Vec<_> = spec.tensors(0).into_iter().map(|tensor| (tensor.name, tensor.shape)).collect();
    TryOn::new(&safetensors(&[("size", "8")], &tensors))
});

static FRONT: LazyLock<Result<Foreground>> = LazyLock::new(|| {
    let pixels: Vec<u8> = (0..40 * 16u32).flat_map(|i| [90, 40, 20, if i % 40 % 20 > 3 { 255 } else { 0 }]).collect();
    Foreground::new(BitmapRef::new(40, 16, &pixels)?)
});

fn model() -> &'static TryOn {
    MODEL.as_ref().expect("the weights of the test are valid")
}

fn front() -> &'static Foreground {
    FRONT.as_ref().expect("the glasses of the test are valid")
}

fn assert_finite(homography: &Homography) {
    assert!(homography.0.iter().all(|value| value.is_finite()), "{homography:?} is not finite");
}

fn assert_inside(rect: Rect, (width, height): (u32, u32)) {
    let fits =
        |start: u32, length: u32, size: u32| length > 0 && start.checked_add(length).is_some_and(|end| end <= size);
    assert!(
        fits(rect.x, rect.width, width) && fits(rect.y, rect.height, height),
        "{rect:?} is outside {width}×{height}"
    );
}

/// A real width of glasses, in half of the inputs.
fn real_width(input: &mut Input) -> Option<RealWidth> {
    match input.byte() {
        0..128 => None,
        byte => RealWidth::new(90.0 + 110.0 * f64::from(byte - 128) / 127.0, None).ok(),
    }
}

/// The region that a placement reads.
pub(super) const PLACEMENT: Target = target("placement", 1 << 16, |bytes| {
    let mut input = Input(bytes);
    let (placement, size) = (input.placement(), (input.length(), input.length()));
    if let Ok(homography) = placement.to_photo() {
        assert_finite(&homography);
    }
    outcome(placement.region(size).inspect(|rect| assert_inside(*rect, size)))
});

/// Drawing under any homography.
pub(super) const HOMOGRAPHY: Target = target("homography", 4 << 20, |bytes| {
    let mut input = Input(bytes);
    let (homography, canvas) = (Homography(input.numbers()), (input.length(), input.length()));
    let drawn = compose::footprint(front(), &homography, canvas).and_then(|rect| {
        let Some(mut rect) = rect else { return Ok("outside") };
        assert_inside(rect, canvas);
        rect.width = rect.width.min(128);
        rect.height = rect.height.min(128);
        let mut part = compose::part(front(), &homography, rect)?;
        compose::blend(front(), &homography, part.data_mut(), rect)?;
        Ok("drawn")
    });
    let [x, y] = input.numbers();
    let _ = (homography.inverse(), homography.apply([x, y]), homography.normalized());
    drawn.map_or_else(|error| error.to_string(), str::to_owned)
});

/// The downscaler, with bands of any height.
pub(super) const RESAMPLE: Target = target("resample", 8 << 20, |bytes| {
    let mut input = Input(bytes);
    let (from, to) = ((input.length(), input.length()), (input.length(), input.length()));
    if u64::from(from.0) * u64::from(from.1) > MAX_PIXELS {
        return outcome(Downscaler::new((from.0.max(1 << 20), 1 << 20), to));
    }
    outcome(Downscaler::new(from, to).and_then(|mut downscaler| {
        let bands: [u8; 4] = input.bytes();
        let pixels = input.image(from.0, from.1);
        let mut rest = pixels.as_slice();
        for band in bands.into_iter().cycle().take(1000) {
            let length = (usize::from(band).max(1) * from.0 as usize * 4).min(rest.len());
            let (rows, after) = rest.split_at(length);
            // An odd byte asks for rows that are not whole.
            downscaler.push(if band == 77 { &rows[..length - 1] } else { rows })?;
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let result = downscaler.finish()?;
        assert_eq!((result.width(), result.height()), to);
        Ok(())
    }))
});

/// Images of glasses whose background is kept.
pub(super) const GLASSES: Target = target("glasses", 8 << 20, |bytes| {
    let mut input = Input(bytes);
    let (width, height) = (input.length(), input.length());
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return outcome(BitmapRef::new(width, height, input.0));
    }
    let pixels = input.image(width, height);
    outcome(BitmapRef::new(width, height, &pixels).and_then(|image| {
        let _ = Glasses::needs_removal(image);
        let glasses = Glasses::new(image, Removal::Never)?;
        assert_inside(glasses.foreground().bounding_box(), (glasses.image().width(), glasses.image().height()));
        assert!(glasses.lens_centres().iter().flatten().all(|value| value.is_finite()));
        Glasses::restored(image)
    }))
});

/// Opaque images of furniture. In three of four, most pixels are those of an even ground.
pub(super) const FURNITURE: Target = target("furniture", 8 << 20, |bytes| {
    let mut input = Input(bytes);
    let (width, height, ground) = (input.length(), input.length(), input.byte());
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return outcome(BitmapRef::new(width, height, input.0));
    }
    let mut pixels = input.image(width, height);
    for (i, pixel) in pixels.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let inside =
            i as u32 % width.max(1) * 3 / width.max(1) == 1 && i as u32 / width.max(1) * 3 / height.max(1) == 1;
        if ground >= 64 && !inside {
            *pixel = [ground; 4];
        }
        pixel[3] = 255;
    }
    outcome(BitmapRef::new(width, height, &pixels).and_then(|image| {
        let cut_out = furniture::prepare(image)?;
        assert_eq!((cut_out.width(), cut_out.height()), (width, height));
        Ok(cut_out)
    }))
});

/// Whole fits, with a network of the smallest size.
pub(super) const FIT: Target = target("fit", 64 << 20, |bytes| {
    let mut input = Input(bytes);
    let (photo, placement, updates) = ((input.length(), input.length()), input.placement(), input.byte());
    let (real_width, pupils) = (real_width(&mut input), [input.numbers(), input.numbers()]);
    outcome(model().view(photo, front(), &placement).and_then(|mut view| {
        let rect = view.rect();
        assert_inside(rect, photo);
        let pixels = u64::from(rect.width) * u64::from(rect.height);
        if pixels > MAX_PIXELS {
            return Ok(());
        }
        view.push(&input.image(rect.width, rect.height))?;
        let fit = model().fit_view(view, (updates < 250).then_some(usize::from(updates % 80)))?;
        for update in 0..=fit.updates().len() {
            assert_finite(&fit.homography(update)?);
        }
        assert!(fit.confidence().is_none_or(|value| (0.0..=1.0).contains(&value)));
        if let Some(real_width) = real_width {
            let worn = fit.with_real_width(&real_width, &pupils);
            worn.updates().iter().for_each(|update| assert_finite(&update.homography));
        }
        Ok(())
    }))
});

/// A detector that answers what the input says.
struct Answers(std::cell::RefCell<Vec<u8>>);

impl Answers {
    fn face(&self) -> Option<LocatedFace> {
        let mut bytes = self.0.borrow_mut();
        let mut input = Input(&bytes);
        let exists = input.byte() % 4 > 0;
        let [ax, ay, bx, by, score] = input.numbers();
        let rest = input.0.to_vec();
        *bytes = rest;
        exists.then(|| LocatedFace::new([[ax, ay], [bx, by]], score))
    }
}

impl FaceDetector for Answers {
    fn detect<P: Photo>(&self, _: &P) -> Result<Vec<LocatedFace>, P::Error> {
        Ok(self.face().into_iter().chain(self.face()).collect())
    }

    fn refine<P: Photo>(&self, _: &P, _: &Placement) -> Result<Option<LocatedFace>, P::Error> {
        Ok(self.face())
    }
}

/// Tracking of faces at any places and times.
pub(super) const TRACK: Target = target("track", 16 << 20, |bytes| {
    let mut input = Input(bytes);
    let mut settings = TrackSettings::default();
    settings.people = usize::from(input.byte() % 18);
    let times: [f64; 4] = input.numbers();
    let real_width = real_width(&mut input);
    let (width, height) = (1 + input.length() % 128, 1 + input.length() % 128);
    let detector = Answers(std::cell::RefCell::new(input.0.to_vec()));
    let result = Tracker::new(model().clone(), detector, front().clone(), settings).and_then(|mut tracker| {
        tracker.set_real_width(real_width);
        let frame = Bitmap::new(width, height, input.image(width, height))?;
        let mut outcomes = String::new();
        for (i, time) in times.into_iter().enumerate() {
            let faces = tracker.advance(&frame.as_ref(), time, i % 3);
            for face in faces.iter().flatten() {
                assert_finite(&face.homography);
            }
            outcomes += &outcome(faces);
        }
        Ok(outcomes)
    });
    result.unwrap_or_else(|error| error.to_string())
});
