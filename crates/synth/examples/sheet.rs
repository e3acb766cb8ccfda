use rand::SeedableRng;
fn main() {
    let (w, h) = (256usize, 176usize);
    let mut out = image::RgbImage::new(6 * w as u32, 8 * h as u32);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(std::env::args().nth(1).unwrap().parse().unwrap());
    let t = std::time::Instant::now();
    for k in 0..24u32 {
        let p = stgan_synth::products::product(&mut rng, (w, h)).unwrap();
        for (i, l) in p.labels.iter().enumerate() {
            let (x, y) = ((i % w) as u32, (i / w) as u32);
            let c = [0, 1, 2].map(|c| (p.colours[3 * i + c] * 255.0) as u8);
            let (ox, oy) = ((k % 6) * w as u32, (k / 6) * 2 * h as u32);
            out.put_pixel(ox + x, oy + y, image::Rgb(c));
            let m = [[0, 0, 0], [255, 60, 60], [60, 160, 255], [255, 255, 0]][*l as usize];
            out.put_pixel(ox + x, oy + h as u32 + y, image::Rgb(m));
        }
    }
    eprintln!("{:?} each", t.elapsed() / 24);
    out.save(std::env::args().nth(2).unwrap()).unwrap();
}
