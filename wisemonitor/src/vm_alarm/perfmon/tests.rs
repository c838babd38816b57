use super::*;

/// As administrators, XenCenter and scripts leave it: comments, an element of their own, a variable that nobody
/// here knows, single quotes, an entity.
const OTHERS: &str = "<?xml version='1.0'?>
<config site=\"a &amp; b\">
  <!-- free memory: ask the database's people -->
  <note>keep</note>
  <variable>
    <name value='memory_internal_free'/><alarm_trigger_level value='1e5'/>
    <alarm_trigger_sense value='low'/>
  </variable>
</config>";

fn threshold(level: f64, minutes: u64) -> Threshold {
    Threshold { level, period: Duration::from_secs(60 * minutes) }
}

fn minutes(number: u64) -> Duration {
    Duration::from_secs(60 * number)
}

#[test]
fn nothing_becomes_a_variable_in_full_and_nothing_again() {
    let settings = set("", Measure::Network, threshold(1024.0, 5), Some(minutes(10))).unwrap();
    let expected = "<config><variable><name value=\"network_usage\"/>\
        <alarm_trigger_level value=\"1024\"/><alarm_trigger_sense value=\"high\"/>\
        <alarm_trigger_period value=\"300\"/><alarm_auto_inhibit_period value=\"600\"/>\
        <alarm_priority value=\"3\"/><consolidation_fn value=\"sum\"/>\
        <rrd_regex value=\"vif_[0-9]+_[rt]x\"/></variable></config>";
    assert_eq!(settings, expected);
    assert_eq!(clear(&settings, Measure::Disk).unwrap(), expected);
    assert_eq!(clear(&settings, Measure::Network).unwrap(), "");
    assert_eq!(clear(" \n", Measure::Network).unwrap(), "");
    for empty in ["<config />", "<config></config>", "<config>\n</config>"] {
        let settings = set(empty, Measure::Cpu, threshold(0.5, 1), None).unwrap();
        assert_eq!(variables(&settings).unwrap()[0].name, "cpu_usage", "{settings}");
        assert_eq!(clear(&settings, Measure::Cpu).unwrap(), "");
    }
}

#[test]
fn what_others_wrote_stays_to_the_byte() {
    let settings = set(OTHERS, Measure::Cpu, threshold(0.9, 5), None).unwrap();
    assert!(settings.starts_with(OTHERS.strip_suffix("</config>").unwrap()), "{settings}");
    let read = variables(&settings).unwrap();
    let (first, second) = (&read[0], &read[1]);
    assert_eq!(
        (&*first.name, first.level, first.sense),
        ("memory_internal_free", Some(1e5), Sense::Low)
    );
    assert_eq!((first.period, first.repeat), (minutes(1), minutes(60)));
    assert_eq!((&*second.name, second.level, second.sense), ("cpu_usage", Some(0.9), Sense::High));
    assert_eq!((second.period, second.repeat), (minutes(5), minutes(60)));
    assert_eq!(clear(&settings, Measure::Cpu).unwrap(), OTHERS);
}

#[test]
fn a_variable_that_is_there_keeps_what_is_not_asked_for() {
    let before = "<config><variable><name value=\"cpu_usage\"/><alarm_priority value=\"1\"/>\
        <alarm_auto_inhibit_period value=\"7\"/><alarm_trigger_level  value = '0.5' who='me'/>\
        <alarm_trigger_sense>low</alarm_trigger_sense><odd/></variable></config>";
    let after = set(before, Measure::Cpu, threshold(0.25, 2), None).unwrap();
    let expected = "<config><variable><name value=\"cpu_usage\"/><alarm_priority value=\"1\"/>\
        <alarm_auto_inhibit_period value=\"7\"/><alarm_trigger_level  value = '0.25' who='me'/>\
        <alarm_trigger_sense value=\"high\"/><odd/><alarm_trigger_period value=\"120\"/>\
        <consolidation_fn value=\"average\"/><rrd_regex value=\"cpu[0-9]+\"/></variable></config>";
    assert_eq!(after, expected);
    assert_eq!(set(&after, Measure::Cpu, threshold(0.25, 2), None).unwrap(), after);
    let after = set(&after, Measure::Cpu, threshold(0.25, 2), Some(minutes(3))).unwrap();
    assert_eq!(after, expected.replace("value=\"7\"", "value=\"180\""));
}

#[test]
fn one_that_is_there_twice_is_changed_and_removed_twice() {
    let one = "<variable><name value=\"disk_usage\"/></variable>";
    let twice = format!("<config>{one}<x/>{one}</config>");
    let after = set(&twice, Measure::Disk, threshold(8.0, 1), None).unwrap();
    let levels: Vec<_> = variables(&after).unwrap().iter().map(|known| known.level).collect();
    assert_eq!(levels, [Some(8.0), Some(8.0)]);
    assert_eq!(clear(&after, Measure::Disk).unwrap(), "<config><x/></config>");
}

#[test]
fn what_is_no_xml_is_not_touched() {
    for wrong in ["x", "<config>", "<config/><config/>", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"]
    {
        let refused = [
            set(wrong, Measure::Cpu, threshold(0.5, 1), None).map(drop),
            clear(wrong, Measure::Cpu).map(drop),
            variables(wrong).map(drop),
        ];
        for refused in refused {
            let error = refused.unwrap_err().to_string();
            assert!(error.starts_with("other_config:perfmon is no XML: "), "{wrong}: {error}");
        }
    }
}
