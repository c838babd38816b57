//! Time that one service check costs Nagios' main thread inside the module's callback.
//!
//! This program stands in for Nagios: it exports the symbols that the module looks up, loads the module
//! that was built with it, and calls the registered callback as Nagios would, while a reader at the other
//! end takes everything. Prints `neb_callback_p50_us` and `neb_callback_p99_us` of calls at 20 to 100 us
//! from each other.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::hint::{black_box, spin_loop};
use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::time::{Duration, Instant};

use nagios_event::{Ack, Event, Frame, Split, encode, split};

const SERVICES: usize = 1000;
const CALLS: usize = 200_000;

const SERVICE_CHECK: c_int = 6;

type Callback = extern "C" fn(c_int, *mut c_void) -> c_int;

fn main() {
    // `cargo test --benches` and `cargo bench` both run this; only the latter measures.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("neb.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    std::thread::spawn(move || read_all(listener.accept().expect("the module connects").0));

    let mut services: Vec<Service> = (0..SERVICES).map(Service::new).collect();
    let chain: Vec<_> = services.iter().map(|service| service.words.as_ptr()).collect();
    for (service, next) in services.iter_mut().zip(chain.iter().skip(1)) {
        service.words[752 / 8] = *next as u64;
    }
    service_ary.store(chain.as_ptr().cast_mut().cast(), Ordering::Release);
    load(&socket);
    let callback = registered(SERVICE_CHECK);
    process_event(104);
    process_event(105);

    let mut best = (f64::MAX, f64::MAX);
    for _ in 0..3 {
        let hot = percentiles(|n| services[n % 8].check(callback));
        let mut seed = 1_u64;
        let spaced = percentiles(|n| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let until = Instant::now() + Duration::from_micros(20 + (seed >> 33) % 80);
            while Instant::now() < until {
                spin_loop();
            }
            services[n * 7 % SERVICES].check(callback)
        });
        eprintln!("hot: p50 {:.3} us, p99 {:.3} us", hot.0, hot.1);
        eprintln!("spaced: p50 {:.3} us, p99 {:.3} us", spaced.0, spaced.1);
        best = (best.0.min(spaced.0), best.1.min(spaced.1));
    }
    println!("neb_callback_p50_us {:.3}", best.0);
    println!("neb_callback_p99_us {:.3}", best.1);
}

/// p50 and p99 in microseconds.
fn percentiles(mut call: impl FnMut(usize) -> Duration) -> (f64, f64) {
    let mut took: Vec<_> = (0..CALLS).map(&mut call).collect();
    took.sort_unstable();
    let at = |percent: usize| took[CALLS * percent / 100].as_secs_f64() * 1e6;
    (at(50), at(99))
}

/// The exporter's part: reads and acknowledges.
fn read_all(mut stream: UnixStream) {
    let (mut input, mut bytes, mut out) = (Vec::new(), vec![0; 1 << 16], [0; 64]);
    while let Ok(size @ 1..) = stream.read(&mut bytes) {
        input.extend_from_slice(&bytes[..size]);
        let (mut used, mut newest) = (0, None);
        while let Ok(Split::Frame(frame, size)) = split(&input[used..]) {
            used += size;
            if let Ok(Frame::Event(Event { epoch, seq, .. })) = frame {
                newest = Some((epoch, seq));
            }
        }
        input.drain(..used);
        if let Some((epoch, seq)) = newest {
            let size =
                encode(&mut out, &Frame::Ack(Ack { epoch, seq })).expect("room for a number");
            _ = stream.write_all(&out[..size]);
        }
    }
}

/// A `service` of Nagios 4.4.6, as words and the strings that it points to.
struct Service {
    words: Box<[u64; 96]>,
    host_name: CString,
    description: CString,
    output: CString,
    perfdata: CString,
}

impl Service {
    fn new(id: usize) -> Service {
        let mut words = Box::new([0; 96]);
        words[0] = id as u64;
        let text = |text: String| CString::new(text).expect("no NUL in it");
        let output =
            "HTTP OK: HTTP/1.1 200 OK - 61284 bytes in 0.004 second response time, all well";
        let mut service = Service {
            words,
            host_name: text(format!("web-{:03}.example.org", id / 10)),
            description: text(format!("http-{}", id % 10)),
            output: text(output.to_owned()),
            perfdata: text(String::new()),
        };
        service.process();
        service
    }

    /// Does what Nagios does with a result right before it tells the module: names compared to find the
    /// service, new strings, new numbers.
    fn process(&mut self) {
        let names = self.host_name.to_bytes().iter().chain(self.description.to_bytes());
        black_box(names.fold(0_u32, |hash, byte| hash.wrapping_mul(31) + u32::from(*byte)));
        self.output = CString::new(self.output.to_bytes()).expect("no NUL in it");
        let perfdata = "time=0.004182s;1.000000;2.000000;0.000000;10.000000 size=61284B;;;0";
        self.perfdata = CString::new(perfdata).expect("no NUL in it");
        for (offset, text) in [
            (8, &self.host_name),
            (16, &self.description),
            (48, &self.description),
            (320, &self.output),
            (336, &self.perfdata),
        ] {
            self.words[offset / 8] = text.as_ptr() as u64;
        }
        for offset in [88, 200, 208, 232, 304, 344, 352, 368, 376, 440, 448, 488, 512, 520, 632] {
            self.words[offset / 8] = self.words[offset / 8].wrapping_add(1);
        }
    }

