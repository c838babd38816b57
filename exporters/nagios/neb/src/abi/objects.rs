//! Nagios' own `host`, `service`, group and member structs, read field by field at measured offsets.
//!
//! Names, parents and commands stand alike in all versions; for the rest see [`layout`](super::layout).
//!
//! Nothing here outlives the callback in which it was made: Nagios frees objects at a reload and strings at
//! each check.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;

use nagios_event::{Downtime, Flags, State};

use super::layout::{Kind, Layout};

/// An object's place in Nagios' arrays; not the same after a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId {
    pub(crate) kind: Kind,
    pub(crate) index: usize,
}

impl ObjectId {
    /// As one word; never 0.
    pub(crate) fn to_word(self) -> u64 {
        (self.index as u64 + 1) << 1 | u64::from(self.kind == Kind::Service)
    }

    /// The object of a word of [`ObjectId::to_word`].
    pub(crate) fn of_word(word: u64) -> Option<ObjectId> {
        let kind = if word & 1 == 0 { Kind::Host } else { Kind::Service };
        Some(ObjectId { kind, index: (word >> 1).checked_sub(1)? as usize })
    }
}

/// A host or service in Nagios' memory.
#[derive(Clone, Copy)]
pub(crate) struct Object<'a> {
    at: *const u8,
    kind: Kind,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Object<'a> {
    /// # Safety
    /// `at` is null, or points to a `host` or `service` (as `kind` says) that Nagios keeps during `'a`.
    pub(super) unsafe fn at(at: *const c_void, kind: Kind) -> Option<Object<'a>> {
        (!at.is_null()).then_some(Object { at: at.cast(), kind, lifetime: PhantomData })
    }

    pub(crate) fn id(self) -> ObjectId {
        ObjectId { kind: self.kind, index: self.field::<c_uint>(0) as usize }
    }

    /// The host's own name, or that of the service's host.
    pub(crate) fn host_name(self) -> &'a [u8] {
        self.text(8)
    }

    /// Empty for a host.
    pub(crate) fn service_description(self) -> &'a [u8] {
        match self.kind {
            Kind::Host => b"",
            Kind::Service => self.text(16),
        }
    }

    /// What people are shown; Nagios sets it to the name where none is configured.
    pub(crate) fn display_name(self) -> &'a [u8] {
        match self.kind {
            Kind::Host => self.text(16),
            Kind::Service => self.text(24),
        }
    }

    /// A host's alias.
    pub(crate) fn alias(self) -> &'a [u8] {
        match self.kind {
            Kind::Host => self.text(24),
            Kind::Service => b"",
        }
    }

    /// A host's address.
    pub(crate) fn address(self) -> &'a [u8] {
        match self.kind {
            Kind::Host => self.text(32),
            Kind::Service => b"",
        }
    }

    /// Command with arguments.
    pub(crate) fn check_command(self) -> &'a [u8] {
        match self.kind {
            Kind::Host => self.text(64),
            Kind::Service => self.text(48),
        }
    }

    /// Names of a host's parents.
    pub(crate) fn parents(self) -> impl Iterator<Item = &'a [u8]> {
        let first = match self.kind {
            Kind::Host => self.field::<*const c_void>(40),
            Kind::Service => std::ptr::null(),
        };
        Member::chain(first, MemberKind::Named).map(Member::name)
    }

    /// Name of the period in which notifications go out; empty for always.
    pub(crate) fn notification_period(self, layout: Layout) -> &'a [u8] {
        self.text(layout.offsets(self.kind).notification_period)
    }

    /// Name of the period in which checks run; empty for always.
    pub(crate) fn check_period(self, layout: Layout) -> &'a [u8] {
        self.text(layout.offsets(self.kind).check_period)
    }

    /// Attempts until a problem is hard.
    pub(crate) fn max_attempts(self, layout: Layout) -> u16 {
        clamped(self.field(layout.offsets(self.kind).max_attempts))
    }

    /// `freshness_threshold` in seconds.
    pub(crate) fn freshness_threshold(self, layout: Layout) -> u32 {
        let seconds: c_int = self.field(layout.offsets(self.kind).freshness_threshold);
        seconds.try_into().unwrap_or(0)
    }

    /// In units of Nagios' `interval_length`.
    pub(crate) fn intervals(self, layout: Layout) -> Intervals {
        let at = layout.offsets(self.kind);
        Intervals {
            check: self.field(at.check_interval),
            retry: self.field(at.retry_interval),
            notification: self.field(at.notification_interval),
            first_notification_delay: self.field(at.first_notification_delay),
        }
    }

    /// Names of the contacts that the object has itself.
    pub(crate) fn contacts(self, layout: Layout) -> impl Iterator<Item = &'a [u8]> {
        let first = self.field(layout.offsets(self.kind).contacts);
        Member::chain(first, MemberKind::Named).map(Member::name)
    }

    /// Names of its contact groups.
    pub(crate) fn contact_groups(self, layout: Layout) -> impl Iterator<Item = &'a [u8]> {
        let first = self.field(layout.offsets(self.kind).contact_groups);
        Member::chain(first, MemberKind::Named).map(Member::name)
    }

    /// Custom variables: name without the underscore, in capitals as Nagios keeps it, and value.
    pub(crate) fn variables(self, layout: Layout) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        chain(self.field(layout.offsets(self.kind).custom_variables), 24).map(|at| {
            // SAFETY: a `customvariablesmember` begins with two strings that stay until the next reload.
            unsafe {
                let strings = at.cast::<*const c_char>();
                (text(strings.read()), text(strings.add(1).read()))
            }
        })
    }

    /// Notifications sent for the current problem.
    pub(crate) fn notification_number(self, layout: Layout) -> u32 {
        let number: c_int = self.field(layout.offsets(self.kind).notification_number);
        number.try_into().unwrap_or(0)
    }

    /// Whether Nagios' list goes from this object to `next`, as it does when the layout is right: the list's
    /// pointer is the last field that a new one would move.
    pub(super) fn is_followed_by(self, next: Option<Object<'_>>, layout: Layout) -> bool {
        let expected = next.map_or(std::ptr::null(), |object| object.at);
        self.field::<*const u8>(layout.offsets(self.kind).next) == expected
    }

    /// The whole state; `notifications` is Nagios' program-wide switch.
    pub(crate) fn state(self, layout: Layout, notifications: bool) -> State<&'a [u8]> {
        let at = layout.offsets(self.kind);
        let number = |offset| self.field::<c_int>(offset);
        let on = |offset| number(offset) != 0;
        State {
            host: self.host_name(),
            service: self.service_description(),
            state: number(at.current_state) as u8,
            flags: Flags::LAYOUT_KNOWN
                .with(Flags::CHECKED, on(at.has_been_checked))
                .with(Flags::HARD, number(at.state_type) == 1)
                .with(Flags::ACKNOWLEDGED, on(at.acknowledged))
                .with(Flags::FLAPPING, on(at.is_flapping))
                .with(Flags::NOTIFICATIONS, notifications && on(at.notifications_enabled))
                .with(Flags::ACTIVE_CHECKS, on(at.checks_enabled))
                .with(Flags::PASSIVE_CHECKS, on(at.accept_passive_checks))
                .with(Flags::PASSIVE_RESULT, number(at.check_type) == 1)
                .with(Flags::STICKY, number(at.acknowledgement_type) == 2)
                .with(Flags::EVENT_HANDLER, on(at.event_handler_enabled))
                .with(Flags::FLAP_DETECTION, on(at.flap_detection_enabled))
                .with(Flags::FRESHNESS, on(at.check_freshness))
                .with(Flags::VOLATILE, self.kind == Kind::Service && on(layout.is_volatile)),
            attempt: clamped(number(at.current_attempt)),
            max_attempts: clamped(number(at.max_attempts)),
            downtime_depth: clamped(number(at.downtime_depth)),
            notification_number: self.notification_number(layout),
            last_check: self.field(at.last_check),
            next_check: self.field(at.next_check),
            last_state_change: self.field(at.last_state_change),
            last_hard_state_change: self.field(at.last_hard_state_change),
            last_notification: self.field(at.last_notification),
            latency: self.field(at.latency),
            execution_time: self.field(at.execution_time),
            percent_state_change: self.field(at.percent_state_change),
            output: self.text(at.plugin_output),
            long_output: self.text(at.long_plugin_output),
            perfdata: self.text(at.perf_data),
        }
    }

    fn field<T: Copy>(self, offset: usize) -> T {
        // SAFETY: `Object::at`'s caller vouches for the struct; the offsets were measured on it, and the
        // layout in use was chosen by Nagios' version and checked against its lists.
        unsafe { self.at.add(offset).cast::<T>().read_unaligned() }
    }

    fn text(self, offset: usize) -> &'a [u8] {
        // SAFETY: as above; a string of an object is null or ends in NUL, and stays for the callback.
        unsafe { text(self.field(offset)) }
    }
}

