use super::*;

/// Measurements as `label quantity value bounds`, then the counts that are not zero.
fn read_as(text: &str, reading: Reading) -> Vec<String> {
    let Perfdata { measurements, faults } = parse(text, reading);
    let mut lines: Vec<String> = measurements
        .iter()
        .map(|Measurement { label, quantity, value, bounds }| {
            let quantity = match quantity {
                Quantity::Unknown(unit) => format!("[{unit}]"),
                known => format!("{known:?}"),
            };
            let bounds = bounds.as_deref().map(|bounds| format!(" {}", shown(bounds)));
            format!("{label} {quantity} {value}{}", bounds.unwrap_or_default())
        })
        .collect();
    let Faults { broken, duplicates, bounds, unknown_units: _ } = faults;
    for (count, what) in [(broken, "broken"), (duplicates, "duplicate"), (bounds, "bound")] {
        lines.extend((count > 0).then(|| format!("{count} {what}")));
    }
    lines
}

fn read(text: &str) -> Vec<String> {
    read_as(text, Reading::default())
}

fn shown(&Bounds { warning, critical, min, max }: &Bounds) -> String {
    let end = |end: Option<f64>| end.map_or_else(|| "-".to_owned(), |end| end.to_string());
    let range = |range: Option<Range>| match range {
        None => "-".to_owned(),
        Some(Range { low, high, inside }) => {
            format!("{}{}..{}", if inside { "@" } else { "" }, end(low), end(high))
        }
    };
    format!("w={} c={} min={} max={}", range(warning), range(critical), end(min), end(max))
}

