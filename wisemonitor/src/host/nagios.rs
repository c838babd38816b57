//! A Nagios: its configuration on disk, its own opinion of it, and the command that makes it read it again.
//!
//! A change is judged before it is made: `nagios -v` is given a copy of the main configuration that names the
//! same files, with the changed one in the place of the old. Promises: judging writes nothing outside a
//! temporary folder.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use nix::unistd::{Gid, Group, Uid, User};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use super::objects::Objects;

/// 50,000 services take a second or two.
const VERIFY_LIMIT: Duration = Duration::from_secs(120);
/// A folder that contains itself by a link ends here.
const DEEPEST: usize = 32;
/// Settings that the copy has in another way, or that must have no effect while judging.
const REPLACED: [&str; 6] = [
    "cfg_file",
    "cfg_dir",
    "broker_module",
    "precached_object_file",
    "object_cache_file",
    "log_file",
];

/// A Nagios on this machine.
#[derive(Debug)]
pub(super) struct Nagios {
    program: PathBuf,
    main: PathBuf,
    text: String,
    command_file: PathBuf,
}

/// What an object file is to become.
#[derive(Debug, Clone, Copy)]
pub(super) struct Proposal<'a> {
    pub(super) path: &'a Path,
    /// None: there is to be no such file.
    pub(super) text: Option<&'a str>,
}

impl Nagios {
    /// # Errors
    /// When the main configuration cannot be read or names no command file.
    pub(super) fn new(
        program: PathBuf,
        main: PathBuf,
        command_file: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let shown = main.display();
        let text = fs::read(&main).with_context(|| format!("cannot read {shown}"))?;
        let text = String::from_utf8_lossy(&text).into_owned();
        let configured = || Some(base(&main).join(last(&text, "command_file")?));
        let command_file = command_file.or_else(configured).with_context(|| {
            format!("{shown} has no command_file: name it with --nagios.command-file")
        })?;
        Ok(Nagios { program, main, text, command_file })
    }

    /// Whether Nagios reads the files of a folder.
    pub(super) fn reads(&self, folder: &Path) -> bool {
        let folders = settings(&self.text).filter(|(name, _)| *name == "cfg_dir");
        let mut folders = folders.map(|(_, path)| canonical(&base(&self.main).join(path)));
        folders.any(|known| folder.starts_with(known))
    }

    /// The group that must be able to read an object file; none where that is our own.
    pub(super) fn group(&self) -> Option<Gid> {
        let name = last(&self.text, "nagios_group").filter(|_| Uid::effective().is_root())?;
        let named = || Some(Group::from_name(name).ok()??.gid);
        name.parse().ok().map(Gid::from_raw).or_else(named)
    }

    /// All objects of the configuration on disk, or of what it would be.
    ///
    /// # Errors
    /// What Nagios has against it, in its own words.
    pub(super) async fn verify(&self, proposal: Option<Proposal<'_>>) -> anyhow::Result<Objects> {
        let stage = self.stage(proposal)?;
        let mut command = Command::new(&self.program);
        command.arg("-v").arg("-p").arg(stage.path().join("nagios.cfg"));
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(VERIFY_LIMIT, command.output())
            .await
            .with_context(|| format!("Nagios has not verified within {VERIFY_LIMIT:?}"))?
            .with_context(|| format!("cannot run {}", self.program.display()))?;
        let precache = stage.path().join("objects.precache");
        if !output.status.success() {
            let said = complaints(&String::from_utf8_lossy(&output.stdout));
            let staged = stage.path().join("proposal.cfg").display().to_string();
            let path = proposal.map(|proposal| proposal.path.display().to_string());
            bail!("{}", said.replace(&staged, &path.unwrap_or_default()));
        }
        let objects =
            fs::read(precache).context("cannot read the objects that Nagios has found")?;
        Ok(Objects::of_precache(&String::from_utf8_lossy(&objects)))
    }

    /// Tells Nagios to read its configuration again.
    ///
    /// # Errors
    /// When it does not run, or we may not command it.
    pub(super) fn reload(&self) -> anyhow::Result<()> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        self.command(&format!("[{now}] RESTART_PROGRAM\n"))
    }

    /// Whether it runs and we may command it.
    ///
    /// # Errors
    /// As [`Nagios::reload`].
    pub(super) fn ensure_running(&self) -> anyhow::Result<()> {
        self.command("")
    }

    /// Without a reader the pipe cannot be opened, and nothing is ever waited for.
    fn command(&self, line: &str) -> anyhow::Result<()> {
        let write = || -> std::io::Result<()> {
            let mut open = OpenOptions::new();
            open.write(true).custom_flags(nix::libc::O_NONBLOCK);
            open.open(&self.command_file)?.write_all(line.as_bytes())
        };
        write().with_context(|| {
            format!("cannot command Nagios by {}: does it run?", self.command_file.display())
        })
    }

    /// A folder with a main configuration that names every object file, and the proposal.
    fn stage(&self, proposal: Option<Proposal<'_>>) -> anyhow::Result<TempDir> {
        let mut files = self.object_files()?;
        let stage = tempfile::tempdir().context("cannot make a temporary folder")?;
        if let Some(Proposal { path, text }) = proposal {
            files.remove(path);
            if let Some(text) = text {
                let staged = stage.path().join("proposal.cfg");
                fs::write(&staged, text).context("cannot write into a temporary folder")?;
                files.insert(staged);
            }
        }
        fs::write(stage.path().join("nagios.cfg"), self.staged_text(stage.path(), &files))
            .context("cannot write into a temporary folder")?;
        // Nagios gives up root's rights before it writes what it has found.
        if let (true, Some(user)) = (Uid::effective().is_root(), last(&self.text, "nagios_user")) {
            let user = User::from_name(user).ok().flatten();
            chown(stage.path(), user.map(|user| user.uid.as_raw()), None)
                .context("cannot give a temporary folder to Nagios' user")?;
        }
        Ok(stage)
    }

    fn staged_text(&self, stage: &Path, files: &BTreeSet<PathBuf>) -> String {
        let mut staged = String::new();
        for (name, value) in settings(&self.text).filter(|(name, _)| !REPLACED.contains(name)) {
            let is_path = ["_file", "_dir", "_path"].iter().any(|end| name.ends_with(end));
            let value = match is_path {
                true => base(&self.main).join(value).display().to_string(),
                false => value.to_owned(),
            };
            // Writing into a String cannot fail.
            let _ = writeln!(staged, "{name}={value}");
        }
        for file in files {
            let _ = writeln!(staged, "cfg_file={}", file.display());
        }
        for name in ["precached_object_file", "object_cache_file", "log_file"] {
            let file = name.replace("precached_object_file", "objects.precache");
            let _ = writeln!(staged, "{name}={}", stage.join(file).display());
        }
        staged
    }

    /// Every object file that Nagios reads.
    fn object_files(&self) -> anyhow::Result<BTreeSet<PathBuf>> {
        let mut files = BTreeSet::new();
        for (name, value) in settings(&self.text) {
            let path = base(&self.main).join(value);
            match name {
                "cfg_file" => drop(files.insert(canonical(&path))),
                "cfg_dir" => gather(&canonical(&path), DEEPEST, &mut files)
                    .with_context(|| format!("cannot read {}", path.display()))?,
                _ => {}
            }
        }
        Ok(files)
    }
}

