//! Reproduces table 1 of "Spatial Transformer Networks" (Jaderberg et al. 2015, section 4.1) on
//! synthetic digits or on MNIST: how much a spatial transformer in front of a classifier reduces
//! the error, with the same number of parameters.
//!
//!     cargo run --release --example distorted_digits                  # the whole table, one seed
//!     cargo run --release --example distorted_digits -- --quick       # a short run of one minute
//!     cargo run --release --example distorted_digits -- --distortions rts,cluttered --seeds 3
//!     cargo run --release --example distorted_digits -- --study interpolation
//!
//! Prints a table with the paper's error rates in brackets, appends each result to `results.jsonl`
//! and saves `transformed.png`, both in the folder `--out`.

#[path = "distorted_digits/data.rs"]
mod data;
#[path = "distorted_digits/layers.rs"]
mod layers;
#[path = "distorted_digits/localisation.rs"]
mod localisation;
#[path = "distorted_digits/montage.rs"]
mod montage;
#[path = "distorted_digits/networks.rs"]
mod networks;
#[path = "distorted_digits/strokes.rs"]
mod strokes;
#[path = "distorted_digits/table.rs"]
mod table;
#[path = "distorted_digits/training.rs"]
mod training;

use anyhow::{Result, bail, ensure};
use clap::Parser;
use data::{Distortion, Set, Upright};
use networks::{Architecture, Initialisation, Network};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;
use stgan::stn::{Family, Interpolation, Sampler};
use table::Outcome;
use training::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Study {
    /// ST-CNN Aff with bilinear, bicubic and area-filtered sampling
    Interpolation,
    /// ST-CNN Aff with different initialisations of the last localisation layer
    Initialisation,
}

#[derive(Parser)]
#[command(about = "Spatial transformers on distorted digits")]
struct Arguments {
    /// Distortions, separated by commas [default: all; with --study: rts]
    #[arg(long, value_enum, value_delimiter = ',')]
    distortions: Vec<Distortion>,
    /// Networks as named in the table, separated by commas, such as `CNN,ST-CNN Aff` [default: all]
    #[arg(long, value_delimiter = ',', conflicts_with = "study")]
    networks: Vec<String>,
    /// Compare variants of one network instead of printing the table
    #[arg(long, value_enum)]
    study: Option<Study>,
    /// Number of training runs per network, with seeds 1, 2, …
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Training iterations with batches of 64 images [default: 1500; 3000 for cluttered digits]
    #[arg(long)]
    iterations: Option<usize>,
    /// Number of training images [default: 10000; 40000 for cluttered digits]
    #[arg(long)]
    train_images: Option<usize>,
    /// Number of test images
    #[arg(long, default_value_t = 5000)]
    test_images: usize,
    /// Train without learning-rate warm-up and gradient clipping
    #[arg(long)]
    unstabilised: bool,
    /// Short run: 150 iterations, 2000 training images, 500 test images
    #[arg(long)]
    quick: bool,
    /// Folder with the four unpacked IDX files of MNIST [default: synthetic digits]
    #[arg(long)]
    mnist: Option<PathBuf>,
    /// Output folder
    #[arg(long, default_value = "runs/digits")]
    out: PathBuf,
    /// Number of parallel training runs [default: number of cores]
    #[arg(long)]
    jobs: Option<usize>,
}

