//! How what is configured is written: one shape for each of `nagios-event`'s records.

use nagios_event::{GroupKind, Settings};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Host::<String>")]
pub(super) struct HostShape {
    name: String,
    display_name: String,
    alias: String,
    address: String,
    check_command: String,
    notification_period: String,
    parents: Vec<String>,
    #[serde(with = "SettingsShape")]
    settings: Settings<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Service::<String>")]
pub(super) struct ServiceShape {
    host: String,
    name: String,
    display_name: String,
    check_command: String,
    notification_period: String,
    #[serde(with = "SettingsShape")]
    settings: Settings<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Settings::<String>")]
pub(super) struct SettingsShape {
    check_period: String,
    check_interval: f64,
    retry_interval: f64,
    max_attempts: u16,
    freshness_threshold: u32,
    notification_interval: f64,
    first_notification_delay: f64,
    contacts: Vec<String>,
    contact_groups: Vec<String>,
    variables: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::GroupKind", rename_all = "snake_case")]
pub(super) enum GroupKindShape {
    Host,
    Service,
    Contact,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Group::<String>")]
pub(super) struct GroupShape {
    #[serde(rename = "member", with = "GroupKindShape")]
    kind: GroupKind,
    name: String,
    alias: String,
    members: Vec<(String, String)>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Contact::<String>")]
pub(super) struct ContactShape {
    name: String,
    alias: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Timeperiod::<String>")]
pub(super) struct TimeperiodShape {
    name: String,
    inside: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Downtime::<String>")]
pub(super) struct DowntimeShape {
    id: u64,
    host: String,
    service: String,
    author: String,
    comment: String,
    entered: i64,
    start: i64,
    end: i64,
    fixed: bool,
    duration: u64,
    triggered_by: u64,
    in_effect: bool,
}
