//! Where the changing fields of a `host` or `service` stand, by Nagios' version.
//!
//! The version must choose, because Nagios 4.5 moved fields without a new object structure version. A
//! version that was not measured has no layout.

/// Which struct an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// Of services alone.
    pub(super) is_volatile: usize,
}

impl Layout {
    /// The layout of a Nagios version such as `4.4.6`, if it is one that was measured.
    pub(crate) fn of_version(version: &str) -> Option<Layout> {
        let mut numbers = version.split('.').map(str::parse::<u32>);
        match (numbers.next()?.ok()?, numbers.next()?.ok()?) {
            (4, 2..=4) => Some(Layout { host: &HOST, service: &SERVICE, is_volatile: 140 }),
            (4, 5) => Some(Layout {
                host: &const { HOST.of_4_5() },
                service: &const { SERVICE.of_4_5() },
                is_volatile: 148,
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

/// Defines [`Offsets`], and what they are in a host and in a service of Nagios 4.4.
macro_rules! offsets {
    ($($field:ident: $host:literal, $service:literal;)*) => {
        /// Where the fields of a `host` or `service` stand, in bytes from its start.
        #[derive(Clone, Copy)]
        pub(super) struct Offsets {
            $(pub(super) $field: usize,)*
            pub(super) next: usize,
        }

        const HOST: Offsets = Offsets { $($field: $host,)* next: 816 };
        const SERVICE: Offsets = Offsets { $($field: $service,)* next: 752 };

        impl Offsets {
            /// Nagios 4.5 put the pointer `event_handler_period` behind `event_handler` and another one among
            /// the pointers before `next`: a host takes 848 and a service 784 bytes.
            const fn of_4_5(self) -> Self {
                let gap = self.event_handler;
                Offsets { $($field: moved(self.$field, gap),)* next: self.next + 16 }
            }
        }
    };
}

// Measured with `offsetof` on Nagios 4.4.6 (x86_64), where a host takes 832 and a service 768 bytes.
offsets! {
    check_interval: 80, 72;
    retry_interval: 88, 80;
    max_attempts: 96, 88;
    event_handler: 104, 56;
    contact_groups: 112, 96;
    contacts: 120, 104;
    notification_interval: 128, 112;
    first_notification_delay: 136, 120;
    notification_period: 152, 144;
    check_period: 160, 152;
    flap_detection_enabled: 168, 160;
    check_freshness: 200, 192;
    freshness_threshold: 204, 196;
    checks_enabled: 212, 208;
    accept_passive_checks: 224, 200;
    event_handler_enabled: 228, 204;
    custom_variables: 352, 280;
    acknowledged: 360, 288;
    acknowledgement_type: 364, 292;
    check_type: 368, 300;
    current_state: 372, 304;
    plugin_output: 384, 320;
    long_plugin_output: 392, 328;
    perf_data: 400, 336;
    state_type: 408, 344;
    current_attempt: 412, 376;
    latency: 448, 512;
    execution_time: 456, 520;
    notifications_enabled: 472, 232;
    last_notification: 480, 416;
    next_check: 496, 352;
    last_check: 512, 368;
    last_state_change: 520, 440;
    last_hard_state_change: 528, 448;
    has_been_checked: 560, 488;
    notification_number: 572, 500;
    downtime_depth: 596, 536;
    is_flapping: 704, 632;
    percent_state_change: 720, 648;
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
