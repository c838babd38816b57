//! All objects of Nagios with their states, copied on its main thread.
//!
//! The only place that walks Nagios' lists. Names are cut to the length that a frame keeps, so that events
//! find their objects.

use std::collections::BTreeSet;
use std::ffi::CString;

use nagios_event::{
    Contact, Downtime, Frame, Group, GroupKind, Host, MAX_COMMENT, MAX_FRAME, MAX_NAME, Program,
    Service, Settings, State, Timeperiod, encode_state,
};

use crate::abi::layout::Layout;
use crate::abi::nagios::Nagios;
use crate::abi::objects::{self, Intervals, Object, ObjectId};
use crate::states::States;

/// Members in one frame, so that the longest names stay below the longest frame.
const MEMBERS_IN_FRAME: usize = 256;

/// One copy of everything.
#[derive(Default)]
pub(crate) struct Inventory {
    /// The newest event that is part of it.
    pub(crate) seq: u64,
    /// How many loops Nagios has started in this process.
    pub(crate) number: u32,
    /// When the loop started, in seconds since the Unix epoch.
    pub(crate) loop_start: i64,
    /// Hosts, services, groups and contacts.
    pub(crate) objects: Vec<Frame>,
    pub(crate) timeperiods: Vec<Timeperiod<String>>,
    /// Empty when the object layout is not known.
    pub(crate) downtimes: Vec<Downtime<String>>,
    /// Known once Nagios has told it.
    pub(crate) program: Option<Program>,
    /// None of them known when the object layout is not.
    pub(crate) states: States,
}

impl Inventory {
    /// Copies the objects, with their custom variables of these names; `visit` sees each state.
    pub(crate) fn take(
        nagios: &Nagios,
        variables: &[String],
        mut visit: impl FnMut(ObjectId, &State<&[u8]>),
    ) -> Inventory {
        let layout = nagios.layout();
        let period = |object: Object<'_>| {
            layout.map_or_else(String::new, |layout| name(object.notification_period(layout)))
        };
        let settings = |object: Object<'_>| {
            layout.map_or_else(Settings::default, |layout| {
                settings(object, layout, nagios.interval_length(), variables)
            })
        };
        let hosts = nagios.hosts().map(|host| {
            Frame::Host(Host {
                name: name(host.host_name()),
                display_name: name(host.display_name()),
                alias: name(host.alias()),
                address: name(host.address()),
                check_command: name(host.check_command()),
                notification_period: period(host),
                parents: host.parents().map(name).collect(),
                settings: settings(host),
            })
        });
        let services = nagios.services().map(|service| {
            Frame::Service(Service {
                host: name(service.host_name()),
                name: name(service.service_description()),
                display_name: name(service.display_name()),
                check_command: name(service.check_command()),
                notification_period: period(service),
                settings: settings(service),
            })
        });
        let host_groups = nagios.host_groups().flat_map(|group| frames(GroupKind::Host, group));
        let service_groups =
            nagios.service_groups().flat_map(|group| frames(GroupKind::Service, group));
        let contact_groups =
            nagios.contact_groups().flat_map(|group| frames(GroupKind::Contact, group));
        let contacts = nagios.contacts().map(|contact| {
            Frame::Contact(Contact { name: name(contact.name()), alias: name(contact.alias()) })
        });
        let groups = host_groups.chain(service_groups).chain(contact_groups);
        let objects = hosts.chain(services).chain(groups).chain(contacts).collect();
        let mut states = States::of(nagios.hosts().count(), nagios.services().count());
        if let Some(layout) = layout {
            let notifications = nagios.notifications_enabled();
            let mut longest = vec![0; MAX_FRAME];
            for object in nagios.hosts().chain(nagios.services()) {
                let state = object.state(layout, notifications);
                visit(object.id(), &state);
                if let Some(size) = encode_state(&mut longest, &state)
                    && let Some(frame) = states.frame(object.id())
                {
                    frame.extend_from_slice(&longest[..size]);
                }
            }
        }
        let downtimes = nagios.downtimes().into_iter().map(owned_downtime).collect();
        Inventory { objects, states, downtimes, ..Inventory::default() }
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
        .map(|member| (name(member.name()), name(member.service_description())))
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

fn settings(
    object: Object<'_>,
    layout: Layout,
    interval_length: f64,
    variables: &[String],
) -> Settings<String> {
    let Intervals { check, retry, notification, first_notification_delay } =
        object.intervals(layout);
    let is_wanted = |variable: &[u8]| variables.iter().any(|wanted| wanted.as_bytes() == variable);
    Settings {
        check_period: name(object.check_period(layout)),
        check_interval: check * interval_length,
        retry_interval: retry * interval_length,
        max_attempts: object.max_attempts(layout),
        freshness_threshold: object.freshness_threshold(layout),
        notification_interval: notification * interval_length,
        first_notification_delay: first_notification_delay * interval_length,
        contacts: object.contacts(layout).map(name).collect(),
        contact_groups: object.contact_groups(layout).map(name).collect(),
        variables: object
            .variables(layout)
            .filter(|(variable, _)| is_wanted(variable))
            .map(|(variable, value)| (name(variable), name(value)))
            .collect(),
    }
}

fn owned_downtime(downtime: Downtime<&[u8]>) -> Downtime<String> {
    let Downtime { id, host, service, author, comment, entered, start, end, fixed, .. } = downtime;
    let Downtime { duration, triggered_by, in_effect, .. } = downtime;
    Downtime {
        id,
        host: name(host),
        service: name(service),
        author: name(author),
        comment: lossy(comment, MAX_COMMENT),
        entered,
        start,
        end,
        fixed,
        duration,
        triggered_by,
        in_effect,
    }
}

fn name(bytes: &[u8]) -> String {
    lossy(bytes, MAX_NAME)
}

/// As the reader of a frame would see these bytes.
fn lossy(bytes: &[u8], limit: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(limit)]).into_owned()
}