/// The path without links, of what need not be there yet.
pub(super) fn canonical(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if parent != path => canonical(parent).join(name),
        _ => path.to_owned(),
    })
}

/// The `*.cfg` files of a folder and those below it, as Nagios finds them.
fn gather(folder: &Path, depth: usize, files: &mut BTreeSet<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if path.is_dir() {
            if depth > 0 {
                gather(&path, depth - 1, files)?;
            }
        } else if name.as_encoded_bytes().ends_with(b".cfg") {
            files.insert(path);
        }
    }
    Ok(())
}

/// Names and values of a main configuration.
fn settings(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';']));
    lines.filter_map(|line| line.split_once('=')).map(|(name, value)| (name.trim(), value.trim()))
}

/// The value of a setting; of several the last one counts.
fn last<'a>(text: &'a str, wanted: &str) -> Option<&'a str> {
    settings(text).filter(|(name, _)| *name == wanted).last().map(|(_, value)| value)
}

fn base(main: &Path) -> &Path {
    main.parent().unwrap_or(Path::new("/"))
}

/// What Nagios finds wrong, without its good advice.
fn complaints(output: &str) -> String {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let errors: Vec<&str> = lines().filter_map(|line| line.strip_prefix("Error: ")).collect();
    match &errors[..] {
        [] => {
            lines().skip_while(|line| !line.starts_with("Reading")).collect::<Vec<_>>().join("; ")
        }
        errors => errors.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "\
# a remark=1
cfg_file = objects.cfg
cfg_dir=conf.d
broker_module=/module.so with=arguments
resource_file=resource.cfg
command_file=old.cmd
command_file=/run/nagios.cmd
interval_length=1
log_file=nagios.log
";

    #[test]
    fn the_copy_names_the_same_files_but_for_the_proposal() {
        let folder = tempfile::tempdir().unwrap();
        let folder = &canonical(folder.path());
        fs::create_dir_all(folder.join("conf.d/deeper")).unwrap();
        for name in
            ["objects.cfg", "conf.d/a.cfg", "conf.d/.a.cfg", "conf.d/b.txt", "conf.d/deeper/c.cfg"]
        {
            fs::write(folder.join(name), "").unwrap();
        }
        fs::write(folder.join("nagios.cfg"), MAIN).unwrap();
        let nagios = Nagios::new("/bin/true".into(), folder.join("nagios.cfg"), None).unwrap();
        assert_eq!(nagios.command_file, Path::new("/run/nagios.cmd"));
        assert!(nagios.reads(&folder.join("conf.d/new")) && !nagios.reads(folder));

        let path = folder.join("conf.d/a.cfg");
        let stage = nagios.stage(Some(Proposal { path: &path, text: Some("new") })).unwrap();
        let text = fs::read_to_string(stage.path().join("nagios.cfg")).unwrap();
        let [folder, stage_path] = [folder, stage.path()].map(|path| path.display().to_string());
        let mut files: Vec<_> = text.lines().filter(|line| line.starts_with("cfg_")).collect();
        files.sort_unstable();
        let mut expected = [
            format!("cfg_file={stage_path}/proposal.cfg"),
            format!("cfg_file={folder}/conf.d/deeper/c.cfg"),
            format!("cfg_file={folder}/objects.cfg"),
        ];
        expected.sort_unstable();
        assert_eq!(files, expected);
        assert!(text.contains(&format!("resource_file={folder}/resource.cfg")), "{text}");
        assert!(!text.contains("module.so") && text.contains("interval_length=1"), "{text}");
    }

    #[test]
    fn complaints_are_nagios_own_words() {
        let output = "Nagios Core\nReading configuration data...\nError: One\n  Error: Two (line 1)\n\n***> Advice\n";
        assert_eq!(complaints(output), "One; Two (line 1)");
        assert_eq!(complaints("Nagios Core\nReading it\n  Broken\n"), "Reading it; Broken");
    }
}
