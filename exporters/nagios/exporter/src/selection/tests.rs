use nagios_event::{Flags, State};

use super::*;
use crate::config::Config;
use crate::perfdata::Reader;
use crate::snapshot::{Gathering, Snapshot};

/// Two hosts in groups, with services and custom variables.
fn snapshot() -> Snapshot {
    let mut gathering = Gathering::new(nagios_event::SnapshotBegin::default());
    let variables = |team: &str| nagios_event::Settings {
        variables: vec![("TEAM".to_owned(), team.to_owned())],
        ..Default::default()
    };
    for (name, alias, team) in [("web-1", "Web", "net"), ("db-1", "Database", "")] {
        let host = nagios_event::Host {
            name: name.to_owned(),
            alias: alias.to_owned(),
            settings: variables(team),
            ..Default::default()
        };
        gathering.host(host).unwrap();
    }
    for (host, name, team) in
        [("web-1", "http", "shop"), ("web-1", "ping", ""), ("db-1", "ping", "")]
    {
        let settings =
            if team.is_empty() { nagios_event::Settings::default() } else { variables(team) };
        let service = nagios_event::Service {
            host: host.to_owned(),
            name: name.to_owned(),
            settings,
            ..Default::default()
        };
        gathering.service(service).unwrap();
    }
    for (kind, name, host, service) in [
        (GroupKind::Host, "all", "web-1", ""),
        (GroupKind::Host, "site-paris", "web-1", ""),
        (GroupKind::Host, "site-rome", "web-1", ""),
        (GroupKind::Host, "all", "db-1", ""),
        (GroupKind::Service, "shop", "web-1", "http"),
    ] {
        let members = vec![(host.to_owned(), service.to_owned())];
        let (name, alias) = (name.to_owned(), String::new());
        gathering.group(Group { kind, name, alias, members }).unwrap();
    }
    gathering.finish()
}

/// What is shown under a configuration: `host service label=value`.
fn shown(config: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.yml");
    std::fs::write(&file, config).unwrap();
    let config: Config = exporter_kit::config::load(Some(&file)).unwrap();
    let mut snapshot = snapshot();
    snapshot.select(&config.series.selection);
    listed(&snapshot)
}

fn listed(snapshot: &Snapshot) -> Vec<String> {
    let hosts = snapshot.hosts.iter().map(|host| (&*host.inventory.name, "", &host.labels));
    let services = snapshot
        .services
        .iter()
        .map(|service| (&*service.inventory.host, &*service.inventory.name, &service.labels));
    let line = |(host, service, labels): (&str, &str, &Option<Labels>)| {
        let labels = labels.as_ref()?.iter().map(|(name, value)| format!("{name}={value}"));
        let words = [host.to_owned(), service.to_owned()].into_iter().chain(labels);
        Some(words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    };
    hosts.chain(services).filter_map(line).collect()
}

#[test]
fn everything_is_shown_unless_a_filter_says_otherwise() {
    for (config, expected) in [
        ("output: all\n", &["db-1", "web-1", "db-1 ping", "web-1 http", "web-1 ping"][..]),
        ("filter: {include: {host: 'web-.*'}}\n", &["web-1", "web-1 http", "web-1 ping"]),
        ("filter: {include: {host: 'web'}}\n", &[]),
        (
            "filter: {include: {service: 'http|ping'}, exclude: {host: 'db-.*'}}\n",
            &["web-1", "web-1 http", "web-1 ping"],
        ),
        ("filter: {exclude: {service: 'ping'}}\n", &["db-1", "web-1", "web-1 http"]),
        ("filter: {include: {hostgroup: 'site-.*'}}\n", &["web-1", "web-1 http", "web-1 ping"]),
        ("filter: {exclude: {hostgroup: 'site-rome'}}\n", &["db-1", "db-1 ping"]),
    ] {
        assert_eq!(shown(config), expected, "{config}");
    }
}

#[test]
fn labels_come_from_what_nagios_knows() {
    let none = &["db-1", "web-1", "db-1 ping", "web-1 http", "web-1 ping"][..];
    for (config, expected) in [
        (
            "labels: [{label: a, from: alias}]\n",
            &[
                "db-1 a=Database",
                "web-1 a=Web",
                "db-1 ping a=Database",
                "web-1 http a=Web",
                "web-1 ping a=Web",
            ][..],
        ),
        (
            "labels: [{label: team, from: variable, variable: _team}]\n",
            &["db-1", "web-1 team=net", "db-1 ping", "web-1 http team=shop", "web-1 ping team=net"],
        ),
        (
            "labels: [{label: site, from: hostgroup, regex: 'site-(.*)'}]\n",
            &[
                "db-1",
                "web-1 site=paris",
                "db-1 ping",
                "web-1 http site=paris",
                "web-1 ping site=paris",
            ],
        ),
        (
            "labels: [{label: shop, from: servicegroup, regex: 'shop', value: 'yes'}]\n",
            &["db-1", "web-1", "db-1 ping", "web-1 http shop=yes", "web-1 ping"],
        ),
        (
            "labels: [{label: role, from: host, regex: '(.*)-(\\d)', value: '${1}_$2'}]\n",
            &[
                "db-1 role=db_1",
                "web-1 role=web_1",
                "db-1 ping role=db_1",
                "web-1 http role=web_1",
                "web-1 ping role=web_1",
            ],
        ),
        (
            "labels: [{label: check, from: service, regex: 'h(.*)'}]\n",
            &["db-1", "web-1", "db-1 ping", "web-1 http check=ttp", "web-1 ping"],
        ),
        ("labels: [{label: ip, from: address}]\n", none),
    ] {
        assert_eq!(shown(config), expected, "{config}");
    }
}

#[test]
fn a_new_state_keeps_what_is_shown() {
    let mut snapshot = snapshot();
    let exclude = Patterns { service: Some(Regex::new("^ping$").unwrap()), ..Patterns::default() };
    snapshot.select(&Selection { exclude, ..Selection::default() });
    let before = listed(&snapshot);
    for service in ["ping", "http", ""] {
        let (host, service) = ("web-1".to_owned(), service.to_owned());
        let state = State { host, service, flags: Flags::CHECKED, ..State::default() };
        snapshot.put_state(state, &mut Reader::default()).unwrap();
    }
    assert_eq!(listed(&snapshot), before);
}
