//! The same modules for both exporters: what is built in here, in the older form that the peer reads too.

/// Our built-in configuration.
const BUILT_IN: &str = include_str!("../../snmp.yml");

/// What a real host has beside its interfaces: its storage and its processes.
const HOST: &str = "  host:
    walk: [1.3.6.1.2.1.1, 1.3.6.1.2.1.2, 1.3.6.1.2.1.31.1.1, 1.3.6.1.2.1.25.2, 1.3.6.1.2.1.25.4.2]
    metrics:
      - { name: sysUpTime, oid: 1.3.6.1.2.1.1.3, type: gauge }
      - { name: ifInOctets, oid: 1.3.6.1.2.1.2.2.1.10, type: counter, indexes: [{ labelname: ifIndex, type: gauge }], lookups: [{ labels: [ifIndex], labelname: ifName, oid: 1.3.6.1.2.1.31.1.1.1.1, type: DisplayString }] }
      - { name: hrSWRunStatus, oid: 1.3.6.1.2.1.25.4.2.1.7, type: gauge, indexes: [{ labelname: hrSWRunIndex, type: gauge }] }
";

/// Our configuration.
pub(crate) fn ours() -> String {
    format!(
        "auths: {{ public_v2: {{ community: public, version: 2 }} }}\nmodules:\n{}\n{HOST}",
        if_mib()
    )
}

/// The peer's, which has modules at the top and the auth in each of them.
pub(crate) fn peers() -> String {
    [if_mib(), HOST]
        .map(|module| {
            let lines = module.trim_end().lines().map(|line| line.strip_prefix("  ").unwrap());
            let module = lines.collect::<Vec<_>>().join("\n");
            format!("{module}\n  version: 2\n  auth: {{ community: public }}\n")
        })
        .concat()
}

fn if_mib() -> &'static str {
    let start = BUILT_IN.find("  if_mib:").unwrap();
    let module = &BUILT_IN[start..];
    &module[..module.find("\n\n").unwrap()]
}
