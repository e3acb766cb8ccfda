//! Training that is killed, or whose disk is full: it resumes, and ends as if nothing had happened.

use crate::{PROGRAM, folder};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/tiny.toml");

/// The number of kills, unless the environment variable `STGAN_KILLS` says otherwise.
const KILLS: usize = 4;

/// Pseudo-random numbers from 0 to 1.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Starts the run in `out`, or resumes it if it has a checkpoint. `limit` is the size in KB at
/// which the system kills a process that writes a file, or with `full` refuses to write.
fn start(out: &Path, limit: Option<u64>, full: bool) -> Child {
    let checkpoints = std::fs::read_dir(out.join("checkpoints")).map_or(0, |files| {
        files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|end| end == "safetensors")).count()
    });
    let mut arguments = vec!["train", "--out", out.to_str().unwrap()];
    if checkpoints > 0 {
        arguments.push("--resume");
    } else {
        arguments.extend(["--config", CONFIG]);
    }
    let limits = limit.map_or(String::new(), |kilobytes| format!("ulimit -f {kilobytes}; "));
    let ignore = if full { "trap '' XFSZ; " } else { "" };
    Command::new("bash")
        .args(["-c", &format!("{ignore}{limits}exec \"$0\" \"$@\""), PROGRAM])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// All that a run must leave: files with their bytes, checkpoints without their header, whose order
/// varies, and metrics without times.
fn results(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in [out.to_owned(), out.join("checkpoints")] {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(out).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() || name == ".lock" {
                continue;
            }
            let mut bytes = std::fs::read(&path).unwrap();
            if name.starts_with("checkpoints") {
                let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
                bytes.drain(..8 + header);
            }
            if name == "metrics.jsonl" {
                let text = String::from_utf8(bytes).unwrap();
                let untimed = text.lines().map(|line| {
                    let mut record: serde_json::Value = serde_json::from_str(line).unwrap();
                    record.as_object_mut().unwrap().remove("seconds");
                    record.to_string()
                });
                bytes = untimed.collect::<Vec<_>>().join("\n").into_bytes();
            }
            files.insert(name, bytes);
        }
    }
    files
}

fn assert_equal(found: &BTreeMap<String, Vec<u8>>, expected: &BTreeMap<String, Vec<u8>>) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, bytes) in expected {
        assert!(found[name] == *bytes, "{name} differs");
    }
}

