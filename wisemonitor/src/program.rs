//! Where the programs are: ours beside this one, then on the PATH; Debian's on the PATH and in sbin.

use std::env;
use std::path::PathBuf;

use anyhow::Context as _;

const OURS: &str = "run `make build`";
const DEBIANS: &str = "run `make install-deps`";

/// A program or library of this workspace.
///
/// # Errors
/// When it is nowhere; the error names the remedy.
pub(crate) fn ours(name: &str) -> anyhow::Result<PathBuf> {
    let beside =
        env::current_exe().context("cannot find this program's own folder")?.with_file_name(name);
    if beside.is_file() {
        return Ok(beside);
    }
    on_path(name)
        .with_context(|| format!("{name} is neither beside wisemonitor nor on the PATH: {OURS}"))
}

/// A program that Debian brings.
///
/// # Errors
/// When it is nowhere; the error names the remedy.
pub(crate) fn debians(name: &str) -> anyhow::Result<PathBuf> {
    on_path(name).with_context(|| format!("{name} is not installed: {DEBIANS}"))
}

/// A program that may be there or not.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    // A plain user's PATH lacks sbin, where Nagios is.
    let system = ["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path)
        .chain(system)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_names_the_remedy() {
        assert!(on_path("sh").is_some());
        assert!(ours("no-such-program").unwrap_err().to_string().contains("make build"));
        assert!(debians("no-such-program").unwrap_err().to_string().contains("make install-deps"));
    }
}