/// A `contact`.
#[derive(Clone, Copy)]
pub(crate) struct Contact<'a> {
    at: *const u8,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Contact<'a> {
    /// # Safety
    /// `at` is null, or points to a `contact` that Nagios keeps during `'a`.
    pub(super) unsafe fn at(at: *const c_void) -> Option<Contact<'a>> {
        (!at.is_null()).then_some(Contact { at: at.cast(), lifetime: PhantomData })
    }

    pub(crate) fn name(self) -> &'a [u8] {
        // SAFETY: `Contact::at`'s caller vouches for the struct; id, name and alias come first in it.
        unsafe { text(self.at.add(8).cast::<*const c_char>().read()) }
    }

    pub(crate) fn alias(self) -> &'a [u8] {
        // SAFETY: as above.
        unsafe { text(self.at.add(16).cast::<*const c_char>().read()) }
    }
}

/// How often things happen to an object, in units of Nagios' `interval_length`.
pub(crate) struct Intervals {
    pub(crate) check: f64,
    pub(crate) retry: f64,
    pub(crate) notification: f64,
    pub(crate) first_notification_delay: f64,
}

/// The members of a group, the parents of a host, or the contacts and contact groups of an object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberKind {
    /// `hostsmember`, `contactsmember`, `contactgroupsmember`: name, pointer, next.
    Named,
    /// `servicesmember`: two names, pointer, next.
    Service,
}