impl Arguments {
    /// The networks to train, with their names.
    fn architectures(&self) -> Vec<(String, Architecture)> {
        let base = Architecture::new(true, Some(Family::Affine));
        let named = |name: &str, change: Architecture| (name.to_owned(), change);
        let sampled = |interpolation| Architecture { sampler: Sampler::from(interpolation), ..base };
        match self.study {
            Some(Study::Interpolation) => vec![
                named("bilinear", base),
                named("bicubic", sampled(Interpolation::Bicubic)),
                named("area", sampled(Interpolation::Area)),
            ],
            Some(Study::Initialisation) => vec![
                named("identity", base),
                named("N(0, 0.01)", Architecture { initialisation: Initialisation::Normal(0.01), ..base }),
                named("N(0, 0.1)", Architecture { initialisation: Initialisation::Normal(0.1), ..base }),
                named("He", Architecture { initialisation: Initialisation::He, ..base }),
            ],
            None => {
                let wanted = |name: &String| self.networks.is_empty() || self.networks.contains(name);
                Architecture::all().into_iter().map(|a| (a.name(), a)).filter(|(name, _)| wanted(name)).collect()
            }
        }
    }
}

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        (arguments.iterations, arguments.train_images, arguments.test_images) = (Some(150), Some(2000), 500);
    }
    let counts = [arguments.iterations, arguments.train_images, Some(arguments.test_images)];
    ensure!(
        counts.iter().all(|n| *n != Some(0)) && arguments.seeds > 0,
        "--iterations, --train-images, --test-images and --seeds must be at least 1"
    );
    // Each training run uses one thread; runs are parallel.
    #[allow(unsafe_code)]
    // SAFETY: no other thread is running yet.
    unsafe {
        std::env::set_var("CANDLE_NUM_THREADS", "1")
    };
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let jobs = arguments.jobs.unwrap_or(cores).max(1);
    std::fs::create_dir_all(&arguments.out)?;
    let architectures = arguments.architectures();
    let names: Vec<&str> = architectures.iter().map(|(name, _)| name.as_str()).collect();
    if let Some(unknown) = arguments.networks.iter().find(|name| !names.contains(&name.as_str())) {
        bail!("unknown network {unknown:?}; available: {}", Architecture::names().join(", "));
    }
    let distortions = match (&arguments.distortions[..], arguments.study) {
        ([], None) => Distortion::ALL.to_vec(),
        ([], Some(_)) => vec![Distortion::Rts],
        (some, _) => some.to_vec(),
    };
    let upright = |kind: &str, count: usize, seed: u64| match &arguments.mnist {
        Some(folder) => Upright::mnist(folder, kind, count),
        None => Upright::drawn(count, seed),
    };
    let test = upright("t10k", arguments.test_images, 2)?;

    let mut outcomes = Vec::new();
    let mut shown: Vec<(Set, Vec<(usize, Network)>)> = Vec::new();
    for distortion in distortions {
        let (images, iterations) = distortion.effort();
        let (images, iterations) =
            (arguments.train_images.unwrap_or(images), arguments.iterations.unwrap_or(iterations));
        let training_set = upright("train", images, 1)?.distort(distortion, 1)?;
        let test_set = test.distort(distortion, 2)?;
        let tasks: Vec<(u64, usize)> =
            (1..=arguments.seeds).flat_map(|seed| (0..architectures.len()).map(move |i| (seed, i))).collect();
        let (queue, done) = (Mutex::new(tasks.into_iter()), Mutex::new(Vec::new()));
        let work = || -> Result<()> {
            loop {
                let Some((seed, i)) = queue.lock().expect("no thread has panicked").next() else { return Ok(()) };
                let (name, architecture) = &architectures[i];
                let start = Instant::now();
                let network = training::train(
                    architecture,
                    &training_set,
                    Plan { iterations, seed, unstabilised: arguments.unstabilised },
                )?;
                let outcome = Outcome {
                    network: name.clone(),
                    distortion: distortion.short(),
                    seed,
                    parameters: network.parameters(),
                    error: training::error(&network, &test_set)?,
                    seconds: start.elapsed().as_secs_f64(),
                };
                let Outcome { error, seconds, parameters, .. } = &outcome;
                println!(
                    "{:4} {name:12} seed {seed}: {error:5.2} % errors, {parameters} parameters, {seconds:.0} s",
                    distortion.short()
                );
                let mut file =
                    std::fs::File::options().create(true).append(true).open(arguments.out.join("results.jsonl"))?;
                writeln!(file, "{}", serde_json::to_string(&outcome)?)?;
                done.lock().expect("no thread has panicked").push((seed, i, outcome, network));
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..jobs)
                .map(|_| scope.spawn(|| rayon::ThreadPoolBuilder::new().num_threads(1).build()?.install(work)))
                .collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("no thread has panicked"))
        })?;
        let mut done = done.into_inner().expect("no thread has panicked");
        done.sort_by_key(|(seed, i, ..)| (*seed, *i));
        outcomes.extend(done.iter().map(|(.., outcome, _)| outcome.clone()));
        let transformers = done.into_iter().filter(|(seed, .., network)| *seed == 1 && network.transformer.is_some());
        let networks: Vec<_> = transformers.map(|(_, i, _, network)| (i, network)).collect();
        shown.push((test_set, networks));
    }
    println!(
        "\n{}\n\nError rates in percent, mean ± standard deviation over seeds; in brackets: the paper, on MNIST.",
        table::table(&outcomes)
    );

    let bands: Vec<montage::Band> = shown
        .iter()
        .map(|(set, networks)| {
            // Convolutional networks are preferred, because they are better.
            let convolutional: Vec<&Network> =
                networks.iter().filter(|(i, _)| architectures[*i].1.convolutional).map(|(_, n)| n).collect();
            let all = || networks.iter().map(|(_, n)| n).collect();
            montage::Band { set, networks: if convolutional.is_empty() { all() } else { convolutional } }
        })
        .filter(|band| !band.networks.is_empty())
        .collect();
    if !bands.is_empty() {
        let path = arguments.out.join("transformed.png");
        let columns = shown.iter().map(|(set, _)| set.labels.len()).min().unwrap_or(0).min(10);
        montage::save(&path, &bands, columns)?;
        println!("Inputs, sampled regions and outputs of the transformers: {}", path.display());
    }
    Ok(())
}
