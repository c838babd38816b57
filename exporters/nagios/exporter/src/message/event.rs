//! How events are written: one shape for each of `nagios-event`'s records.

use nagios_event::{
    AcknowledgementStep, CommentKind, CommentStep, Downtime, DowntimeStep, FlappingStep, State,
};
use serde::{Deserialize, Serialize};

use super::object::DowntimeShape;
use super::state::StateShape;

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Check::<String>")]
pub(super) struct CheckShape {
    #[serde(with = "StateShape")]
    state: State<String>,
    return_code: i32,
    timed_out: bool,
    started_us: i64,
    ended_us: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::StateChange::<String>")]
pub(super) struct StateChangeShape {
    host: String,
    service: String,
    state: u8,
    hard: bool,
    attempt: u16,
    max_attempts: u16,
    output: String,
    long_output: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Notification::<String>")]
pub(super) struct NotificationShape {
    host: String,
    service: String,
    reason: u8,
    state: u8,
    contacts: u32,
    number: u32,
    escalated: bool,
    output: String,
    author: String,
    comment: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::ContactNotification::<String>")]
pub(super) struct ContactNotificationShape {
    host: String,
    service: String,
    contact: String,
    method: String,
    reason: u8,
    state: u8,
    number: u32,
    escalated: bool,
    author: String,
    comment: String,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::DowntimeStep", rename_all = "snake_case")]
pub(super) enum DowntimeStepShape {
    Scheduled,
    Started,
    Ended,
    Cancelled,
    Deleted,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::DowntimeChange::<String>")]
pub(super) struct DowntimeChangeShape {
    #[serde(with = "DowntimeStepShape")]
    step: DowntimeStep,
    #[serde(with = "DowntimeShape")]
    downtime: Downtime<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::AcknowledgementStep", rename_all = "snake_case")]
pub(super) enum AcknowledgementStepShape {
    Set,
    Removed,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Acknowledgement::<String>")]
pub(super) struct AcknowledgementShape {
    #[serde(with = "AcknowledgementStepShape")]
    step: AcknowledgementStep,
    host: String,
    service: String,
    state: u8,
    author: String,
    comment: String,
    sticky: bool,
    persistent: bool,
    notify: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::FlappingStep", rename_all = "snake_case")]
pub(super) enum FlappingStepShape {
    Started,
    Stopped,
    Disabled,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Flapping::<String>")]
pub(super) struct FlappingShape {
    #[serde(with = "FlappingStepShape")]
    step: FlappingStep,
    host: String,
    service: String,
    percent_state_change: f64,
    high_threshold: f64,
    low_threshold: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::CommentStep", rename_all = "snake_case")]
pub(super) enum CommentStepShape {
    Added,
    Deleted,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::CommentKind", rename_all = "snake_case")]
pub(super) enum CommentKindShape {
    User,
    Downtime,
    Flapping,
    Acknowledgement,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "nagios_event::Comment::<String>")]
pub(super) struct CommentShape {
    #[serde(with = "CommentStepShape")]
    step: CommentStep,
    #[serde(rename = "entry_type", with = "CommentKindShape")]
    kind: CommentKind,
    id: u64,
    host: String,
    service: String,
    author: String,
    text: String,
    entered: i64,
    expires: i64,
    persistent: bool,
}
