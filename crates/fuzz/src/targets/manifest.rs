//! Manifests of `stgan glasses`.

use super::outcome;
use crate::{Memory, Target};
use std::path::{Component, Path};
use stgan_manifest::{Error, Manifest, Shard};

const BATCH: &str = r#"{
"version": 1,
"complete": true,
"settings": {"program":"0.1.0","weights":"bundled","cutOut":"auto","keepSize":false,"labels":true},
"sheets": [{"image":"sheet.jpg","entries":"00"}],
"glasses": [
  {"source":"a.jpg","sourceSha256":"15","image":"a.png","sha256":"51","width":681,"height":236,"bounds":{"x":0,"y":0,"width":681,"height":236},"lensCentres":[{"x":170.2,"y":119.0},{"x":517.1,"y":119.0}],"toSource":[1.0,0.0,60.0,0.0,1.0,301.0,0.0,0.0,1.0],"labels":"a.labels.png","widthMm":140.0,"report":{"kind":"cut-out","lenses":"clear","confidence":0.95,"warnings":["straightened"]}},
  {"source":"b.jpg","error":{"code":"io","message":"gone"}}
]
}
"#;

/// The manifests of a folder in one input, with lines of `=` between them, each after a line with
/// its file name.
pub(super) const MANIFEST: Target = Target {
    name: "manifest",
    seeds: || {
        let shards = [0, 1].map(|index| format!("manifest-{index}-of-2.json\n{BATCH}"));
        vec![format!("manifest.json\n{BATCH}").into_bytes(), shards.join("=\n").into_bytes()]
    },
    words: &[
        "=\n",
        "manifest-0-of-1.json\n",
        "\"error\":",
        "\"version\":2",
        "\"image\":\"",
        "../",
        "\"labels\":null",
        "\"glasses\": [",
        "1e999",
        "-0",
        "false",
    ],
    memory: Memory { fixed: 1 << 20, per_byte: 400 },
    run: |bytes| folder(&String::from_utf8_lossy(bytes)).map_or_else(|error| message(&error), |()| "ok".into()),
};

/// Reads, writes and joins the manifests of a folder.
fn folder(text: &str) -> Result<(), Error> {
    let mut shards = Vec::new();
    for part in text.split("=\n") {
        let (name, json) = part.split_once('\n').unwrap_or(("", part));
        let manifest = Manifest::parse(json)?;
        assert!(manifest.file_names().all(is_in_folder), "a file outside the folder");
        assert_eq!(Manifest::parse(&manifest.to_json()?)?, manifest, "a manifest changes when it is written");
        if let Some(shard) = Shard::of_manifest(name) {
            shards.push((shard, manifest));
        }
    }
    stgan_manifest::merge(shards).map(|_| ())
}

fn is_in_folder(name: &str) -> bool {
    let components: Vec<Component> = Path::new(name).components().collect();
    matches!(components[..], [Component::Normal(_)])
}

/// The outcome of an error. Other messages quote texts with any characters.
fn message(error: &Error) -> String {
    match error {
        Error::Format(_) => outcome(Err::<(), _>(error)),
        _ => error.code().to_owned(),
    }
}
