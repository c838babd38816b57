//! Where the changing fields of a `host` or `service` stand, by Nagios' version.
//!
//! The version must choose, because Nagios 4.5 moved fields without a new object structure version. A
//! version that was not measured has no layout.

/// Which struct an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A `host`.
    Host,
    /// A `service`.
    Service,
}

/// Where the changing fields of this Nagios' objects stand.
#[derive(Clone, Copy)]
pub(crate) struct Layout {
    host: &'static Offsets,
    service: &'static Offsets,
}

impl Layout {
    /// The layout of a Nagios version such as `4.4.6`, if it is one that was measured.
    pub(crate) fn of_version(version: &str) -> Option<Layout> {
        let mut numbers = version.split('.').map(str::parse::<u32>);
        match (numbers.next()?.ok()?, numbers.next()?.ok()?) {
            (4, 2..=4) => Some(Layout { host: &HOST, service: &SERVICE }),
            (4, 5) => Some(Layout {
                host: &const { HOST.of_4_5() },
                service: &const { SERVICE.of_4_5() },
            }),
            _ => None,
        }
    }

    pub(super) fn offsets(self, kind: Kind) -> &'static Offsets {
        match kind {
            Kind::Host => self.host,
            Kind::Service => self.service,
        }
    }
}

/// Where the fields of a `host` or `service` stand, in bytes from its start.
///
/// Measured with `offsetof` on Nagios 4.4.6 (x86_64), where a host takes 832 and a service 768 bytes.
#[derive(Clone, Copy)]
pub(super) struct Offsets {
    event_handler: usize,
    pub(super) max_attempts: usize,
    pub(super) notification_period: usize,
    pub(super) checks_enabled: usize,
    pub(super) accept_passive_checks: usize,
    pub(super) acknowledged: usize,
    pub(super) check_type: usize,
    pub(super) current_state: usize,
    pub(super) plugin_output: usize,
    pub(super) perf_data: usize,
    pub(super) state_type: usize,
    pub(super) current_attempt: usize,
    pub(super) latency: usize,
    pub(super) execution_time: usize,
    pub(super) notifications_enabled: usize,
    pub(super) next_check: usize,
    pub(super) last_check: usize,
    pub(super) last_state_change: usize,
    pub(super) last_hard_state_change: usize,
    pub(super) has_been_checked: usize,
    pub(super) notification_number: usize,
    pub(super) downtime_depth: usize,
    pub(super) is_flapping: usize,
    pub(super) next: usize,
}

const HOST: Offsets = Offsets {
    event_handler: 104,
    max_attempts: 96,
    notification_period: 152,
    checks_enabled: 212,
    accept_passive_checks: 224,
    acknowledged: 360,
    check_type: 368,
    current_state: 372,
    plugin_output: 384,
    perf_data: 400,
    state_type: 408,
    current_attempt: 412,
    latency: 448,
    execution_time: 456,
    notifications_enabled: 472,
    next_check: 496,
    last_check: 512,
    last_state_change: 520,
    last_hard_state_change: 528,
    has_been_checked: 560,
    notification_number: 572,
    downtime_depth: 596,
    is_flapping: 704,
    next: 816,
};

const SERVICE: Offsets = Offsets {
    event_handler: 56,
    max_attempts: 88,
    notification_period: 144,
    checks_enabled: 208,
    accept_passive_checks: 200,
    acknowledged: 288,
    check_type: 300,
    current_state: 304,
    plugin_output: 320,
    perf_data: 336,
    state_type: 344,
    current_attempt: 376,
    latency: 512,
    execution_time: 520,
    notifications_enabled: 232,
    next_check: 352,
    last_check: 368,
    last_state_change: 440,
    last_hard_state_change: 448,
    has_been_checked: 488,
    notification_number: 500,
    downtime_depth: 536,
    is_flapping: 632,
    next: 752,
};

impl Offsets {
    /// Nagios 4.5 put the pointer `event_handler_period` behind `event_handler` and another one among the
    /// pointers before `next`: a host takes 848 and a service 784 bytes.
    const fn of_4_5(self) -> Self {
        let gap = self.event_handler;
        Offsets {
            event_handler: gap,
            max_attempts: moved(self.max_attempts, gap),
            notification_period: moved(self.notification_period, gap),
            checks_enabled: moved(self.checks_enabled, gap),
            accept_passive_checks: moved(self.accept_passive_checks, gap),
            acknowledged: moved(self.acknowledged, gap),
            check_type: moved(self.check_type, gap),
            current_state: moved(self.current_state, gap),
            plugin_output: moved(self.plugin_output, gap),
            perf_data: moved(self.perf_data, gap),
            state_type: moved(self.state_type, gap),
            current_attempt: moved(self.current_attempt, gap),
            latency: moved(self.latency, gap),
            execution_time: moved(self.execution_time, gap),
            notifications_enabled: moved(self.notifications_enabled, gap),
            next_check: moved(self.next_check, gap),
            last_check: moved(self.last_check, gap),
            last_state_change: moved(self.last_state_change, gap),
            last_hard_state_change: moved(self.last_hard_state_change, gap),
            has_been_checked: moved(self.has_been_checked, gap),
            notification_number: moved(self.notification_number, gap),
            downtime_depth: moved(self.downtime_depth, gap),
            is_flapping: moved(self.is_flapping, gap),
            next: self.next + 16,
        }
    }
}

const fn moved(offset: usize, gap: usize) -> usize {
    if offset > gap { offset + 8 } else { offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_follows_the_version() {
        let host_next = |version| Layout::of_version(version).map(|layout| layout.host.next);
        assert_eq!(host_next("4.4.6"), Some(816));
        assert_eq!(host_next("4.2.3"), Some(816));
        assert_eq!(host_next("4.5.12"), Some(832));
        for unknown in ["4.6.0", "5.0", "3.5.1", "4", "four.four", ""] {
            assert_eq!(host_next(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn what_stands_behind_the_event_handler_moved_in_4_5() {
        let (host, service) = (HOST.of_4_5(), SERVICE.of_4_5());
        assert_eq!((host.max_attempts, service.max_attempts), (96, 96));
        assert_eq!((host.downtime_depth, service.downtime_depth), (604, 544));
        assert_eq!((host.next, service.next), (832, 768));
    }
}
