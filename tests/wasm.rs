//! Tests of the library on wasm32. They run in Node, or in a browser if
//! `WASM_BINDGEN_USE_BROWSER=1` is set; `scripts/wasm-test.mjs` does both.
#![cfg(target_arch = "wasm32")]

mod common;

use candle_core::safetensors::load_buffer;
use candle_core::{DType, Device, Module, Tensor, Var};
use candle_nn::{VarBuilder, VarMap};
use common::{assert_close, kernels, samplers};
use stgan::compose::{self, Foreground};
use stgan::model::{Cascade, weights};
use stgan::stn::{self, Family, Interpolation, SpatialTransformer, identity_layer};
use stgan::{Bitmap, Homography, Placement, Rect, TryOn};
use wasm_bindgen_test::wasm_bindgen_test as test;

const HOMOGRAPHY: &[u8] = include_bytes!("golden/homography.safetensors");
const SAMPLERS: &[u8] = include_bytes!("golden/samplers.safetensors");
const CASCADE: &[u8] = include_bytes!("golden/cascade.safetensors");
const WEIGHTS: &[u8] = include_bytes!("golden/cascade_weights.safetensors");
const SHIPPED: &[u8] = include_bytes!("../weights/glasses.safetensors");

const PLACEMENT: Placement = Placement { x: 160.0, y: 100.0, width: 120.0, rotation: 7.0 };

fn photo() -> Bitmap {
    let pixels = (0..320 * 240u32).flat_map(|i| [i as u8, (i >> 4) as u8, (i >> 9) as u8, 255]).collect();
    Bitmap::new(320, 240, pixels).unwrap()
}

fn glasses() -> Foreground {
    let mut image = Bitmap::transparent(200, 80).unwrap();
    for (i, pixel) in image.data_mut().chunks_exact_mut(4).enumerate() {
        let (x, y) = ((i % 200) as f64 + 0.5, (i / 200) as f64 + 0.5);
        let distance = (x - 45.0).hypot(y - 40.0).min((x - 155.0).hypot(y - 40.0));
        if distance < 38.0 {
            pixel.copy_from_slice(&[30, 20, 10, if distance > 30.0 { 255 } else { 60 }]);
        }
    }
    Foreground::new(image.as_ref()).unwrap()
}

#[test]
fn homographies_match_the_reference() {
    let t = load_buffer(HOMOGRAPHY, &Device::Cpu).unwrap();
    let expected = t["H"].flatten_from(1).unwrap().to_vec2::<f64>().unwrap();
    for (p, h) in t["p"].to_vec2::<f64>().unwrap().iter().zip(&expected) {
        let ours = Homography::exp(p.as_slice().try_into().unwrap());
        assert!(ours.0.iter().zip(h).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1.0)), "{p:?}");
    }
}

#[test]
fn samplers_match_the_reference() {
    let t = load_buffer(SAMPLERS, &Device::Cpu).unwrap();
    for (name, sampler) in samplers() {
        let [image, grid] = ["image", "grid"].map(|key| Var::from_tensor(&t[key]).unwrap());
        let nearest = sampler.interpolation == Interpolation::Nearest;
        let points = if nearest { grid.as_tensor().detach() } else { grid.as_tensor().clone() };
        let output = stn::grid_sample(image.as_tensor(), &points, sampler).unwrap();
        assert_close(&name, &output, &t[&format!("{name}.output")], 1e-9);
        let gradients = (output * &t["R"]).unwrap().sum_all().unwrap().backward().unwrap();
        for (var, key) in [(&image, "grad_image"), (&grid, "grad_grid")].into_iter().take(if nearest { 1 } else { 2 }) {
            assert_close(&name, gradients.get(var).unwrap(), &t[&format!("{name}.{key}")], 1e-9);
        }
    }
}

#[test]
fn spatial_transformer_starts_at_the_identity_and_translates() {
    let variables = VarMap::new();
    let vb = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
    let layer = identity_layer(25, Family::Translation, vb).unwrap();
    let localisation = candle_nn::seq().add_fn(|u| u.flatten_from(1)).add(layer);
    let transformer = SpatialTransformer::new(localisation, Family::Translation, (5, 5)).unwrap();
    let u = Tensor::arange(0f32, 25.0, &Device::Cpu).unwrap().reshape((1, 1, 5, 5)).unwrap();
    assert_close("identity", &transformer.forward(&u).unwrap(), &u, 1e-6);
    // A translation by canonical 0.5 is one pixel: each output pixel samples its right neighbour.
    variables.data().lock().unwrap()["bias"].set(&Tensor::new(&[0.5f32, 0.0], &Device::Cpu).unwrap()).unwrap();
    let shifted = u.narrow(3, 1, 4).unwrap().pad_with_zeros(3, 0, 1).unwrap();
    assert_close("shifted", &transformer.forward(&u).unwrap(), &shifted, 1e-6);
}

