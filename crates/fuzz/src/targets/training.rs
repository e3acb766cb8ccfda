//! Data sets and checkpoints.

use super::{outcome, safetensors, safetensors_of};
use crate::{Memory, Target};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use stgan_train::data::{self, DataSettings, Source};
use stgan_train::internals::checkpoint_iteration;

/// A new folder for one target of this process, in memory where possible.
pub(super) fn folder(name: &str) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    let path = parent.join(format!("stgan-fuzz-{}-{name}", std::process::id()));
    // If the folder cannot be created, the targets report it as their outcome.
    let _ = std::fs::create_dir_all(&path);
    path
}

const TABLE_MEMORY: Memory = Memory { fixed: 2 << 20, per_byte: 200 };

const LABELS: &str =
    "id,image,split,glasses,person,yaw,r_iris_x,r_iris_y,l_iris_x,l_iris_y,r_temple_x,r_temple_y,l_temple_x,\
l_temple_y,photo,photo_r_eye_x,photo_r_eye_y,photo_l_eye_x,photo_l_eye_y,r_eye_x,r_eye_y,l_eye_x,l_eye_y
a,a.jpg,train,0,p1,3.5,60,90,118,91,40,92,140,93,full.jpg,600,900,1180,910,60,90,118,91
b,b.jpg,train,1,p2,-3,60,90,118,91,40,92,140,93,,,,,,,,,
c,c.jpg,val,yes,p3,,,,,,,,,,,,,,,,,,
";

const PLANE: &str = "id,h11,h12,h13,h21,h22,h23,h31,h32,h33,temples
a,30,0.5,89,0.2,30,91,0,0.001,1,2.2
b,30,0.5,89,0.2,30,91,0,0.001,1,2.2
";

/// Writes files to a folder and opens it as a data set. There are no images.
fn open(folder: &Path, source: Source, files: &[(&str, &[u8])]) -> String {
    for (name, bytes) in files {
        if let Err(error) = std::fs::write(folder.join(name), bytes) {
            return error.to_string();
        }
    }
    let settings = DataSettings { source, ..DataSettings::default() };
    outcome(data::open(Some(folder), &settings, &|_, _| ()).map(|opened| opened.summary()))
}

static TABLES: LazyLock<PathBuf> = LazyLock::new(|| folder("table"));
static PLANE_TABLES: LazyLock<PathBuf> = LazyLock::new(|| folder("planes"));
static LISTS: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = folder("celeba");
    let _ = std::fs::create_dir_all(path.join("img_align_celeba"));
    path
});

/// `labels.csv`.
pub(super) const TABLE: Target = Target {
    name: "table",
    seeds: || vec![LABELS.into(), "image,split,glasses,person\na.png,train,0,p\nb.png,val,1,q\n".into()],
    words: &[
        "train",
        "val",
        "\"",
        "\"\"",
        "\r\n",
        "r_iris_x",
        "photo",
        "person",
        "yaw",
        "nan",
        "1e400",
        "../../etc/passwd",
    ],
    memory: TABLE_MEMORY,
    run: |bytes| open(&TABLES, Source::Table, &[("labels.csv", bytes)]),
};

/// `plane.csv`, beside a valid `labels.csv`.
pub(super) const PLANES: Target = Target {
    name: "planes",
    seeds: || vec![PLANE.into()],
    words: &["id", "h33", "temples", "inf", "1e308", "-0", "\"", "\r\n", "a,", "b,"],
    memory: TABLE_MEMORY,
    run: |bytes| open(&PLANE_TABLES, Source::Table, &[("labels.csv", LABELS.as_bytes()), ("plane.csv", bytes)]),
};

