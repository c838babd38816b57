//! Recorded answers of real hosts, read as the client reads them and once more by another reader of XML.
//!
//! The data is not ours and not in this repository. It is looked for in the folder that
//! `WISEMONITOR_REFERENCE_DATA` names, or beside the repository in `../shared/data`; without it these tests say
//! so and end.

use std::path::{Path, PathBuf};

use roxmltree::{Document, Node};
use serde::Deserialize;
use xenapi::{
    Dialect, Ref,
    rrd::{Owner, Parser},
};

/// The folder with the recorded answers.
fn data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/data");
    let folder = std::env::var_os("WISEMONITOR_REFERENCE_DATA").map_or(beside, PathBuf::from);
    let folder = folder.join("xapi");
    if !folder.exists() {
        println!("skipped: no reference data in {}", folder.display());
        return None;
    }
    Some(folder)
}

fn text(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The texts of all elements of a name.
fn texts<'a>(node: Node<'a, '_>, name: &str) -> Vec<&'a str> {
    let found = node.descendants().filter(|node| node.has_tag_name(name));
    found.map(|node| node.text().unwrap_or_default()).collect()
}

#[test]
fn the_rrds_of_a_citrix_hypervisor_8_2_have_their_values() {
    let Some(data) = data() else { return };
    let text = text(&data, "datadog_citrix_hypervisor/rrd_updates.xml");
    let mut parser = Parser::default();
    parser.begin();
    parser.push(text.as_bytes()).unwrap();
    let update = parser.finish().unwrap();

    // A stray `\n`, two characters, stands before the root, which no reader of XML takes.
    let document = Document::parse(&text[text.find("<xport>").unwrap()..]).unwrap();
    let header = |name| texts(document.root(), name)[0].parse::<i64>().unwrap();
    assert_eq!((i64::from(update.step), update.end), (header("step"), header("end")));
    assert_eq!(update.rows(), usize::try_from(header("rows")).unwrap());
    let entries = texts(document.root(), "entry");
    assert_eq!((entries.len(), update.legend.len()), (45, 45));
    for (place, entry) in entries.iter().enumerate() {
        let column = update.legend.column(place).unwrap();
        let owner = match column.owner {
            Owner::Host(uuid) => format!("host:{uuid}"),
            Owner::Vm(uuid) => format!("vm:{uuid}"),
            Owner::Sr(uuid) => format!("sr:{uuid}"),
        };
        assert_eq!(format!("AVERAGE:{owner}:{}", column.name), *entry);
    }
    let rows = document.descendants().filter(|node| node.has_tag_name("row"));
    let mut compared = 0;
    for (row, wanted) in update.newest_first().zip(rows) {
        assert_eq!(row.time.to_string(), texts(wanted, "t")[0]);
        for (value, wanted) in row.values.iter().zip(texts(wanted, "v")) {
            assert_eq!(value.to_bits(), wanted.parse::<f64>().unwrap().to_bits());
            compared += 1;
        }
    }
    assert_eq!(compared, 4 * 45);
    println!("{compared} values of a Citrix Hypervisor 8.2");
}

/// The members of a struct: name, and the value's text where it has no inner struct.
fn members<'a, 'd>(structure: Node<'a, 'd>) -> Vec<(&'a str, Node<'a, 'd>)> {
    let members = structure.children().filter(|node| node.has_tag_name("member"));
    let part = |member: Node<'a, 'd>, name: &str| {
        member.children().find(|node| node.has_tag_name(name)).unwrap()
    };
    members
        .map(|member| (part(member, "name").text().unwrap_or_default(), part(member, "value")))
        .collect()
}

fn structure<'a, 'd>(value: Node<'a, 'd>) -> Node<'a, 'd> {
    value.children().find(|node| node.has_tag_name("struct")).unwrap()
}

/// The records of an answer: reference, and fields with their texts.
fn records<'a>(document: &'a Document<'_>) -> Vec<(&'a str, Vec<(&'a str, String)>)> {
    let outer = document.descendants().find(|node| node.has_tag_name("struct")).unwrap();
    let (_, value) = members(outer).into_iter().find(|(name, _)| *name == "Value").unwrap();
    let text = |value: Node<'_, '_>| -> String {
        value.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
    };
    let texts = |record| {
        let fields = members(structure(record)).into_iter();
        fields.map(|(name, value)| (name, text(value))).collect()
    };
    let records = members(structure(value));
    records.into_iter().map(|(reference, record)| (reference, texts(record))).collect()
}

fn field<'a>(fields: &'a [(&str, String)], name: &str) -> &'a str {
    &fields.iter().find(|(known, _)| *known == name).unwrap().1
}

