//! Configuration files: YAML in, one typed value out, or one error that names file, line and key.
//!
//! What the file says ([`Configuration::File`], plain serde types with `deny_unknown_fields`) is apart from
//! what the program uses (the resolved value), so that every rule is checked once, at the boundary.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A service's configuration: what its file holds, and how that becomes what the service uses.
pub trait Configuration: Sized + Send + Sync + 'static {
    /// The shape of the YAML file. Its default stands for a service started without a file.
    type File: DeserializeOwned + Default;

    /// Checks the file's values and reads what they point to. Relative paths are relative to `base`, the
    /// folder of the configuration file.
    ///
    /// # Errors
    /// One error that names the key, what stands there and what was expected.
    fn resolve(file: Self::File, base: &Path) -> anyhow::Result<Self>;
}

/// How a service's configuration comes from its command line. Every [`Configuration`] does, from one file at
/// most; a service that reads several files, or lets its own flags bear on them, says how.
pub trait Load<F>: Sized + Send + Sync + 'static {
    /// Reads the files of `--config.file`, in the order they were given; none when the flag was not.
    ///
    /// # Errors
    /// One line with the file, and line and key where they are known.
    fn load(files: &[PathBuf], flags: &F) -> anyhow::Result<Self>;
}

impl<F, C: Configuration> Load<F> for C {
    fn load(files: &[PathBuf], _: &F) -> anyhow::Result<Self> {
        match files {
            [] => load(None),
            [file] => load(Some(file)),
            [_, second, ..] => {
                anyhow::bail!(
                    "--config.file: a second one is given, {}, expected one",
                    second.display()
                )
            }
        }
    }
}

/// Reads and resolves `path`; without one, the defaults.
///
/// # Errors
/// One line with the file, and line and key where they are known.
pub fn load<C: Configuration>(path: Option<&Path>) -> anyhow::Result<C> {
    let Some(path) = path else { return C::resolve(C::File::default(), Path::new(".")) };
    let name = path.display();
    let file = parse(path)?;
    C::resolve(file, path.parent().unwrap_or(Path::new("."))).with_context(|| name.to_string())
}

/// Reads a YAML file into a serde type; its default when the file holds nothing.
///
/// # Errors
/// One line with the file, and line, column and key where they are known.
pub fn parse<T: DeserializeOwned + Default>(path: &Path) -> anyhow::Result<T> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
    if text.lines().all(|line| matches!(line.trim_start().chars().next(), None | Some('#'))) {
        return Ok(T::default());
    }
    let options = serde_saphyr::options! { with_snippet: false };
    let mut key = String::new();
    let read = serde_saphyr::with_deserializer_from_str_with_options(&text, options, |yaml| {
        serde_path_to_error::deserialize(yaml).map_err(|error| {
            key = error.path().to_string();
            error.into_inner()
        })
    });
    read.map_err(|error| {
        let text = error.without_snippet().to_string();
        let text = text.lines().next().unwrap_or_default();
        let Some(at) = error.location() else { return anyhow!("{name}: {text}") };
        let (line, column) = (at.line(), at.column());
        let text = text.trim_end_matches(&format!(" at line {line}, column {column}"));
        match key.as_str() {
            "" | "." => anyhow!("{name}:{line}:{column}: {text}"),
            key => anyhow!("{name}:{line}:{column}: {key}: {text}"),
        }
    })
}

/// A password, token or key. Prints as `<secret>`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Self {
        Secret(value.into())
    }

    /// The value itself, to be handed on and never printed.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Takes the value from `key`, or from the file that `key_file` names (a trailing newline is dropped).
    ///
    /// # Errors
    /// When both are given, when the file cannot be read, or when the secret is empty.
    pub fn resolve(
        key: &str,
        inline: Option<Secret>,
        file: Option<&Path>,
        base: &Path,
    ) -> anyhow::Result<Option<Secret>> {
        let secret = match (inline, file) {
            (Some(_), Some(_)) => {
                anyhow::bail!("{key}: both {key} and {key}_file are set, expected one of them")
            }
            (inline, None) => inline,
            (None, Some(file)) => {
                let path = base.join(file);
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("{key}_file: cannot read {}", path.display()))?;
                Some(Secret(text.trim_end_matches(['\r', '\n']).to_owned()))
            }
        };
        anyhow::ensure!(
            secret.as_ref().is_none_or(|secret| !secret.0.is_empty()),
            "{key}: is empty, expected a secret"
        );
        Ok(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct File {
        instance: String,
        nested: Nested,
        list: Vec<Nested>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Nested {
        size: u32,
    }

    fn error(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.yml");
        std::fs::write(&path, text).unwrap();
        let error = format!("{:#}", parse::<File>(&path).unwrap_err());
        error.replace(&format!("{}/", dir.path().display()), "")
    }

    #[test]
    fn an_error_names_file_line_key_and_what_was_expected() {
        let unknown = error("instance: a\nnested:\n  sise: 3\n");
        assert!(unknown.starts_with("x.yml:3:3: "), "{unknown}");
        assert!(unknown.contains("sise") && unknown.contains("size"), "{unknown}");
        let wrong = error("list:\n- size: many\n");
        assert!(wrong.starts_with("x.yml:2:9: list[0].size: "), "{wrong}");
        assert!(!wrong.contains('\n'), "{wrong}");
        assert!(error("instance: [a\n").starts_with("x.yml:"));
    }

    struct Config(File);

    impl Configuration for Config {
        type File = File;

        fn resolve(file: File, _: &Path) -> anyhow::Result<Self> {
            Ok(Config(file))
        }
    }

    #[test]
    fn an_ordinary_service_has_one_file_at_most() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a.yml", "b.yml"].map(|name| dir.path().join(name));
        std::fs::write(&paths[0], "instance: a\n").unwrap();
        let load = |files: &[PathBuf]| Config::load(files, &()).map(|Config(file)| file.instance);
        assert_eq!(load(&[]).unwrap(), "");
        assert_eq!(load(&paths[..1]).unwrap(), "a");
        let error = load(&paths).unwrap_err().to_string();
        assert!(error.ends_with("b.yml, expected one"), "{error}");
    }

    #[test]
    fn an_empty_file_is_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.yml");
        std::fs::write(&path, "# nothing\n\n").unwrap();
        let File { instance, nested, list } = parse::<File>(&path).unwrap();
        assert_eq!((instance.as_str(), nested.size, list.len()), ("", 0, 0));
    }

    #[test]
    fn a_secret_never_prints_and_comes_from_one_place() {
        let secret = Secret::new("hunter2");
        assert_eq!(format!("{secret:?}"), "<secret>");
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("token"), "abc\n").unwrap();
        let read = |inline, file: Option<&str>| {
            Secret::resolve("token", inline, file.map(Path::new), dir.path())
        };
        assert_eq!(read(None, Some("token")).unwrap().unwrap().expose(), "abc");
        assert!(read(None, None).unwrap().is_none());
        assert!(read(Some(secret), Some("token")).unwrap_err().to_string().contains("both"));
        assert!(read(None, Some("gone")).unwrap_err().to_string().contains("token_file"));
        assert!(read(Some(Secret::new("")), None).unwrap_err().to_string().contains("empty"));
    }
}