/// One entry of a members list.
#[derive(Clone, Copy)]
pub(crate) struct Member<'a> {
    at: *const u8,
    kind: MemberKind,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Member<'a> {
    pub(crate) fn name(self) -> &'a [u8] {
        // SAFETY: every member begins with a name, of its host where it is a service, which Nagios keeps until the next reload.
        unsafe { text(self.at.cast::<*const c_char>().read()) }
    }

    /// Empty but in a service group.
    pub(crate) fn service_description(self) -> &'a [u8] {
        match self.kind {
            MemberKind::Named => b"",
            // SAFETY: as above; the second field of a `servicesmember`.
            MemberKind::Service => unsafe { text(self.at.add(8).cast::<*const c_char>().read()) },
        }
    }

    fn chain(first: *const c_void, kind: MemberKind) -> impl Iterator<Item = Member<'a>> {
        let next_at = match kind {
            MemberKind::Named => 16,
            MemberKind::Service => 24,
        };
        chain(first, next_at).map(move |at| Member { at, kind, lifetime: PhantomData })
    }
}

/// A `hostgroup`, `servicegroup` or `contactgroup`: they begin alike.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    at: *const u8,
    kind: MemberKind,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Group<'a> {
    /// # Safety
    /// `first` is null or the first of Nagios' list of host groups or service groups, whose members are of
    /// this kind.
    pub(super) unsafe fn chain(
        first: *const c_void,
        kind: MemberKind,
    ) -> impl Iterator<Item = Group<'a>> {
        chain(first, 56).map(move |at| Group { at, kind, lifetime: PhantomData })
    }

    /// # Safety
    /// `first` is null or the first of Nagios' list of contact groups.
    pub(super) unsafe fn contact_groups(first: *const c_void) -> impl Iterator<Item = Group<'a>> {
        chain(first, 32).map(|at| Group { at, kind: MemberKind::Named, lifetime: PhantomData })
    }

    pub(crate) fn name(self) -> &'a [u8] {
        // SAFETY: `Group::chain`'s caller vouches for the struct; offsets measured as above.
        unsafe { text(self.at.add(8).cast::<*const c_char>().read()) }
    }

    pub(crate) fn alias(self) -> &'a [u8] {
        // SAFETY: as above.
        unsafe { text(self.at.add(16).cast::<*const c_char>().read()) }
    }

    pub(crate) fn members(self) -> impl Iterator<Item = Member<'a>> {
        // SAFETY: as above.
        Member::chain(unsafe { self.at.add(24).cast::<*const c_void>().read() }, self.kind)
    }
}

/// Nagios' list of downtimes. Nothing of it when its links are not where they were measured: each `next` is
/// answered by a `prev`, and that field is the last.
///
/// # Safety
/// `first` is null or the first `scheduled_downtime` of Nagios' list, valid during `'a`.
pub(super) unsafe fn downtimes<'a>(first: *const c_void) -> Vec<Downtime<&'a [u8]>> {
    let mut before = std::ptr::null();
    let mut downtimes = Vec::new();
    for at in chain(first, 128) {
        // SAFETY: the caller's promise; offsets measured with `offsetof` on Nagios 4.4.6, where the struct
        // takes 160 bytes.
        unsafe {
            if at.add(152).cast::<*const u8>().read() != before {
                return Vec::new();
            }
            let string = |offset| text(at.add(offset).cast::<*const c_char>().read());
            let number = |offset| at.add(offset).cast::<i64>().read();
            let switch = |offset| at.add(offset).cast::<c_int>().read() != 0;
            downtimes.push(Downtime {
                id: number(80).cast_unsigned(),
                host: string(8),
                service: string(16),
                author: string(96),
                comment: string(104),
                entered: number(24),
                start: number(32),
                end: number(48),
                fixed: switch(56),
                duration: number(72).cast_unsigned(),
                triggered_by: number(64).cast_unsigned(),
                in_effect: switch(88),
            });
        }
        before = at;
    }
    downtimes
}

/// Follows the `next` pointers of a list that Nagios built.
fn chain(first: *const c_void, next_at: usize) -> impl Iterator<Item = *const u8> {
    let link = |at: *const u8| (!at.is_null()).then_some(at);
    std::iter::successors(link(first.cast()), move |at| {
        // SAFETY: the private callers pass lists of Nagios and the measured place of their `next`.
        link(unsafe { at.add(next_at).cast::<*const u8>().read() })
    })
}

/// The bytes of a C string, empty for null.
///
/// # Safety
/// `at` is null, or a C string that stays during `'a`.
pub(super) unsafe fn text<'a>(at: *const c_char) -> &'a [u8] {
    if at.is_null() {
        return b"";
    }
    // SAFETY: the caller's promise.
    unsafe { CStr::from_ptr(at) }.to_bytes()
}

/// Attempts and depths, which are small and not negative.
pub(super) fn clamped(number: c_int) -> u16 {
    number.clamp(0, u16::MAX.into()) as u16
}