fn error_of(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn killed_runs_resume_and_end_bit_for_bit_as_an_undisturbed_run() {
    let kills = std::env::var("STGAN_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let folder = folder("killed");
    let whole = folder.join("whole");
    let began = Instant::now();
    assert!(start(&whole, None, false).wait_with_output().unwrap().status.success());
    let duration = began.elapsed().as_secs_f64();
    let expected = results(&whole);
    let largest = expected.values().map(Vec::len).max().unwrap() as f64 / 1024.0;

    let mut numbers = Numbers(0x5eed);
    let (mut killed, mut in_writes, mut finished) = (0, 0, 0);
    let mut out = folder.join("run-0");
    loop {
        let disturb = killed + in_writes < kills;
        // Every third time the system kills the process while it writes a file.
        let limit = (disturb && (killed + in_writes) % 3 == 2).then(|| (numbers.next() * largest) as u64);
        let mut child = start(&out, limit, false);
        if disturb && limit.is_none() {
            std::thread::sleep(Duration::from_secs_f64(numbers.next() * duration));
            // SIGKILL. The process may have ended before.
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        match (status.code(), limit) {
            (Some(0), _) => {
                assert_equal(&results(&out), &expected);
                finished += 1;
                std::fs::remove_dir_all(&out).unwrap();
                if !disturb {
                    break;
                }
                out = folder.join(format!("run-{finished}"));
            }
            (None, None) => killed += 1,
            (None, Some(_)) => in_writes += 1,
            (Some(code), _) => panic!("the run ended with code {code} after {killed} kills"),
        }
    }
    println!(
        "{killed} runs killed at random moments and {in_writes} in writes; {finished} ended as the undisturbed run"
    );
}

#[test]
fn a_full_disk_is_an_error_that_keeps_the_last_checkpoint() {
    let folder = folder("full");
    let (whole, out) = (folder.join("whole"), folder.join("run"));
    assert!(start(&whole, None, false).wait().unwrap().success());
    let expected = results(&whole);
    // The limits let through the first files only, then also checkpoints of later phases.
    for kilobytes in [0, 1, 8, 16, 24] {
        let error = error_of(start(&out, Some(kilobytes), true));
        assert!(error.contains("cannot be"), "{kilobytes} KB: {error}");
        let incomplete = |folder: &Path| {
            let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
            names.filter(|name| name.to_string_lossy().ends_with(".partial")).count()
        };
        assert_eq!(incomplete(&out), 0);
    }
    assert!(start(&out, None, false).wait().unwrap().success());
    assert_equal(&results(&out), &expected);
}

/// Fills a file system of `$2` KB with a run, then enlarges it, resumes the run and copies it out.
const SMALL_DISK: &str = r#"
set -eu
program=$0 config=$1 size=$2 disk=$3 copy=$4
mount -t tmpfs -o "size=${size}k" none "$disk"
run=$disk/run
if "$program" train --config "$config" --out "$run" >/dev/null; then
    echo 'the run fits the disk' >&2
    exit 1
fi
find "$run" -name '*.partial'
mount -o remount,size=64m "$disk"
if ls "$run"/checkpoints/*.safetensors >/dev/null 2>&1; then
    "$program" train --resume --out "$run" >/dev/null
else
    "$program" train --config "$config" --out "$run" >/dev/null
fi
cp -r "$run" "$copy"
"#;

/// A command that runs a script where it may mount file systems that no other process sees. `None`
/// if the system does not allow that.
fn with_mounts(script: &str) -> Option<Command> {
    let namespace = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "bash", "-c", script]);
        command
    };
    let allowed = namespace("mount -t tmpfs none /tmp").output().is_ok_and(|output| output.status.success());
    allowed.then(|| namespace(script))
}

#[test]
fn a_run_on_a_full_disk_stops_with_an_error_and_resumes_when_there_is_room() {
    let folder = folder("small-disk");
    let (whole, disk) = (folder.join("whole"), folder.join("disk"));
    std::fs::create_dir_all(&disk).unwrap();
    if with_mounts("").is_none() {
        println!("skipped: this system lets only its administrator mount a small disk");
        return;
    }
    assert!(start(&whole, None, false).wait().unwrap().success());
    let expected = results(&whole);
    // A file takes whole pages of 4 KB.
    let needed: usize = expected.values().map(|bytes| 4 * bytes.len().div_ceil(4096)).sum();
    for quarters in 1..4 {
        let (size, copy) = ((needed * quarters / 4).to_string(), folder.join(format!("run-{quarters}")));
        let mut command = with_mounts(SMALL_DISK).unwrap();
        let output = command.args([PROGRAM, CONFIG, &size]).args([&disk, &copy]).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{size} KB: {error}");
        assert!(error.contains("cannot be") && error.contains("No space left"), "{size} KB: {error}");
        assert!(output.stdout.is_empty(), "incomplete files: {}", String::from_utf8_lossy(&output.stdout));
        assert_equal(&results(&copy), &expected);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error() {
    let folder = folder("read-only");
    std::fs::write(folder.join("file"), "not a folder").unwrap();
    let error = error_of(start(&folder.join("file/run"), None, false));
    assert!(error.contains("cannot be"), "{error}");
    let run = folder.join("run");
    std::fs::create_dir_all(&run).unwrap();
    std::fs::write(run.join("checkpoints"), "not a folder").unwrap();
    let error = error_of(start(&run, None, false));
    assert!(error.contains("checkpoints"), "{error}");
}

#[test]
fn a_second_run_in_the_same_folder_is_refused_and_disturbs_nothing() {
    let folder = folder("twice");
    let out = folder.join("run");
    let first = start(&out, None, false);
    while !out.join("config.toml").exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    let second = start(&out, None, false);
    let (first, second) = (first.wait_with_output().unwrap(), second.wait_with_output().unwrap());
    assert!(first.status.success());
    // The first run may have ended before the second one tried, which then had nothing to do.
    if !second.status.success() {
        let error = String::from_utf8_lossy(&second.stderr);
        assert!(error.contains("another run is training in this folder"), "{error}");
    }
    assert!(out.join("weights.safetensors").exists());
}
