//! What the program does besides serving: `verify FILE`, `export --fbs FILE`, `hash-password`.

use std::ffi::OsString;
use std::io::{BufWriter, stdout};
use std::path::Path;

use anyhow::Context as _;

use crate::recording::export;
use crate::recording::verify::{Verified, verify};

/// Runs the command that the command line names, if it names one; otherwise the service is meant.
///
/// # Errors
/// What went wrong, in one line.
pub fn command() -> anyhow::Result<bool> {
    let words: Vec<OsString> = std::env::args_os().skip(1).collect();
    let first = words.first().and_then(|word| word.to_str());
    match (first, &words[words.len().min(1)..]) {
        (Some("verify"), [file]) => print_verified(Path::new(file))?,
        (Some("export"), [format, file]) if format == "--fbs" => {
            let (path, out) = (Path::new(file), stdout().lock());
            export::fbs(path, &mut BufWriter::new(out))
                .with_context(|| path.display().to_string())?;
        }
        (Some("verify"), _) => anyhow::bail!("usage: vnc-recorder verify FILE"),
        (Some("export"), _) => anyhow::bail!("usage: vnc-recorder export --fbs FILE > OUTPUT"),
        _ => return access::hash_password_command(),
    }
    Ok(true)
}

fn print_verified(path: &Path) -> anyhow::Result<()> {
    let Verified { records, hash, end, .. } =
        verify(path).with_context(|| path.display().to_string())?;
    let end = match end {
        Some(end) if end.interrupted => "cut off, and ended later",
        Some(_) => "complete",
        None => "cut off",
    };
    println!("{}: ok, {records} records, {end}, hash {hash}", path.display());
    Ok(())
}
