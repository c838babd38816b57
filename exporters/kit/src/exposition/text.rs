//! OpenMetrics text turned into Prometheus text 0.0.4 without losing types and help.
//!
//! The two differ in the names of families (`foo` against `foo_total` and `foo_info`), in the types that
//! exist, in `# UNIT`, `# EOF` and exemplars, and in what is escaped in help.

use std::fmt::Write as _;

/// Converts a page, or a part of one, that `prometheus_client` has encoded.
pub(super) fn from_open_metrics(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let mut help = None;
    let mut histogram = false;
    for line in page.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
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
            histogram = kind == "histogram";
            if let Some((_, help)) = help.take().filter(|(named, _)| *named == name) {
                let _ = writeln!(text, "# HELP {name}{suffix} {}", help.replace('\\', "\\\\"));
            }
            let _ = writeln!(text, "# TYPE {name}{suffix} {kind}");
        } else if !line.starts_with('#') {
            text.push_str(if histogram { without_exemplar(line) } else { line });
            text.push('\n');
        }
    }
    text
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
