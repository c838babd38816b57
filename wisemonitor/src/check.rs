//! `wisemonitor check DIR`: whether the configurations in a folder are right, each asked of the program that reads it.
//!
//! Looked at are files of the names below in the folder and in the folders right in it, as `up` lays them out.
//! Promises: nothing is started or changed; every wrong file is told, not only the first; each program has a deadline.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use tokio::process::Command;
use tokio::time::timeout;

use crate::{program, table};

const LIMIT: Duration = Duration::from_secs(30);

/// Who reads a file of which name.
const READERS: [(&str, Reader); 8] = [
    ("alert-bridge.yml", Reader::Ours("alert-bridge")),
    ("alertmanager.yml", Reader::Amtool),
    ("cloudstack-exporter.yml", Reader::Ours("cloudstack-exporter")),
    ("nagios-exporter.yml", Reader::Ours("nagios-exporter")),
    ("prometheus.yml", Reader::Promtool),
    ("snmp.yml", Reader::Ours("snmp-exporter")),
    ("vnc-recorder.yml", Reader::Ours("vnc-recorder")),
    ("xenserver-exporter.yml", Reader::Ours("xenserver-exporter")),
];

/// What can be asked about a file.
#[derive(Debug, Clone, Copy)]
enum Reader {
    /// A service of ours: `--config.check`.
    Ours(&'static str),
    /// For Prometheus, with the rules that it names.
    Promtool,
    /// For Alertmanager.
    Amtool,
}

/// Asks about each file; the answer is what to print.
///
/// # Errors
/// When there is no file to ask about, or at least one is wrong: what is wrong with each.
pub(crate) async fn run(dir: &Path) -> anyhow::Result<String> {
    let files = files(dir)?;
    let names: Vec<_> = READERS.iter().map(|(name, _)| *name).collect();
    ensure!(!files.is_empty(), "{} has none of {}", dir.display(), names.join(", "));
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for (path, reader) in files {
        match reader.complaint(&path).await? {
            None => right.push([path.display().to_string(), reader.name().to_owned()]),
            Some(complaint) => wrong.push(complaint),
        }
    }
    ensure!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    Ok(table::columns(["RIGHT", "SAYS"], right.into_iter()))
}

/// The files to ask about, in the order of their paths.
fn files(dir: &Path) -> anyhow::Result<Vec<(PathBuf, Reader)>> {
    let entries = fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    let below = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir());
    let folders = below.chain([dir.to_owned()]);
    let mut files: Vec<_> = folders
        .flat_map(|folder| {
            let rules = rules(&folder);
            let readers =
                READERS.into_iter().filter(move |(name, _)| !rules.iter().any(|rule| rule == name));
            readers.map(move |(name, reader)| (folder.join(name), reader))
        })
        .filter(|(path, _)| path.is_file())
        .collect();
    files.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(files)
}

/// Files of rules that a folder's prometheus.yml names: some are called as a service's configuration is, and promtool
/// reads them with it.
fn rules(folder: &Path) -> Vec<String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Prometheus {
        rule_files: Vec<String>,
    }
    let text = fs::read_to_string(folder.join("prometheus.yml")).unwrap_or_default();
    serde_saphyr::from_str::<Prometheus>(&text).unwrap_or_default().rule_files
}

impl Reader {
    fn name(self) -> &'static str {
        match self {
            Reader::Ours(name) => name,
            Reader::Promtool => "promtool",
            Reader::Amtool => "amtool",
        }
    }

    /// What is wrong with a file, with its path, line and key as far as the program tells them.
    async fn complaint(self, path: &Path) -> anyhow::Result<Option<String>> {
        let name = self.name();
        let mut command = match self {
            Reader::Ours(_) => {
                let mut command = Command::new(program::ours(name)?);
                command.args(["--config.check", "--log.format=json", "--config.file"]).arg(path);
                command
            }
            Reader::Promtool => {
                let mut command = Command::new(program::debians(name)?);
                command.args(["check", "config"]).arg(path);
                command
            }
            Reader::Amtool => {
                let mut command = Command::new(program::debians(name)?);
                command.arg("check-config").arg(path);
                command
            }
        };
        let output = timeout(LIMIT, command.stdin(Stdio::null()).kill_on_drop(true).output())
            .await
            .with_context(|| format!("{name} has not checked {} within {LIMIT:?}", path.display()))?
            .with_context(|| format!("cannot run {name}"))?;
        if output.status.success() {
            return Ok(None);
        }
        let complaint = match self {
            Reader::Ours(_) => last_error(&output),
            Reader::Promtool | Reader::Amtool => said(&output),
        };
        let path = path.display().to_string();
        Ok(Some(if complaint.contains(&path) { complaint } else { format!("{path}: {complaint}") }))
    }
}

/// The error that a service of ours logs last.
fn last_error(Output { stderr, .. }: &Output) -> String {
    let log = String::from_utf8_lossy(stderr);
    let error = log.lines().rev().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(line["error"].as_str()?.to_owned())
    });
    error.unwrap_or_else(|| log.trim().to_owned())
}

/// All that a program says, without empty lines.
fn said(Output { stdout, stderr, .. }: &Output) -> String {
    let text = String::from_utf8_lossy(&[&stdout[..], stderr].concat()).into_owned();
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}
