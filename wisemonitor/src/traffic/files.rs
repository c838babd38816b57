//! The two files that Prometheus reads: which devices are asked, and the thresholds of their interfaces.
//!
//! Promises: a file is replaced whole or not at all, and one that is not exactly as it was written here is not
//! touched: what other people wrote is theirs.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::threshold::{Direction, RECORD, Severity, Threshold};

const HEADER: &str = "# Written by `wisemonitor traffic`. It refuses to touch this file once that is changed by hand.\n";
const TARGETS: &str = "snmp-targets.yml";
const THRESHOLDS: &str = "interface-thresholds.yml";
const GROUP: &str = "wisemonitor-interface-thresholds";
const DEFAULT_AUTH: &str = "public_v2";
/// The label that snmp-exporter gets as its parameter `auth`.
const AUTH_LABEL: &str = "__param_auth";

/// Prometheus' folder, for this process alone while it lives.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    _lock: File,
}

/// A device as snmp-exporter is to ask it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Device {
    /// Label `instance` of its metrics.
    pub(super) name: String,
    /// Where it answers: `[udp://|tcp://]HOST[:PORT]`.
    pub(super) address: String,
    /// Name of an auth of snmp-exporter's configuration.
    pub(super) auth: String,
}

/// What the two files say.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Watched {
    /// Devices of the file that is ours.
    pub(super) devices: Vec<Device>,
    /// Thresholds, in the order they are written.
    pub(super) thresholds: Vec<Threshold>,
}

/// A group of a file_sd file.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TargetGroup {
    targets: Vec<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    groups: Vec<RuleGroup>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleGroup {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    record: String,
    expr: String,
    labels: Labels,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Labels {
    instance: String,
    if_name: String,
    direction: Direction,
    severity: Severity,
}

impl Files {
    /// Takes the folder; waits while another `wisemonitor traffic` has it.
    ///
    /// # Errors
    /// When it is not there.
    pub(super) fn open(folder: PathBuf) -> anyhow::Result<Self> {
        let shown = folder.display().to_string();
        let lock = File::open(&folder)
            .and_then(|lock| lock.lock().map(|()| lock))
            .with_context(|| format!("cannot use {shown}: start a suite with `wisemonitor up`"))?;
        Ok(Files { folder, _lock: lock })
    }

    /// What the files say.
    ///
    /// # Errors
    /// When one is not as it was written here.
    pub(super) fn read(&self) -> anyhow::Result<Watched> {
        let groups: Vec<TargetGroup> = self.ours(TARGETS)?;
        let rules: RuleFile = self.ours(THRESHOLDS)?;
        let watched = Watched {
            devices: groups.iter().flat_map(devices).collect(),
            thresholds: rules
                .groups
                .iter()
                .flat_map(|group| &group.rules)
                .map(threshold)
                .collect::<anyhow::Result<_>>()
                .with_context(|| self.folder.join(THRESHOLDS).display().to_string())?,
        };
        Ok(watched)
    }

    /// Writes both files anew.
    ///
    /// # Errors
    /// When one cannot be written.
    pub(super) fn write(&self, watched: &Watched) -> anyhow::Result<()> {
        let Watched { devices, thresholds } = watched;
        let groups: Vec<_> = devices.iter().map(group).collect();
        let rules = thresholds.iter().map(rule).collect();
        let rules = RuleFile { groups: vec![RuleGroup { name: GROUP.into(), rules }] };
        replace(&self.folder.join(TARGETS), &text(HEADER, &groups)?)?;
        replace(&self.folder.join(THRESHOLDS), &text(HEADER, &rules)?)
    }

    /// A device by its name, and the file that names it: ours, or another `snmp-targets*.yml` beside it.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn device(&self, name: &str) -> anyhow::Result<Option<(Device, PathBuf)>> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(&self.folder).context("cannot read Prometheus' folder")? {
            let path = entry.context("cannot read Prometheus' folder")?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            if file.starts_with("snmp-targets") && file.ends_with(".yml") {
                paths.push(path);
            }
        }
        paths.sort();
        for path in paths {
            let shown = path.display();
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read {shown}"))?;
            let groups: Vec<TargetGroup> = serde_saphyr::from_str(&text)
                .with_context(|| format!("{shown}: not a file of targets"))?;
            if let Some(device) = groups.iter().flat_map(devices).find(|device| device.name == name)
            {
                return Ok(Some((device, path)));
            }
        }
        Ok(None)
    }

    /// Whether a path that [`Files::device`] told is the file written here.
    pub(super) fn is_ours(&self, path: &Path) -> bool {
        path == self.folder.join(TARGETS)
    }

    /// A file as it was written here; one that is not there says nothing.
    fn ours<T: Default + Serialize + DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        let path = self.folder.join(name);
        let shown = path.display();
        let found = match fs::read_to_string(&path) {
            Ok(found) => found,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(T::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {shown}")),
        };
        match serde_saphyr::from_str(&found) {
            Ok(value) if text(HEADER, &value)? == found => Ok(value),
            _ => bail!(
                "{shown} was not written by `wisemonitor traffic`, or was changed since: move what is yours to another file and remove this one"
            ),
        }
    }
}

