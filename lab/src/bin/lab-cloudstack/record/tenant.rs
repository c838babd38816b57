//! Domains, accounts and projects, and what they may have.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::{Owner, Text, chosen_by};

/// The kinds of things that have limits, as the API begins their fields. Memory is MiB, storage GiB.
pub(crate) const RESOURCES: [&str; 12] = [
    "vm",
    "ip",
    "volume",
    "snapshot",
    "template",
    "project",
    "network",
    "vpc",
    "cpu",
    "memory",
    "primarystorage",
    "secondarystorage",
];

/// What somebody has of each of [`RESOURCES`], and may have. A project has no projects.
#[derive(Debug, Clone)]
pub(crate) struct Resources(pub(crate) Vec<(&'static str, Resource)>);

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Resource {
    pub(crate) total: i64,
    /// `None` is without limit.
    pub(crate) limit: Option<i64>,
}

impl Resources {
    pub(crate) fn of(&mut self, name: &str) -> &mut Resource {
        let place = self.0.iter().position(|(resource, _)| *resource == name).unwrap_or(0);
        &mut self.0[place].1
    }
}

/// `vmlimit`, `vmtotal`, `vmavailable` and so on; limits are texts, and none is `Unlimited`.
impl Serialize for Resources {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let text = |number: Option<i64>| number.map_or("Unlimited".into(), |n| n.to_string());
        for (name, Resource { total, limit }) in self.0.iter().copied() {
            map.serialize_entry(&format!("{name}limit"), &text(limit))?;
            map.serialize_entry(
                &format!("{name}available"),
                &text(limit.map(|limit| limit - total)),
            )?;
            match name {
                "secondarystorage" => map.serialize_entry("secondarystoragetotal", &(total as f64)),
                _ => map.serialize_entry(&format!("{name}total"), &total),
            }?;
        }
        map.end()
    }
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Domain {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) path: String,
    pub(crate) level: i32,
    pub(crate) haschild: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parentdomainid: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parentdomainname: Option<Text>,
    pub(crate) state: &'static str,
    pub(crate) created: String,
    pub(crate) hasannotations: bool,
    #[serde(flatten)]
    pub(crate) resources: Resources,
}
chosen_by!(Domain: "id" id, "name" name);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Account {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) accounttype: i32,
    pub(crate) roletype: &'static str,
    pub(crate) rolename: &'static str,
    pub(crate) domain: Text,
    pub(crate) domainid: Text,
    pub(crate) domainpath: String,
    pub(crate) state: &'static str,
    pub(crate) created: String,
    pub(crate) isdefault: bool,
    pub(crate) vmrunning: i32,
    pub(crate) vmstopped: i32,
    pub(crate) receivedbytes: i64,
    pub(crate) sentbytes: i64,
    pub(crate) user: [(); 0],
    #[serde(flatten)]
    pub(crate) resources: Resources,
    #[serde(skip)]
    pub(crate) owner: Owner,
}
chosen_by!(Account, owner owner: "id" id, "name" name, "domainid" domainid, "state" state);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Project {
    pub(crate) id: Text,
    pub(crate) name: Text,
    pub(crate) displaytext: String,
    pub(crate) domain: Text,
    pub(crate) domainid: Text,
    pub(crate) state: &'static str,
    pub(crate) created: String,
    pub(crate) projectaccountname: String,
    pub(crate) vmrunning: i32,
    pub(crate) vmstopped: i32,
    pub(crate) owner: [(); 0],
    #[serde(flatten)]
    pub(crate) resources: Resources,
}
chosen_by!(Project: "id" id, "name" name, "domainid" domainid, "state" state);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ResourceLimit {
    pub(crate) account: Text,
    pub(crate) domain: Text,
    pub(crate) domainid: Text,
    pub(crate) resourcetype: String,
    pub(crate) resourcetypename: &'static str,
    /// -1 is without limit.
    pub(crate) max: i64,
}
chosen_by!(ResourceLimit: "account" account, "domainid" domainid, "resourcetype" resourcetype,
    "resourcetypename" resourcetypename);
