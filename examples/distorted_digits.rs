//! The table of "Spatial Transformer Networks" (Jaderberg et al. 2015, section 4.1) on digits that this example draws itself,
//! or on MNIST: how much a spatial transformer before a classifier helps, at equal numbers of parameters.
//!
//!     cargo run --release --example distorted_digits                       # the whole table, one seed
//!     cargo run --release --example distorted_digits -- --quick            # a minute, to see it work
//!     cargo run --release --example distorted_digits -- --on rts,cluttered --seeds 3
//!     cargo run --release --example distorted_digits -- --study interpolation
//!
//! Prints a table with the paper's percentages in brackets, appends each result to `results.jsonl` and saves
//! `transformed.png`, both in the folder `--out`.

#[path = "distorted_digits/data.rs"]
mod data;
#[path = "distorted_digits/layers.rs"]
mod layers;
#[path = "distorted_digits/localisation.rs"]
mod localisation;
#[path = "distorted_digits/networks.rs"]
mod networks;
#[path = "distorted_digits/montage.rs"]
mod montage;
#[path = "distorted_digits/strokes.rs"]
mod strokes;
#[path = "distorted_digits/table.rs"]
mod table;
#[path = "distorted_digits/training.rs"]
mod training;

use anyhow::{Result, ensure};
use clap::Parser;
use data::{Distortion, Set, Upright};
use networks::{Architecture, Network, Start};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Instant;
use stgan::stn::{Family, Interpolation, Sampler};
use table::Outcome;
use training::Plan;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Study {
    /// ST-CNN Aff with bilinear, bicubic and area-filtered sampling.
    Interpolation,
    /// ST-CNN Aff whose last localisation layer starts at zero, with small numbers, and as any other layer.
    Start,
}

#[derive(Parser)]
#[command(about = "Spatial transformers on distorted digits")]
struct Arguments {
    /// Distortions, separated by commas; all by default (RTS for studies)
    #[arg(long, value_enum, value_delimiter = ',')]
    on: Vec<Distortion>,
    /// Networks by their names in the table, separated by commas, such as `CNN,ST-CNN Aff`; all by default
    #[arg(long, value_delimiter = ',', conflicts_with = "study")]
    networks: Vec<String>,
    /// A question in place of the table
    #[arg(long, value_enum)]
    study: Option<Study>,
    /// Trainings of each kind, with seeds from 1 on
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Steps of 64 images; 1500, and 3000 on cluttered digits, by default
    #[arg(long)]
    steps: Option<usize>,
    /// Images to train on; 10 000, and 40 000 cluttered ones, by default
    #[arg(long)]
    train: Option<usize>,
    /// Images to test on
    #[arg(long, default_value_t = 5000)]
    test: usize,
    /// Steps without care: the whole rate from the first on, and gradients as long as they are
    #[arg(long)]
    bare: bool,
    /// 150 steps, 2000 and 500 images
    #[arg(long)]
    quick: bool,
    /// A folder with MNIST's four IDX files, unpacked, in place of drawn digits
    #[arg(long)]
    mnist: Option<PathBuf>,
    /// Where results go
    #[arg(long, default_value = "runs/digits")]
    out: PathBuf,
    /// Trainings at a time; as many as cores by default
    #[arg(long)]
    jobs: Option<usize>,
}

impl Arguments {
    /// What is trained, with names.
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
            Some(Study::Start) => vec![
                named("identity", base),
                named("N(0, 0.01)", Architecture { start: Start::Normal(0.01), ..base }),
                named("N(0, 0.1)", Architecture { start: Start::Normal(0.1), ..base }),
                named("plain (He)", Architecture { start: Start::Plain, ..base }),
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
        (arguments.steps, arguments.train, arguments.test) = (Some(150), Some(2000), 500);
    }
    let numbers = [arguments.steps, arguments.train, Some(arguments.test)];
    ensure!(numbers.iter().all(|n| *n != Some(0)) && arguments.seeds > 0, "nothing to do");
    // Trainings run side by side, each on one thread.
    #[allow(unsafe_code)]
    // SAFETY: nothing else runs yet.
    unsafe {
        std::env::set_var("CANDLE_NUM_THREADS", "1")
    };
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get());
    let jobs = arguments.jobs.unwrap_or(cores).max(1);
    std::fs::create_dir_all(&arguments.out)?;
    let architectures = arguments.architectures();
    let names: Vec<&str> = architectures.iter().map(|(name, _)| name.as_str()).collect();
    let unknown = arguments.networks.iter().find(|name| !names.contains(&name.as_str()));
    ensure!(unknown.is_none(), "no network is called {unknown:?}; there are {:?}", Architecture::names());
    let distortions = match (&arguments.on[..], arguments.study) {
        ([], None) => Distortion::ALL.to_vec(),
        ([], Some(_)) => vec![Distortion::Rts],
        (some, _) => some.to_vec(),
    };
    let upright = |kind: &str, count: usize, seed: u64| match &arguments.mnist {
        Some(folder) => Upright::mnist(folder, kind, count),
        None => Upright::drawn(count, seed),
    };
    let test = upright("t10k", arguments.test, 2)?;

    let mut outcomes = Vec::new();
    let mut shown: Vec<(Set, Vec<(usize, Network)>)> = Vec::new();
    for distortion in distortions {
        let (images, steps) = distortion.effort();
        let (images, steps) = (arguments.train.unwrap_or(images), arguments.steps.unwrap_or(steps));
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
                let network = training::train(architecture, &training_set, Plan { steps, seed, bare: arguments.bare })?;
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
                    "{:4} {name:12} seed {seed}: {error:5.2} % wrong, {parameters} parameters, {seconds:.0} s",
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
        "\n{}\n\nPercent wrong, mean and standard deviation over seeds; in brackets the paper's, on MNIST.",
        table::table(&outcomes)
    );

    let bands: Vec<picture::Band> = shown
        .iter()
        .map(|(set, networks)| {
            // The convolutional ones, where there are some.
            let best: Vec<&Network> =
                networks.iter().filter(|(i, _)| architectures[*i].1.convolutional).map(|(_, n)| n).collect();
            let all = || networks.iter().map(|(_, n)| n).collect();
            picture::Band { set, networks: if best.is_empty() { all() } else { best } }
        })
        .filter(|band| !band.networks.is_empty())
        .collect();
    if !bands.is_empty() {
        let path = arguments.out.join("transformed.png");
        let columns = shown.iter().map(|(set, _)| set.labels.len()).min().unwrap_or(0).min(10);
        picture::save(&path, &bands, columns)?;
        println!("Inputs, what the transformers look at and what they make of it: {}", path.display());
    }
    Ok(())
}