/// The lists of CelebA in one input, with lines of `=` between them.
pub(super) const CELEBA: Target = Target {
    name: "celeba",
    seeds: || {
        let attributes = "3\nYoung Eyeglasses \n000001.jpg 1 -1\n000002.jpg -1  1\n000003.jpg 1 -1\n";
        let partition = "000001.jpg 0\n000002.jpg 0\n000003.jpg 1\n";
        let eyes = "3\nlefteye_x lefteye_y righteye_x righteye_y nose_x nose_y\n000001.jpg 69 109 106 113 77 142\n000002.jpg 69 110 107 112 81 135\n000003.jpg 70 110 107 112 80 130\n";
        let identity = "000001.jpg 5\n000002.jpg 6\n000003.jpg 7\n";
        vec![[attributes, partition, eyes, identity].join("=\n").into_bytes()]
    },
    words: &["Eyeglasses", "image_id,", "lefteye_x", ".jpg", "=\n", ",", "\u{feff}", "000001.jpg", " 2\n"],
    memory: TABLE_MEMORY,
    run: |bytes| {
        let mut parts: Vec<&[u8]> = vec![bytes];
        while let (Some(rest), true) = (parts.last().copied(), parts.len() < 4) {
            let Some(at) = rest.windows(2).position(|window| window == b"=\n") else { break };
            parts.pop();
            parts.extend([&rest[..at], &rest[at + 2..]]);
        }
        parts.resize(4, b"");
        let names = ["list_attr_celeba", "list_eval_partition", "list_landmarks_align_celeba", "identity_CelebA"];
        let names = names.map(|name| format!("{name}.txt"));
        let files: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(parts).collect();
        open(&LISTS, Source::Celeba, &files)
    },
};

const ROOM_RECORD: &str = r#"[{"category":"sofa","id":"1","turn":9,"camera":[0,1,0],"rotation":[1,0,0,0,1,0,0,0,1],"focal":90,"place":[1,1,0],"wall":null,"size":[1,1,1],"family":[[1,0,0,0,1,0,0,0,1]],"residual":0.01,"overlap":0.9,"diagonal":3,"area":4,"centre":[2,2],"bounds":[0,0,2,2]}]"#;

static ROOM_FOLDER: LazyLock<PathBuf> = LazyLock::new(|| folder("rooms"));

/// Shards of room samples.
pub(super) const ROOMS: Target = Target {
    name: "rooms",
    seeds: || {
        let images = [("cutout", 4), ("real", 3), ("room", 3)];
        let tensors = images.map(|(name, channels)| (name.to_owned(), vec![1, 3, 4, channels]));
        vec![safetensors_of(("U8", 1), &[("origin", "a"), ("records", ROOM_RECORD)], &tensors)]
    },
    words: &[
        "\\\"family\\\":[]",
        "\\\"bounds\\\":",
        "null",
        "[1,3,4,3]",
        "[0,3,4,3]",
        "\"dtype\":\"F32\"",
        "1e400",
        "-0",
    ],
    memory: Memory { fixed: 1 << 20, per_byte: 64 },
    run: |bytes| {
        let path = ROOM_FOLDER.join("shard-00000.safetensors");
        match std::fs::write(path, bytes) {
            Ok(()) => outcome(stgan_train::rooms::read(&ROOM_FOLDER, usize::MAX)),
            Err(error) => error.to_string(),
        }
    },
};

const RUN_CONFIG: &str = "seed = 1\n";

/// Checkpoints, without the checksum that would reject all mutants.
pub(super) const CHECKPOINT: Target = Target {
    name: "checkpoint",
    seeds: || {
        let metadata = [
            ("format", "stgan-checkpoint"),
            ("phase", "1"),
            ("iteration", "5"),
            ("run_iteration", "12"),
            ("config", RUN_CONFIG),
            ("best_stages", "1"),
            ("best_score", "4591870180066957722"),
            ("generator_steps", "12"),
        ];
        let names =
            ["average.stages.0.fc1.bias", "memory.history", "moments.generator.stages.0.fc1.bias", "stages.0.fc1.bias"];
        vec![safetensors(&metadata, &names.map(|name| (name.to_owned(), vec![3])))]
    },
    words: &[
        "moments.",
        "average.",
        "memory.",
        "_steps",
        "stgan-checkpoint-2",
        "\"crc32\":\"00000000\"",
        "\"dtype\":\"U8\"",
        "\"dtype\":\"I64\"",
        "\"dtype\":\"F8_E4M3\"",
        "[0]",
        "[1,3]",
    ],
    memory: Memory { fixed: 1 << 20, per_byte: 64 },
    run: |bytes| outcome(checkpoint_iteration(bytes, RUN_CONFIG)),
};
