//! A step between us and a part, so that a part never outlives us, even when we are killed by force.
//!
//! We start ourselves as `wisemonitor guard PARENT PROGRAM ARGUMENTS`. That process asks the kernel for a
//! SIGTERM at its parent's end and becomes PROGRAM; the wish stays with it.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::Signal;
use nix::unistd::{Pid, getppid};

/// This very program, even after its file has been replaced by a new build.
pub(super) const PROGRAM: &str = "/proc/self/exe";

/// The arguments with which [`PROGRAM`] becomes `program`.
pub(super) fn arguments<'a>(
    program: &'a Path,
    arguments: &'a [OsString],
) -> impl Iterator<Item = OsString> + 'a {
    let parent = Pid::this().to_string().into();
    [OsString::from("guard"), parent, program.into()].into_iter().chain(arguments.iter().cloned())
}

/// Carries out `guard`. Returns only when it fails.
///
/// # Errors
/// When the program cannot be run, or the parent is gone already.
pub(crate) fn become_program(parent: i32, command: &[OsString]) -> anyhow::Result<()> {
    set_pdeathsig(Signal::SIGTERM).context("cannot ask to end with the parent")?;
    anyhow::ensure!(getppid() == Pid::from_raw(parent), "the parent {parent} is gone");
    let (program, arguments) = command.split_first().context("no program given")?;
    let program: &OsStr = program;
    Err(Command::new(program).args(arguments).exec())
        .with_context(|| format!("cannot run {}", program.display()))
}
