//! A page of metrics as it is read: an independent reading of the text format.

use std::collections::BTreeMap;

/// A series with its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// All series of a page; panics on a line that is none, and on a series that is there twice.
pub(crate) fn read(text: &str) -> Vec<Series> {
    let mut seen = std::collections::BTreeSet::new();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let series = one(line);
            assert!(seen.insert((series.name.clone(), series.labels.clone())), "twice: {line}");
            series
        })
        .collect()
}

/// The values of the series of this name whose labels contain these.
pub(crate) fn values(page: &[Series], name: &str, labels: &[(&str, &str)]) -> Vec<f64> {
    let has = |series: &Series| {
        let of = |label: &str| series.labels.get(label).map(String::as_str);
        series.name == name && labels.iter().all(|(label, value)| of(label) == Some(value))
    };
    page.iter().filter(|series| has(series)).map(|series| series.value).collect()
}

fn one(line: &str) -> Series {
    let Some((name, rest)) = line.split_once('{').filter(|(name, _)| !name.contains(' ')) else {
        let (name, value) = line.split_once(' ').unwrap();
        return Series { name: name.to_owned(), labels: BTreeMap::new(), value: number(value) };
    };
    let (mut labels, mut rest) = (BTreeMap::new(), rest);
    while !rest.starts_with('}') {
        let (label, behind) = rest.split_once("=\"").unwrap();
        let (mut value, mut characters) = (String::new(), behind.char_indices());
        let end = loop {
            match characters.next().unwrap() {
                (at, '"') => break at,
                (_, '\\') => value.push(match characters.next().unwrap().1 {
                    'n' => '\n',
                    other => other,
                }),
                (_, other) => value.push(other),
            }
        };
        assert!(labels.insert(label.to_owned(), value).is_none(), "{line}");
        rest = behind[end + 1..].trim_start_matches(',');
    }
    Series { name: name.to_owned(), labels, value: number(rest[1..].trim()) }
}

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}
