//! The page at `/`.

use crate::program::About;

/// The page: what this is, and where everything else is. All text is our own, so nothing needs escaping.
pub(super) fn page(about: &About, links: &[(&str, &str)]) -> String {
    let About { name, summary, version, .. } = about;
    let links: String = links
        .iter()
        .map(|(path, title)| format!("<li><a href=\"{path}\">{title}</a></li>\n"))
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{name}</title>\n<style>\n\
         :root {{ color-scheme: light dark; }}\n\
         body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }}\n\
         h1 {{ margin-bottom: 0; }}\nsmall {{ opacity: .7; }}\n</style>\n</head>\n<body>\n\
         <h1>{name}</h1>\n<small>version {version}</small>\n<p>{summary}.</p>\n<ul>\n{links}</ul>\n</body>\n</html>\n"
    )
}
