use super::*;

fn sample<'m>(labels: &[(&'m str, &str)], value: f64) -> Sample<'m> {
    let pairs = labels.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    Sample { labels: Arc::new(Labels::new(pairs)), extra: None, value }
}

fn page<'m>(samples: impl IntoIterator<Item = (&'m str, Sample<'m>)>) -> Page<'m> {
    let mut page = Page::default();
    for (name, sample) in samples {
        page.add(name.into(), ("Help \\ \"it\"\nnow", " (read)"), Kind::Gauge, sample);
    }
    page
}

#[test]
fn families_and_samples_are_ordered_and_escaped() {
    let extra = Sample {
        extra: Some(Box::new(("b", "x\\\"\n".to_owned()))),
        ..sample(&[("a", "1"), ("c", "2")], 2e6)
    };
    let written = page([
        ("b", sample(&[("z", "10"), ("a", "x")], 1.0)),
        ("b", sample(&[("z", "9"), ("a", "x")], 2.0)),
        ("b", sample(&[("z", "9"), ("a", "w")], 3.0)),
        ("a", extra),
        ("B", sample(&[], 0.5)),
    ])
    .write(Duplicates::Fail)
    .unwrap();
    let help =
        |name: &str| format!("# HELP {name} Help \\\\ \"it\"\\nnow (read)\n# TYPE {name} gauge\n");
    let expected = [
        help("B") + "B 0.5\n",
        help("a") + "a{a=\"1\",b=\"x\\\\\\\"\\n\",c=\"2\"} 2e+06\n",
        help("b") + "b{a=\"w\",z=\"9\"} 3\nb{a=\"x\",z=\"10\"} 1\nb{a=\"x\",z=\"9\"} 2\n",
    ];
    assert_eq!(written.text, expected.concat());
}

#[test]
fn a_duplicate_fails_the_page_or_is_dropped_and_counted() {
    let twice = || {
        let split =
            Sample { extra: Some(Box::new(("a", "x".to_owned()))), ..sample(&[("b", "y")], 2.0) };
        page([("n", sample(&[("a", "x"), ("b", "y")], 1.0)), ("n", split)])
    };
    let flaws = twice().write(Duplicates::Fail).unwrap_err();
    assert_eq!(flaws, [Flaw::Duplicate("n{a=\"x\",b=\"y\"}".to_owned())]);
    let written = twice().write(Duplicates::Drop).unwrap();
    assert_eq!((written.dropped, written.text.matches("n{").count()), (1, 1));
    assert!(written.text.ends_with("n{a=\"x\",b=\"y\"} 1\n"), "{}", written.text);
}

#[test]
fn a_family_has_one_help_and_one_type() {
    let mut page = page([("n", sample(&[], 1.0))]);
    page.add("n".into(), ("other", ""), Kind::Gauge, sample(&[("a", "1")], 1.0));
    page.add("n".into(), ("Help \\ \"it\"\nnow", " (read)"), Kind::Counter, sample(&[], 1.0));
    let flaws = page.write(Duplicates::Drop).unwrap_err();
    assert_eq!(flaws, [Flaw::Help("n".to_owned()), Flaw::Kind("n".to_owned())]);
}
