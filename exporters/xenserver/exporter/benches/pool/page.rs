//! What a page says.

/// The lines of a family's series.
pub(crate) fn series<'a>(page: &'a str, family: &'a str) -> impl Iterator<Item = &'a str> {
    page.lines().filter(move |line| {
        line.strip_prefix(family).is_some_and(|rest| rest.starts_with(['{', ' ']))
    })
}

/// Their values.
pub(crate) fn values<'a>(page: &'a str, family: &'a str) -> impl Iterator<Item = f64> + 'a {
    series(page, family).map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
}

/// How many series there are at all.
pub(crate) fn count(page: &str) -> usize {
    page.lines().filter(|line| line.starts_with("xen_")).count()
}
