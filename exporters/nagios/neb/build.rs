//! Keeps the module in memory for the life of Nagios: SIGHUP makes Nagios `dlclose` it while its thread
//! runs, and unmapping code under a running thread is a crash.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    // The bench stands in for Nagios, and the module looks Nagios' symbols up in the executable.
    println!("cargo:rustc-link-arg-benches=-rdynamic");
}