#[test]
fn cascade_matches_the_reference() {
    let (file, t) = (weights::read(WEIGHTS).unwrap(), load_buffer(CASCADE, &Device::Cpu).unwrap());
    for (dtype, tolerance) in [(DType::F64, 1e-9), (DType::F32, 1e-4)] {
        let cascade = Cascade::new(&file.spec, file.stages, &file.parameters.to_dtype(dtype).unwrap()).unwrap();
        let get = |key: &str| t[key].to_dtype(dtype).unwrap();
        let foreground = cascade.foreground(&get("foreground")).unwrap();
        let params = cascade.forward(&get("background"), &foreground, &get("p").get(0).unwrap()).unwrap();
        assert_close("p", &Tensor::stack(&params, 0).unwrap(), &t["p"], tolerance);
        for (stage, p) in params.iter().enumerate() {
            assert_close("H", &stn::homography(p).unwrap(), &t["H"].get(stage).unwrap(), tolerance);
        }
    }
}

#[test]
fn kernels_match_the_operations() {
    kernels::blocks_match_convolutions(
        &[(1, 1), (2, 2), (3, 3), (5, 5), (9, 9), (17, 17), (26, 26), (7, 12)],
        &[(1, 1), (3, 5), (7, 8), (8, 16), (13, 19), (40, 64)],
    );
    kernels::blocks_preserve_other_channels();
    kernels::stages_match_generators(&kernels::odd_specs());
    kernels::warped_glasses_match_the_warp();
}

#[test]
fn inference_with_shipped_weights_matches_the_cascade() {
    let file = weights::read(SHIPPED).unwrap();
    kernels::inference_matches_the_cascade(&file.spec, file.stages, &file.parameters, 5e-4);
}

#[test]
fn fits_and_composites() {
    let (tryon, photo, glasses) = (TryOn::new(SHIPPED).unwrap(), photo(), glasses());
    let fit = tryon.fit(photo.as_ref(), &glasses, &PLACEMENT, None).unwrap();
    assert_eq!(fit.updates().len(), tryon.updates());
    assert!(fit.updates().iter().all(|update| update.homography.is_finite()));

    let canvas = (photo.width(), photo.height());
    let h = fit.homography(fit.updates().len()).unwrap();
    let composite = compose::composite(photo.as_ref(), &glasses, &h).unwrap();
    let Rect { x, y, width, height } = compose::footprint(&glasses, &h, canvas).unwrap().unwrap();
    let mut changed = 0;
    for (i, (a, b)) in composite.data().chunks_exact(4).zip(photo.data().chunks_exact(4)).enumerate() {
        let (column, row) = (i as u32 % canvas.0, i as u32 / canvas.0);
        let inside = (x..x + width).contains(&column) && (y..y + height).contains(&row);
        assert!(inside || a == b);
        changed += usize::from(a != b);
    }
    assert!(changed > 1000);
}

#[test]
fn fit_from_a_view_equals_fit_from_the_photo() {
    let (tryon, photo, glasses) = (TryOn::new(SHIPPED).unwrap(), photo(), glasses());
    let size = (photo.width(), photo.height());
    let mut view = tryon.view(size, &glasses, &PLACEMENT).unwrap();
    view.push(photo.as_ref().crop(view.rect()).unwrap().data()).unwrap();
    let whole = tryon.fit(photo.as_ref(), &glasses, &PLACEMENT, None).unwrap();
    let from_view = tryon.fit_view(view, None).unwrap();
    assert_eq!(whole, from_view);
}

#[test]
fn truncated_weights_are_rejected() {
    for length in [0, 7, 8, 100, SHIPPED.len() / 2, SHIPPED.len() - 1] {
        assert_eq!(TryOn::new(&SHIPPED[..length]).unwrap_err().code(), "weights", "{length} bytes");
    }
}