    /// The time that Nagios waits for the module when it has processed a result.
    fn check(&mut self, callback: Callback) -> Duration {
        self.process();
        // A `nebstruct_service_check_data` of kind 701, which Nagios makes on its stack.
        let mut record = [0_u64; 25];
        record[0] = 701;
        record[2] = 1_700_000_000;
        (record[4], record[5]) = (self.words[1], self.words[2]);
        (record[20], record[22]) = (self.words[40], self.words[42]);
        record[24] = self.words.as_ptr() as u64;
        let start = Instant::now();
        callback(SERVICE_CHECK, record.as_mut_ptr().cast());
        start.elapsed()
    }
}

fn process_event(kind: u64) {
    let mut record = [kind, 0, 1_700_000_000, 0];
    registered(0)(0, record.as_mut_ptr().cast());
}

/// Loads the module as Nagios does.
fn load(socket: &Path) {
    let program = std::env::current_exe().expect("a path");
    let module = program.with_file_name("libnagios_neb.so");
    let module = CString::new(module.into_os_string().into_encoded_bytes()).expect("no NUL in it");
    let arguments = CString::new(format!("socket={}", socket.display())).expect("no NUL in it");
    type Init = unsafe extern "C" fn(c_int, *const c_char, *mut c_void) -> c_int;
    // SAFETY: the module's interface is Nagios'; `Init` is the type of `nebmodule_init`.
    unsafe {
        let handle = libc::dlopen(module.as_ptr(), libc::RTLD_NOW | libc::RTLD_GLOBAL);
        assert!(!handle.is_null(), "{:?}", CStr::from_ptr(libc::dlerror()));
        let init = libc::dlsym(handle, c"nebmodule_init".as_ptr());
        assert!(!init.is_null(), "the module has no nebmodule_init");
        let init: Init = std::mem::transmute(init);
        assert_eq!(init(0, arguments.as_ptr(), handle), 0);
    }
}

fn registered(kind: c_int) -> Callback {
    let callback = CALLBACKS[kind as usize].load(Ordering::Acquire);
    assert!(!callback.is_null(), "callback {kind} was not registered");
    // SAFETY: only `neb_register_callback` stores there.
    unsafe { std::mem::transmute(callback) }
}

static CALLBACKS: [AtomicPtr<c_void>; 26] = [const { AtomicPtr::new(null_mut()) }; 26];

/// What Nagios exports; names and types are its own.
mod nagios {
    #![allow(non_upper_case_globals, reason = "the names are Nagios' own")]

    use super::*;

    #[unsafe(no_mangle)]
    pub(super) static event_broker_options: c_int = -1;
    #[unsafe(no_mangle)]
    pub(super) static enable_notifications: c_int = 1;
    #[unsafe(no_mangle)]
    pub(super) static num_objects: [u32; 12] = [0, 0, 0, 0, 0, SERVICES as u32, 0, 0, 0, 0, 0, 0];
    #[unsafe(no_mangle)]
    pub(super) static host_ary: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static service_ary: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static hostgroup_list: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static servicegroup_list: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static contact_ary: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static contactgroup_list: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static scheduled_downtime_list: AtomicPtr<c_void> = AtomicPtr::new(null_mut());
    #[unsafe(no_mangle)]
    pub(super) static interval_length: c_int = 60;
    #[unsafe(no_mangle)]
    pub(super) static currently_running_host_checks: c_int = 0;
    #[unsafe(no_mangle)]
    pub(super) static currently_running_service_checks: c_int = 0;

    #[unsafe(no_mangle)]
    pub(super) extern "C" fn get_program_version() -> *const c_char {
        c"4.4.6".as_ptr()
    }

    #[unsafe(no_mangle)]
    pub(super) extern "C" fn neb_register_callback(
        kind: c_int,
        _handle: *mut c_void,
        _priority: c_int,
        callback: *mut c_void,
    ) -> c_int {
        CALLBACKS[kind as usize].store(callback, Ordering::Release);
        0
    }

    #[unsafe(no_mangle)]
    pub(super) extern "C" fn find_timeperiod(_name: *const c_char) -> *mut c_void {
        null_mut()
    }

    #[unsafe(no_mangle)]
    pub(super) extern "C" fn check_time_against_period(_at: i64, _period: *mut c_void) -> c_int {
        0
    }

    /// Nagios' is variadic; the one argument behind the format is the line.
    #[unsafe(no_mangle)]
    pub(super) extern "C" fn logit(
        _kind: c_int,
        _display: c_int,
        _format: *const c_char,
        line: *const c_char,
    ) {
        // SAFETY: the module passes a C string.
        eprintln!("{}", unsafe { CStr::from_ptr(line) }.to_string_lossy());
    }
}
use nagios::service_ary;