#[test]
fn what_plugins_write() {
    for (text, expected) in [
        ("", &[][..]),
        (
            "load1=0.330;5.000;9.000;0; load5=0.490;5;9;0; ",
            &["load1 Value 0.33", "load5 Value 0.49"],
        ),
        ("/=14496563200B;243497277849;257024904396;0;270552530944", &["/ Bytes 14496563200"]),
        (
            "time=0.000295s;;;0.000000 size=10975B;;;0",
            &["time Seconds 0.000295", "size Bytes 10975"],
        ),
        ("rta=0.041ms;100;500;0 pl=25%;20;60;0", &["rta Seconds 0.000041", "pl Ratio 0.25"]),
        (
            "a=3us b=3µs c=3μs d=4ns",
            &[
                "a Seconds 0.000003",
                "b Seconds 0.000003",
                "c Seconds 0.000003",
                "d Seconds 0.000000004",
            ],
        ),
        (
            "a=1KB b=2MB c=3KiB d=4GB e=1PiB",
            &[
                "a Bytes 1000",
                "b Bytes 2000000",
                "c Bytes 3072",
                "d Bytes 4000000000",
                "e Bytes 1125899906842624",
            ],
        ),
        ("in=12c", &["in Total 12"]),
        (
            "fan=900rpm size=5Mb up=2h age=1d",
            &["fan [rpm] 900", "size [Mb] 5", "up Seconds 7200", "age Seconds 86400"],
        ),
        ("free=U used=1 size=U;1;2", &["used Value 1"]),
        ("'C:\\ used %'=5%", &["C:\\ used % Ratio 0.05"]),
        ("'it''s'=1 ''''=2", &["it's Value 1", "' Value 2"]),
        ("'a=b'=1", &["a=b Value 1"]),
        ("a=34ms", &["a Seconds 0.034"]),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn numbers_as_they_come() {
    for (text, expected) in [
        ("a=1.5E-15EB", "a Bytes 1500"),
        ("a=5EB", "a Bytes 5000000000000000000"),
        ("a=5E2", "a Value 500"),
        ("a=23.", "a Value 23"),
        ("a=.42", "a Value 0.42"),
        ("a=-1,5%", "a Ratio -0.015"),
        ("a=+7", "a Value 7"),
        ("a=1e", "a [e] 1"),
    ] {
        assert_eq!(read(text), [expected], "{text}");
    }
}

#[test]
fn a_broken_item_is_counted_and_spoils_no_other() {
    for (text, expected) in [
        ("a=b c=1", &["c Value 1", "1 broken"][..]),
        ("a= c=1", &["c Value 1", "1 broken"]),
        ("=5 c=1", &["c Value 1", "1 broken"]),
        ("''=5 c=1", &["c Value 1", "1 broken"]),
        ("a=inf b=nan c=1", &["c Value 1", "2 broken"]),
        ("a=1,234,5 b=1.2.3 c=1", &["c Value 1", "2 broken"]),
        ("a=1e999 c=1", &["c Value 1", "1 broken"]),
        ("a=-1c c=1", &["c Value 1", "1 broken"]),
        ("c=1 'open=2", &["c Value 1", "1 broken"]),
        ("nonsense 'a b'=2 c=1", &["a b Value 2", "c Value 1", "1 broken"]),
        ("c=1 nonsense", &["c Value 1", "1 broken"]),
        ("c=1 c=2 c=3s", &["c Value 1", "2 duplicate"]),
        ("a=. c=1", &["c Value 1", "1 broken"]),
        ("a=1\u{0}x c=1", &["c Value 1", "1 broken"]),
        ("a=1unit_without_an_end c=1", &["c Value 1", "1 broken"]),
    ] {
        assert_eq!(read(text), expected, "{text:?}");
    }
}

#[test]
fn a_unit_that_nobody_knows_is_counted_and_kept() {
    let perfdata = parse("fan=900rpm temp=21C load=1", Reading::default());
    assert_eq!(perfdata.faults, Faults { unknown_units: 2, ..Faults::default() });
    assert_eq!(perfdata.measurements.len(), 3);
}

#[test]
fn hard_cases_in_both_readings() {
    let other = Reading {
        unit_m: UnitM::Mega,
        comma: Comma::Thousands,
        spaces: Spaces::BetweenItems,
        prefix: Prefix::Own,
        bounds: false,
    };
    for (text, first, second) in [
        (
            "a=2m b=3M",
            &["a Seconds 120", "b [M] 3"][..],
            &["a Value 2000000", "b Value 3000000"][..],
        ),
        ("a=2min", &["a Seconds 120"], &["a Seconds 120"]),
        ("a=1,5", &["a Value 1.5"], &["1 broken"]),
        ("a=1,500", &["a Value 1.5"], &["a Value 1500"]),
        ("a=-1,234,567.8B", &["1 broken"], &["a Bytes -1234567.8"]),
        ("a=1,2345", &["a Value 1.2345"], &["1 broken"]),
        (
            "disk used=5 free=6",
            &["disk used Value 5", "free Value 6"],
            &["used Value 5", "free Value 6", "1 broken"],
        ),
        (
            "test::a=3 b=4",
            &["test::a Value 3", "test::b Value 4"],
            &["test::a Value 3", "b Value 4"],
        ),
        ("::1=3 b=4", &["::1 Value 3", "b Value 4"], &["::1 Value 3", "b Value 4"]),
    ] {
        assert_eq!(read(text), first, "{text}");
        assert_eq!(read_as(text, other), second, "{text}, other readings");
    }
}

#[test]
fn thresholds_are_ranges_in_the_base_unit() {
    let reading = Reading { bounds: true, ..Reading::default() };
    for (text, expected) in [
        ("a=1", &["a Value 1"][..]),
        ("a=1;;;;", &["a Value 1"]),
        ("a=1;10;20;0;100", &["a Value 1 w=0..10 c=0..20 min=0 max=100"]),
        ("a=1;10:;~:20", &["a Value 1 w=10..- c=-..20 min=- max=-"]),
        ("a=1;10:20;@10:20", &["a Value 1 w=10..20 c=@10..20 min=- max=-"]),
        ("a=1;@5;:7", &["a Value 1 w=@0..5 c=0..7 min=- max=-"]),
        ("a=1;~:;-70", &["a Value 1 w=-..- c=-..-70 min=- max=-"]),
        ("a=50%;80;90;0;100", &["a Ratio 0.5 w=0..0.8 c=0..0.9 min=0 max=1"]),
        ("a=5ms;100;2s;0", &["a Seconds 0.005 w=0..0.1 c=0..2 min=0 max=-"]),
        ("a=1,5;2,5:3,5", &["a Value 1.5 w=2.5..3.5 c=- min=- max=-"]),
        ("a=1;U;x;0;y", &["a Value 1 w=- c=- min=0 max=-", "2 bound"]),
        ("a=1;20:10;1:2:3", &["a Value 1", "2 bound"]),
        ("a=1;2;3;4;5;6", &["a Value 1 w=0..2 c=0..3 min=4 max=5"]),
    ] {
        assert_eq!(read_as(text, reading), expected, "{text}");
    }
    // Who does not ask for them pays nothing and is told of no fault.
    assert_eq!(read("a=1;x;20:10;0"), ["a Value 1"]);
}
