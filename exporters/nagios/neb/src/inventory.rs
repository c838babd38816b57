//! All objects of Nagios with their states, copied on its main thread.
//!
//! The only place that walks Nagios' lists. Names are cut to the length that a frame keeps, so that events
//! find their objects.

use std::collections::BTreeSet;
use std::ffi::CString;

use nagios_event::{
    Frame, Group, GroupKind, Host, MAX_NAME, MAX_OUTPUT, MAX_PERFDATA, Service, State, Timeperiod,
};

use crate::abi::nagios::Nagios;
use crate::abi::objects::{self, Object, ObjectId};

/// Members in one frame, so that the longest names stay below the longest frame.
const MEMBERS_IN_FRAME: usize = 256;

/// One copy of everything.
#[derive(Default)]
pub(crate) struct Inventory {
    /// The newest event that is part of it.
    pub(crate) seq: u64,
    /// How many loops Nagios has started in this process.
    pub(crate) epoch: u32,
    /// When the loop started, in seconds since the Unix epoch.
    pub(crate) loop_start: i64,
    /// Hosts, services and groups.
    pub(crate) objects: Vec<Frame>,
    pub(crate) timeperiods: Vec<Timeperiod<String>>,
    /// Empty when the object layout is not known.
    pub(crate) states: Vec<State<String>>,
}

impl Inventory {
    /// Copies the objects; `visit` sees each state.
    pub(crate) fn take(
        nagios: &Nagios,
        mut visit: impl FnMut(ObjectId, &State<&[u8]>),
    ) -> Inventory {
        let layout = nagios.layout();
        let period = |object: Object<'_>| {
            layout.map_or_else(String::new, |layout| name(object.notification_period(layout)))
        };
        let hosts = nagios.hosts().map(|host| {
            Frame::Host(Host {
                name: name(host.host_name()),
                alias: name(host.alias()),
                address: name(host.address()),
                check_command: name(host.check_command()),
                notification_period: period(host),
                parents: host.parents().map(name).collect(),
            })
        });
        let services = nagios.services().map(|service| {
            Frame::Service(Service {
                host: name(service.host_name()),
                name: name(service.service_description()),
                check_command: name(service.check_command()),
                notification_period: period(service),
            })
        });
        let host_groups = nagios.host_groups().flat_map(|group| frames(GroupKind::Host, group));
        let service_groups =
            nagios.service_groups().flat_map(|group| frames(GroupKind::Service, group));
        let objects = hosts.chain(services).chain(host_groups).chain(service_groups).collect();
        let states = layout.map_or_else(Vec::new, |layout| {
            let notifications = nagios.notifications_enabled();
            let objects = nagios.hosts().chain(nagios.services());
            objects
                .map(|object| {
                    let state = object.state(layout, notifications);
                    visit(object.id(), &state);
                    owned(&state)
                })
                .collect()
        });
        Inventory { objects, states, ..Inventory::default() }
    }

    /// The notification periods in use.
    pub(crate) fn period_names(&self) -> Vec<CString> {
        let names: BTreeSet<&str> = self
            .objects
            .iter()
            .filter_map(|object| match object {
                Frame::Host(host) => Some(host.notification_period.as_str()),
                Frame::Service(service) => Some(service.notification_period.as_str()),
                _ => None,
            })
            .filter(|name| !name.is_empty())
            .collect();
        names.into_iter().filter_map(|name| CString::new(name).ok()).collect()
    }
}

/// A group as frames of some members each; one frame for a group without any.
fn frames(kind: GroupKind, group: objects::Group<'_>) -> Vec<Frame> {
    let members: Vec<_> = group
        .members()
        .map(|member| (name(member.host_name()), name(member.service_description())))
        .collect();
    let frame = |members: &[(String, String)]| {
        Frame::Group(Group {
            kind,
            name: name(group.name()),
            alias: name(group.alias()),
            members: members.to_vec(),
        })
    };
    if members.is_empty() {
        return vec![frame(&[])];
    }
    members.chunks(MEMBERS_IN_FRAME).map(frame).collect()
}

fn owned(state: &State<&[u8]>) -> State<String> {
    let State {
        host,
        service,
        state,
        flags,
        attempt,
        max_attempts,
        downtime_depth,
        notification_number,
        last_check,
        next_check,
        last_state_change,
        last_hard_state_change,
        latency,
        execution_time,
        output,
        perfdata,
    } = *state;
    let cut = output.len() > MAX_OUTPUT || perfdata.len() > MAX_PERFDATA;
    State {
        host: name(host),
        service: name(service),
        state,
        flags: flags.with(nagios_event::Flags::TRUNCATED, cut),
        attempt,
        max_attempts,
        downtime_depth,
        notification_number,
        last_check,
        next_check,
        last_state_change,
        last_hard_state_change,
        latency,
        execution_time,
        output: lossy(output, MAX_OUTPUT),
        perfdata: lossy(perfdata, MAX_PERFDATA),
    }
}

fn name(bytes: &[u8]) -> String {
    lossy(bytes, MAX_NAME)
}

/// As the reader of a frame would see these bytes.
fn lossy(bytes: &[u8], limit: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(limit)]).into_owned()
}