impl Device {
    /// A device that no file names.
    pub(super) fn new(name: &str) -> Self {
        Device { name: name.into(), address: name.into(), auth: DEFAULT_AUTH.into() }
    }
}

fn devices(group: &TargetGroup) -> impl Iterator<Item = Device> {
    group.targets.iter().map(|address| Device {
        name: group.labels.get("instance").unwrap_or(address).clone(),
        address: address.clone(),
        auth: group.labels.get(AUTH_LABEL).map_or(DEFAULT_AUTH, String::as_str).into(),
    })
}

/// The device as a group of its own.
pub(super) fn group(device: &Device) -> TargetGroup {
    let Device { name, address, auth } = device.clone();
    let labels = [("instance".into(), name), (AUTH_LABEL.into(), auth)];
    TargetGroup { targets: vec![address], labels: labels.into() }
}

fn rule(threshold: &Threshold) -> Rule {
    let Threshold { device, interface, direction, severity, .. } = threshold;
    Rule {
        record: RECORD.into(),
        expr: threshold.expression(),
        labels: Labels {
            instance: device.clone(),
            if_name: interface.clone(),
            direction: *direction,
            severity: *severity,
        },
    }
}

fn threshold(rule: &Rule) -> anyhow::Result<Threshold> {
    let Rule { expr, labels: Labels { instance, if_name, direction, severity }, .. } = rule;
    let ratio = Threshold::ratio_of(expr)
        .with_context(|| format!("expr: {expr:?} is no threshold, expected vector(NUMBER)"))?;
    Ok(Threshold {
        device: instance.clone(),
        interface: if_name.clone(),
        direction: *direction,
        severity: *severity,
        ratio,
    })
}

/// A file under a line that says who writes it.
pub(super) fn text(header: &str, value: &impl Serialize) -> anyhow::Result<String> {
    let text = serde_saphyr::to_string(value).context("cannot write YAML")?;
    Ok(format!("{header}{}\n", text.trim_end()))
}

/// A reader sees the old file or the new one, also when the power fails in between.
fn replace(path: &Path, text: &str) -> anyhow::Result<()> {
    let new = path.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watched() -> Watched {
        let threshold = |severity, ratio| Threshold {
            device: "switch".into(),
            interface: "yes: 1/0/1 \"#".into(),
            direction: Direction::In,
            severity,
            ratio,
        };
        Watched {
            devices: vec![Device { address: "10.0.0.1:1161".into(), ..Device::new("switch") }],
            thresholds: vec![threshold(Severity::Warning, 0.7), threshold(Severity::Critical, 0.9)],
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().into()).unwrap();
        assert_eq!(files.read().unwrap(), Watched::default());
        for watched in [watched(), Watched::default()] {
            files.write(&watched).unwrap();
            assert_eq!(files.read().unwrap(), watched);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no file is left over");
    }

    #[test]
    fn what_others_wrote_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().into()).unwrap();
        files.write(&watched()).unwrap();
        for name in [TARGETS, THRESHOLDS] {
            let path = folder.path().join(name);
            let ours = fs::read_to_string(&path).unwrap();
            for theirs in [
                ours.clone() + "# a remark\n",
                ours.replace(HEADER, ""),
                "[}".into(),
                String::new(),
            ] {
                fs::write(&path, &theirs).unwrap();
                let error = files.read().unwrap_err().to_string();
                assert!(error.contains(name) && error.contains("was not written by"), "{error}");
                assert_eq!(fs::read_to_string(&path).unwrap(), theirs);
            }
            fs::write(&path, ours).unwrap();
        }
    }

    #[test]
    fn a_device_is_found_in_any_file_of_targets() {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::open(folder.path().into()).unwrap();
        files.write(&watched()).unwrap();
        let theirs = "- targets: [10.0.0.2]\n- targets: [10.0.0.3]\n  labels: {instance: core, __param_auth: v3}\n";
        fs::write(folder.path().join("snmp-targets-theirs.yml"), theirs).unwrap();
        let found = |name: &str| {
            files.device(name).unwrap().map(|(device, path)| (device, files.is_ours(&path)))
        };
        assert_eq!(found("switch"), Some((watched().devices[0].clone(), true)));
        assert_eq!(found("10.0.0.2"), Some((Device::new("10.0.0.2"), false)));
        let core = Device { name: "core".into(), address: "10.0.0.3".into(), auth: "v3".into() };
        assert_eq!(found("core"), Some((core, false)));
        assert_eq!(found("10.0.0.3"), None);
    }
}
