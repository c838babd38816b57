//! OpenMetrics text turned into Prometheus text 0.0.4 without losing types and help.
//!
//! The two differ in the names of families (`foo` against `foo_total` and `foo_info`), in the types that
//! exist, in `# UNIT`, `# EOF` and exemplars, and in what is escaped in help.

use std::fmt::{self, Write};

/// Converts what `prometheus_client` writes, line by line, and passes it on.
pub(super) struct FromOpenMetrics<W> {
    into: W,
    line: String,
    /// Family and text of the last `# HELP`, which waits for the type.
    help: Option<(String, String)>,
    histogram: bool,
}

impl<W: Write> FromOpenMetrics<W> {
    pub(super) fn new(into: W) -> Self {
        FromOpenMetrics { into, line: String::new(), help: None, histogram: false }
    }

    pub(super) fn into_inner(self) -> W {
        self.into
    }

    fn convert(&mut self, line: &str) -> fmt::Result {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            self.help = rest.split_once(' ').map(|(name, help)| (name.to_owned(), help.to_owned()));
        } else if let Some((name, kind)) =
            line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            let (suffix, kind) = match kind {
                "counter" => ("_total", "counter"),
                "info" => ("_info", "gauge"),
                "unknown" => ("", "untyped"),
                "stateset" => ("", "gauge"),
                kind => ("", kind),
            };
            self.histogram = kind == "histogram";
            if let Some((_, help)) = self.help.take().filter(|(named, _)| named == name) {
                writeln!(self.into, "# HELP {name}{suffix} {}", help.replace('\\', "\\\\"))?;
            }
            writeln!(self.into, "# TYPE {name}{suffix} {kind}")?;
        } else if !line.starts_with('#') {
            self.into.write_str(if self.histogram { without_exemplar(line) } else { line })?;
            self.into.write_char('\n')?;
        }
        Ok(())
    }
}

impl<W: Write> Write for FromOpenMetrics<W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some((end, behind)) = rest.split_once('\n') {
            self.line.push_str(end);
            let mut line = std::mem::take(&mut self.line);
            self.convert(&line)?;
            // The room is kept for the next line.
            line.clear();
            self.line = line;
            rest = behind;
        }
        self.line.push_str(rest);
        Ok(())
    }
}

/// Cuts ` # {...} value` off a bucket; a bucket's own labels cannot hold that: `le` is a number and the other
/// labels come before it.
fn without_exemplar(line: &str) -> &str {
    match line.rfind(" # {") {
        Some(at)
            if line[..at].rsplit(' ').next().is_some_and(|value| value.parse::<f64>().is_ok()) =>
        {
            &line[..at]
        }
        _ => line,
    }
}
