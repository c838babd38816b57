//! Nagios' own `host`, `service`, group and member structs, read field by field at measured offsets.
//!
//! Names, parents and commands stand alike in all versions; for the rest see [`layout`](super::layout).
//!
//! Nothing here outlives the callback in which it was made: Nagios frees objects at a reload and strings at
//! each check.

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;

use nagios_event::{Flags, State};

use super::layout::{Kind, Layout};

/// An object's place in Nagios' arrays; not the same after a reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ObjectId {
    pub(crate) kind: Kind,
    pub(crate) index: usize,
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
        Member::chain(first, MemberKind::Host).map(|member| member.host_name())
    }

    /// Name of the period in which notifications go out; empty for always.
    pub(crate) fn notification_period(self, layout: Layout) -> &'a [u8] {
        self.text(layout.offsets(self.kind).notification_period)
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
                .with(Flags::PASSIVE_RESULT, number(at.check_type) == 1),
            attempt: clamped(number(at.current_attempt)),
            max_attempts: clamped(number(at.max_attempts)),
            downtime_depth: clamped(number(at.downtime_depth)),
            notification_number: number(at.notification_number).try_into().unwrap_or(0),
            last_check: self.field(at.last_check),
            next_check: self.field(at.next_check),
            last_state_change: self.field(at.last_state_change),
            last_hard_state_change: self.field(at.last_hard_state_change),
            latency: self.field(at.latency),
            execution_time: self.field(at.execution_time),
            output: self.text(at.plugin_output),
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

/// The members of a group, or the parents of a host.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberKind {
    /// `hostsmember`: name, pointer, next.
    Host,
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
    pub(crate) fn host_name(self) -> &'a [u8] {
        // SAFETY: every member begins with the name of a host, which Nagios keeps until the next reload.
        unsafe { text(self.at.cast::<*const c_char>().read()) }
    }

    /// Empty in a host group.
    pub(crate) fn service_description(self) -> &'a [u8] {
        match self.kind {
            MemberKind::Host => b"",
            // SAFETY: as above; the second field of a `servicesmember`.
            MemberKind::Service => unsafe { text(self.at.add(8).cast::<*const c_char>().read()) },
        }
    }

    fn chain(first: *const c_void, kind: MemberKind) -> impl Iterator<Item = Member<'a>> {
        let next_at = match kind {
            MemberKind::Host => 16,
            MemberKind::Service => 24,
        };
        chain(first, next_at).map(move |at| Member { at, kind, lifetime: PhantomData })
    }
}

/// A `hostgroup` or `servicegroup`: both begin alike.
#[derive(Clone, Copy)]
pub(crate) struct Group<'a> {
    at: *const u8,
    kind: MemberKind,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Group<'a> {
    /// # Safety
    /// `first` is null or the first of Nagios' list of groups whose members are of this kind.
    pub(super) unsafe fn chain(
        first: *const c_void,
        kind: MemberKind,
    ) -> impl Iterator<Item = Group<'a>> {
        chain(first, 56).map(move |at| Group { at, kind, lifetime: PhantomData })
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
