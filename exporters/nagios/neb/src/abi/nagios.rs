//! Nagios' exported functions and variables, found by name when the module starts.
//!
//! All of it belongs to Nagios' main thread; the raw pointers keep [`Nagios`] off any other.

use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::fmt;

use nagios_event::Downtime;

use super::layout::{Kind, Layout};
use super::objects::{Contact, Group, MemberKind, Object, downtimes, text};

/// What Nagios calls: the callback's type and its record.
pub(super) type Callback = extern "C" fn(c_int, *mut c_void) -> c_int;

/// A symbol that this Nagios does not export.
#[derive(Debug)]
pub(crate) struct MissingSymbol(&'static CStr);

impl fmt::Display for MissingSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MissingSymbol(name) = self;
        write!(
            f,
            "Nagios exports no symbol {}, expected Nagios Core 4.2 to 4.5",
            name.to_string_lossy()
        )
    }
}

/// The running Nagios.
pub(crate) struct Nagios {
    version: String,
    /// Known only once [`Nagios::check_layout`] has found the version's layout to be true.
    layout: Option<Layout>,
    register_callback: unsafe extern "C" fn(c_int, *mut c_void, c_int, Callback) -> c_int,
    find_timeperiod: unsafe extern "C" fn(*const c_char) -> *mut c_void,
    check_time_against_period: unsafe extern "C" fn(i64, *mut c_void) -> c_int,
    event_broker_options: *const c_int,
    enable_notifications: *const c_int,
    num_objects: *const ObjectCount,
    host_ary: *const *const *const c_void,
    service_ary: *const *const *const c_void,
    contact_ary: *const *const *const c_void,
    hostgroup_list: *const *const c_void,
    servicegroup_list: *const *const c_void,
    contactgroup_list: *const *const c_void,
    scheduled_downtime_list: *const *const c_void,
    interval_length: *const c_int,
    currently_running_host_checks: *const c_int,
    currently_running_service_checks: *const c_int,
}

impl Nagios {
    /// Looks up every symbol.
    ///
    /// # Errors
    /// The first that is missing.
    pub(crate) fn find() -> Result<Nagios, MissingSymbol> {
        // SAFETY: each symbol is given the type that Nagios 4.2 to 4.5 declares for it; a version string is
        // a constant of Nagios.
        unsafe {
            let program_version: unsafe extern "C" fn() -> *const c_char =
                symbol(c"get_program_version")?;
            let version = String::from_utf8_lossy(text(program_version())).into_owned();
            Ok(Nagios {
                layout: None,
                version,
                register_callback: symbol(c"neb_register_callback")?,
                find_timeperiod: symbol(c"find_timeperiod")?,
                check_time_against_period: symbol(c"check_time_against_period")?,
                event_broker_options: symbol(c"event_broker_options")?,
                enable_notifications: symbol(c"enable_notifications")?,
                num_objects: symbol(c"num_objects")?,
                host_ary: symbol(c"host_ary")?,
                service_ary: symbol(c"service_ary")?,
                hostgroup_list: symbol(c"hostgroup_list")?,
                contact_ary: symbol(c"contact_ary")?,
                servicegroup_list: symbol(c"servicegroup_list")?,
                contactgroup_list: symbol(c"contactgroup_list")?,
                scheduled_downtime_list: symbol(c"scheduled_downtime_list")?,
                interval_length: symbol(c"interval_length")?,
                currently_running_host_checks: symbol(c"currently_running_host_checks")?,
                currently_running_service_checks: symbol(c"currently_running_service_checks")?,
            })
        }
    }

    /// For example `4.4.6`.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Where objects keep their state, if that is known.
    pub(crate) fn layout(&self) -> Option<Layout> {
        self.layout
    }

