//! What changes while Nagios runs: the state of each host and service, and of Nagios itself.

/// Bits of [`State::flags`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u32);

impl Flags {
    /// At least one check has been processed (otherwise the state is pending).
    pub const CHECKED: Flags = Flags(1);
    /// The state is hard.
    pub const HARD: Flags = Flags(1 << 1);
    /// The problem has been acknowledged.
    pub const ACKNOWLEDGED: Flags = Flags(1 << 2);
    /// Nagios considers the object to be flapping.
    pub const FLAPPING: Flags = Flags(1 << 3);
    /// Notifications are enabled, for the object and in the whole of Nagios.
    pub const NOTIFICATIONS: Flags = Flags(1 << 4);
    /// Active checks are enabled.
    pub const ACTIVE_CHECKS: Flags = Flags(1 << 5);
    /// Passive results are accepted.
    pub const PASSIVE_CHECKS: Flags = Flags(1 << 6);
    /// The last result came passively.
    pub const PASSIVE_RESULT: Flags = Flags(1 << 7);
    /// Some text was cut to its limit.
    pub const TRUNCATED: Flags = Flags(1 << 8);
    /// The module knows this Nagios' object layout: downtime, acknowledgement, flapping and the times are
    /// true. Without it they are zero and mean nothing.
    pub const LAYOUT_KNOWN: Flags = Flags(1 << 9);
    /// The acknowledgement holds until the object is well, not only until the next change of state.
    pub const STICKY: Flags = Flags(1 << 10);
    /// Event handlers are enabled for the object.
    pub const EVENT_HANDLER: Flags = Flags(1 << 11);
    /// Flapping is looked for.
    pub const FLAP_DETECTION: Flags = Flags(1 << 12);
    /// Nagios checks that results are not too old (`check_freshness`).
    pub const FRESHNESS: Flags = Flags(1 << 13);
    /// Every problem result of the service is told (`is_volatile`).
    pub const VOLATILE: Flags = Flags(1 << 14);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub fn has(self, other: Flags) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits and, where `on`, those of `other`.
    #[must_use]
    pub fn with(self, other: Flags, on: bool) -> Flags {
        if on { Flags(self.0 | other.0) } else { self }
    }
}

/// The whole changing state of a host or service.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct State<S> {
    /// `host_name`.
    pub host: S,
    /// `service_description`; empty for the host itself.
    pub service: S,
    /// Service: 0 ok, 1 warning, 2 critical, 3 unknown. Host: 0 up, 1 down, 2 unreachable.
    pub state: u8,
    /// What is true of it.
    pub flags: Flags,
    /// Current check attempt.
    pub attempt: u16,
    /// Attempts until a problem is hard.
    pub max_attempts: u16,
    /// Nested downtimes that hold now.
    pub downtime_depth: u16,
    /// Notifications sent for the current problem; 0 when nobody has been told.
    pub notification_number: u32,
    /// When the last check ran.
    pub last_check: i64,
    /// When the next active check is due.
    pub next_check: i64,
    /// When the state last changed, soft or hard.
    pub last_state_change: i64,
    /// When the hard state last changed.
    pub last_hard_state_change: i64,
    /// When somebody was last notified.
    pub last_notification: i64,
    /// Seconds between the planned and the real start of the check.
    pub latency: f64,
    /// Seconds the check took.
    pub execution_time: f64,
    /// Share of the last checks that changed the state, 0 to 100, newer ones weighing more.
    pub percent_state_change: f64,
    /// First line of the plugin's output.
    pub output: S,
    /// Its further lines, with `\n` written as backslash and n, as Nagios keeps them.
    pub long_output: S,
    /// Raw performance data.
    pub perfdata: S,
}

/// Bits of [`Program::modes`]: Nagios' program-wide switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Modes(pub u32);

impl Modes {
    /// `enable_notifications`.
    pub const NOTIFICATIONS: Modes = Modes(1);
    /// `execute_service_checks`.
    pub const ACTIVE_SERVICE_CHECKS: Modes = Modes(1 << 1);
    /// `accept_passive_service_checks`.
    pub const PASSIVE_SERVICE_CHECKS: Modes = Modes(1 << 2);
    /// `execute_host_checks`.
    pub const ACTIVE_HOST_CHECKS: Modes = Modes(1 << 3);
    /// `accept_passive_host_checks`.
    pub const PASSIVE_HOST_CHECKS: Modes = Modes(1 << 4);
    /// `enable_event_handlers`.
    pub const EVENT_HANDLERS: Modes = Modes(1 << 5);
    /// `enable_flap_detection`.
    pub const FLAP_DETECTION: Modes = Modes(1 << 6);
    /// `process_performance_data`.
    pub const PERFORMANCE_DATA: Modes = Modes(1 << 7);
    /// `obsess_over_hosts`.
    pub const OBSESS_HOSTS: Modes = Modes(1 << 8);
    /// `obsess_over_services`.
    pub const OBSESS_SERVICES: Modes = Modes(1 << 9);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub fn has(self, other: Modes) -> bool {
        self.0 & other.0 == other.0
    }

    /// These bits and, where `on`, those of `other`.
    #[must_use]
    pub fn with(self, other: Modes, on: bool) -> Modes {
        if on { Modes(self.0 | other.0) } else { self }
    }
}

/// The state of Nagios itself. (Nagios 4 has no buffer for external commands, and so no fill level of one.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Program {
    /// When Nagios started (`program_start`); a reload sets it anew.
    pub start: i64,
    /// When its log was last rotated.
    pub last_log_rotation: i64,
    /// Its process id.
    pub pid: u32,
    /// Whether it runs as a daemon.
    pub daemon: bool,
    /// Program-wide switches.
    pub modes: Modes,
    /// Host checks that run now.
    pub running_host_checks: u32,
    /// Service checks that run now.
    pub running_service_checks: u32,
}