#[test]
fn the_hosts_of_a_xenserver_6_2_are_read() {
    let Some(data) = data() else { return };
    let text = text(&data, "fog_vcr_cassettes/get_all_hosts.body.xml");
    let inventory = Dialect::Xml.read_records("host", text.as_bytes()).unwrap().unwrap();
    let document = Document::parse(&text).unwrap();
    let wanted = records(&document);
    assert!(!wanted.is_empty());
    assert_eq!(inventory.hosts.len(), wanted.len());
    for (reference, fields) in &wanted {
        let host = inventory.hosts.get(&Ref::new(reference)).unwrap();
        assert_eq!(host.uuid.to_string(), field(fields, "uuid"));
        assert_eq!(&*host.name_label, field(fields, "name_label"));
        assert_eq!(&*host.address, field(fields, "address"));
        assert_eq!(&*host.hostname, field(fields, "hostname"));
        assert_eq!(&*host.edition, field(fields, "edition"));
        assert_eq!(u8::from(host.enabled).to_string(), field(fields, "enabled"));
        assert_eq!(host.memory_overhead.to_string(), field(fields, "memory_overhead"));
        assert_eq!(host.metrics.to_string(), field(fields, "metrics"));
        assert!(field(fields, "software_version").contains(&*host.product_version));
        assert_eq!((&*host.product_brand, &*host.product_version), ("XenServer", "6.2.0"));
        assert!(host.cpu_info.get("cpu_count").is_some() && host.license_expiry.is_some());
    }
}

#[test]
fn the_vms_of_a_xenserver_6_2_are_read_without_its_templates() {
    let Some(data) = data() else { return };
    let text = text(&data, "fog_vcr_cassettes/builtin_templates.body.xml");
    let inventory = Dialect::Xml.read_records("VM", text.as_bytes()).unwrap().unwrap();
    let document = Document::parse(&text).unwrap();
    let (templates, vms): (Vec<_>, Vec<_>) = records(&document)
        .into_iter()
        .partition(|(_, fields)| field(fields, "is_a_template") == "1");
    assert!(!templates.is_empty());
    assert_eq!(inventory.vms.len(), vms.len());
    for (reference, fields) in &vms {
        let vm = inventory.vms.get(&Ref::new(reference)).unwrap();
        assert_eq!(vm.uuid.to_string(), field(fields, "uuid"));
        assert_eq!(&*vm.name_label, field(fields, "name_label"));
        assert_eq!(vm.power_state.name(), field(fields, "power_state"));
        assert_eq!(vm.resident_on.to_string(), field(fields, "resident_on"));
        assert_eq!(vm.memory_static_max.to_string(), field(fields, "memory_static_max"));
        assert_eq!(vm.vcpus_max.to_string(), field(fields, "VCPUs_max"));
        assert_eq!(u8::from(vm.is_control_domain).to_string(), field(fields, "is_control_domain"));
    }
    println!("{} VMs, {} templates left out", vms.len(), templates.len());
}

#[test]
fn a_slave_of_a_citrix_hypervisor_names_its_master() {
    let Some(data) = data() else { return };
    let text = text(&data, "datadog_citrix_hypervisor/slave_xmlrpc_login.xml");
    let failure = Dialect::Xml.read_records("VM", text.as_bytes()).unwrap().unwrap_err();
    assert_eq!(failure.code, "HOST_IS_SLAVE");
    assert_eq!(failure.arguments, ["127.0.0.1:8083"]);
}

/// One of the recordings.
#[derive(Deserialize)]
struct Cassette {
    http_interactions: Vec<Interaction>,
}

#[derive(Deserialize)]
struct Interaction {
    request: Side,
    response: Side,
}

#[derive(Deserialize)]
struct Side {
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    string: String,
}

#[test]
fn all_recorded_answers_with_records_are_read() {
    let Some(data) = data() else { return };
    let mut read = 0;
    for file in std::fs::read_dir(data.join("fog_vcr_cassettes")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let cassette: Cassette = serde_saphyr::from_str(&text).unwrap();
        for Interaction { request, response } in cassette.http_interactions {
            let Some(start) = request.body.string.find("<methodName>") else { continue };
            let method = request.body.string[start + "<methodName>".len()..].split('<').next();
            let Some(class) = method.and_then(|method| method.strip_suffix(".get_all_records"))
            else {
                continue;
            };
            let answer = response.body.string;
            let inventory = Dialect::Xml.read_records(class, answer.as_bytes()).unwrap().unwrap();
            let document = Document::parse(&answer).unwrap();
            let wanted = records(&document).len();
            let found = match class {
                "network" => inventory.networks.len(),
                "SR" => inventory.srs.len(),
                "host" => inventory.hosts.len(),
                "pool" => inventory.pools.len(),
                "PIF" => inventory.pifs.len(),
                "PBD" => inventory.pbds.len(),
                "VM" => continue, // Templates are left out; another test counts them.
                other => panic!("{}: a class {other}", path.display()),
            };
            assert_eq!(found, wanted, "{}: {class}", path.display());
            read += 1;
        }
    }
    assert!(read > 0);
    println!("{read} recorded answers");
}