    /// Compares the layout that the version promises with Nagios' own lists, when all objects are made. Until
    /// then, and where they disagree, no layout is known.
    pub(crate) fn check_layout(&mut self) {
        let holds = |layout: Layout, objects: Vec<Object<'_>>| {
            let followers = objects.iter().skip(1).copied().map(Some).chain([None]);
            objects.iter().zip(followers).all(|(object, next)| object.is_followed_by(next, layout))
        };
        self.layout = Layout::of_version(&self.version).filter(|layout| {
            holds(*layout, self.hosts().collect()) && holds(*layout, self.services().collect())
        });
    }

    /// Asks for callbacks of `kind`; whether Nagios agreed.
    pub(super) fn register(&self, kind: c_int, handle: *mut c_void, callback: Callback) -> bool {
        // SAFETY: the handle is the one that Nagios gave to this load of the module.
        unsafe { (self.register_callback)(kind, handle, 0, callback) == 0 }
    }

    /// The bits of `event_broker_options`.
    pub(crate) fn broker_options(&self) -> c_int {
        // SAFETY: a global `int` of Nagios, read on its main thread.
        unsafe { self.event_broker_options.read() }
    }

    /// The program-wide switch of notifications.
    pub(crate) fn notifications_enabled(&self) -> bool {
        // SAFETY: as above.
        unsafe { self.enable_notifications.read() != 0 }
    }

    /// Every host, by id.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = Object<'_>> {
        // SAFETY: the array holds as many hosts as `num_objects` counts, until the next reload.
        unsafe { objects(self.host_ary.read(), (*self.num_objects).hosts, Kind::Host) }
    }

    /// Every service, by id.
    pub(crate) fn services(&self) -> impl Iterator<Item = Object<'_>> {
        // SAFETY: as above.
        unsafe { objects(self.service_ary.read(), (*self.num_objects).services, Kind::Service) }
    }

    /// Every host group.
    pub(crate) fn host_groups(&self) -> impl Iterator<Item = Group<'_>> {
        // SAFETY: the head of Nagios' list of host groups.
        unsafe { Group::chain(self.hostgroup_list.read(), MemberKind::Named) }
    }

    /// Every service group.
    pub(crate) fn service_groups(&self) -> impl Iterator<Item = Group<'_>> {
        // SAFETY: the head of Nagios' list of service groups.
        unsafe { Group::chain(self.servicegroup_list.read(), MemberKind::Service) }
    }

    /// Every contact group.
    pub(crate) fn contact_groups(&self) -> impl Iterator<Item = Group<'_>> {
        // SAFETY: the head of Nagios' list of contact groups.
        unsafe { Group::contact_groups(self.contactgroup_list.read()) }
    }

    /// Every contact.
    pub(crate) fn contacts(&self) -> impl Iterator<Item = Contact<'_>> {
        // SAFETY: as for hosts.
        unsafe { pointers(self.contact_ary.read(), (*self.num_objects).contacts) }
            .filter_map(|at| unsafe { Contact::at(at) })
    }

    /// Every downtime that is scheduled or holds; none while the layout is not known.
    pub(crate) fn downtimes(&self) -> Vec<Downtime<&[u8]>> {
        if self.layout.is_none() {
            return Vec::new();
        }
        // SAFETY: the head of Nagios' list, read between two of its events.
        unsafe { downtimes(self.scheduled_downtime_list.read()) }
    }

    /// Seconds in a unit of an interval.
    pub(crate) fn interval_length(&self) -> f64 {
        // SAFETY: a global `int` of Nagios, read on its main thread.
        unsafe { self.interval_length.read() }.into()
    }

    /// How many checks of hosts and of services run now.
    pub(crate) fn running_checks(&self) -> (u32, u32) {
        // SAFETY: as above.
        let (hosts, services) = unsafe {
            (
                self.currently_running_host_checks.read(),
                self.currently_running_service_checks.read(),
            )
        };
        (hosts.try_into().unwrap_or(0), services.try_into().unwrap_or(0))
    }

    /// Whether a time period holds at `at` (seconds since the Unix epoch); `None` when there is none of
    /// that name.
    pub(crate) fn period_holds(&self, name: &CStr, at: i64) -> Option<bool> {
        // SAFETY: Nagios reads the name during the call; the period is used before anything could free it.
        unsafe {
            let period = (self.find_timeperiod)(name.as_ptr());
            (!period.is_null()).then(|| (self.check_time_against_period)(at, period) == 0)
        }
    }
}

/// Writes a line to Nagios' own log; on its main thread only. Silent when there is no such log.
pub(crate) fn log(line: &str) {
    const RUNTIME_WARNING: c_int = 2;
    type Logit = unsafe extern "C" fn(c_int, c_int, *const c_char, ...);
    // SAFETY: the type that Nagios declares; `%s` takes the one C string that follows.
    unsafe {
        let (Ok(logit), Ok(line)) =
            (symbol::<Logit>(c"logit"), CString::new(format!("nagios-neb: {line}")))
        else {
            return;
        };
        logit(RUNTIME_WARNING, 1, c"%s\n".as_ptr(), line.as_ptr());
    }
}

/// `struct object_count`.
#[repr(C)]
struct ObjectCount {
    commands: c_uint,
    timeperiods: c_uint,
    hosts: c_uint,
    host_escalations: c_uint,
    host_dependencies: c_uint,
    services: c_uint,
    service_escalations: c_uint,
    service_dependencies: c_uint,
    contacts: c_uint,
}

/// # Safety
/// `array` is null or holds `count` pointers to objects of this kind.
unsafe fn objects<'a>(
    array: *const *const c_void,
    count: c_uint,
    kind: Kind,
) -> impl Iterator<Item = Object<'a>> {
    // SAFETY: the caller's promise.
    unsafe { pointers(array, count) }.filter_map(move |at| unsafe { Object::at(at, kind) })
}

/// # Safety
/// `array` is null or holds `count` pointers.
unsafe fn pointers(
    array: *const *const c_void,
    count: c_uint,
) -> impl Iterator<Item = *const c_void> {
    let count = if array.is_null() { 0 } else { count as usize };
    // SAFETY: the caller's promise.
    (0..count).map(move |at| unsafe { array.add(at).read() })
}

/// # Safety
/// `T` is a pointer or function pointer of the type that the symbol has.
unsafe fn symbol<T: Copy>(name: &'static CStr) -> Result<T, MissingSymbol> {
    const { assert!(size_of::<T>() == size_of::<*mut c_void>()) };
    // SAFETY: `dlsym` takes any name; the caller vouches for the type, and null is never converted.
    unsafe {
        let found = libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr());
        if found.is_null() {
            return Err(MissingSymbol(name));
        }
        Ok(std::mem::transmute_copy(&found))
    }
}
