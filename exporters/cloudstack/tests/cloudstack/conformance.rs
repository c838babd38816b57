//! Comparison with real servers: recorded answers, signatures, and the names of CloudStack's own plugin.
//!
//! The data is not ours and not in this repository. It is looked for in the folder that
//! `WISEMONITOR_REFERENCE_DATA` names, or beside the repository in `../shared/data`; without it these tests say
//! so and end.

mod readings;
mod recordings;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cloudstack_exporter::client::signing;
use serde_json::Value;

use crate::lab::Lab;
use crate::page;
use crate::stage::Exporter;

/// The secret that CloudStack's own guide for developers signs its examples with; the vectors use its key as well.
const SECRET: &str =
    "VDaACYb0LV9eNjTetIOElcVQkvJck_J_QljX_FcHRj87ZKiy0z0ty0ZsYBkoXkY9b7eq1EhwJaw7FF3akA3KBQ";

/// Names of the labels of a series; a family may have several such sets.
type Labels = BTreeSet<String>;

/// The folder with the reference data.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("WISEMONITOR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    let folder = folder.join("cloudstack");
    if !folder.exists() {
        println!("skipped: no reference data in {}", folder.display());
        return None;
    }
    Some(folder)
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_signature_is_the_servers() {
    let Some(data) = data() else { return };
    let vectors = json(&data.join("signature_vectors.json"));
    let vectors = vectors.as_array().unwrap();
    let equal = vectors.iter().filter(|vector| {
        let parameters = vector["params"].as_object().unwrap();
        // In the order of the file, which is not that of the signature.
        let parameters: signing::Parameters<'_> = parameters
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap().to_owned()))
            .collect();
        signing::canonical(&parameters) == vector["canonical"].as_str().unwrap()
            && signing::signature(&parameters, SECRET) == vector["signature"].as_str().unwrap()
    });
    let equal = equal.count();
    println!("cloudstack_signatures {equal}/{}", vectors.len());
    assert_eq!(equal, vectors.len());
}

/// The page must have each family of the plugin with each of its sets of labels, and no others.
#[tokio::test(flavor = "multi_thread")]
async fn the_names_and_labels_are_the_plugins() {
    let Some(data) = data() else { return };
    let listed = std::fs::read_to_string(data.join("plugin_metrics_4.22.tsv")).unwrap();
    let mut families: BTreeMap<String, BTreeSet<Labels>> = BTreeMap::new();
    for line in listed.lines().skip(1) {
        let mut columns = line.split('\t');
        let (name, labels) = (columns.next().unwrap(), columns.next().unwrap());
        let labels = labels.split(',').filter(|label| *label != "(none)").map(str::to_owned);
        families.entry(name.to_owned()).or_default().insert(labels.collect());
    }
    let lab = Lab::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::ready(&folder, &lab.config("admin")).await;
    let page = exporter.text("/metrics/compat").await;
    let mut shown: BTreeMap<String, BTreeSet<Labels>> = BTreeMap::new();
    // What hosts lack is in a cloud where they lack something: one family has series then only.
    for text in [page, missing().await] {
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            shown.entry(line.split(' ').next().unwrap().to_owned()).or_default();
        }
        for series in page::read(&text) {
            let labels = series.labels.into_keys().collect();
            shown.get_mut(&series.name).unwrap().insert(labels);
        }
    }
    let equal = families.iter().filter(|(name, labels)| {
        let equal = shown.get(*name) == Some(labels);
        if !equal {
            println!("{name}: {:?}, expected {labels:?}", shown.get(*name));
        }
        equal
    });
    println!("cloudstack_compat_families {}/{}", equal.count(), families.len());
    assert_eq!(shown, families);
}

/// The page of a cloud whose only host tells nothing of itself.
async fn missing() -> String {
    let host = serde_json::json!({"r": {"count": 1, "host": [
        {"id": "1", "name": "silent", "zonename": "z", "ipaddress": "192.0.2.1", "hosttags": "t"},
    ]}});
    let dedicated = serde_json::json!({"r": {"count": 1, "dedicatedhost": [{"hostid": "1"}]}});
    let answers = [("listHosts", host), ("listDedicatedHosts", dedicated)];
    let server = server::Server::start(answers).await;
    let folder = tempfile::tempdir().unwrap();
    let exporter = Exporter::ready(&folder, &server.config()).await;
    exporter.text("/metrics/compat").await
}
