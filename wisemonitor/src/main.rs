//! The operator's command: starts the whole suite on one machine, shows it, and breaks it on request.

mod check;
mod cli;
mod component;
mod control;
mod host;
mod http;
mod lab;
mod ports;
mod program;
mod site;
mod suite;
mod supervise;
mod table;
mod traffic;
mod up;
mod vm_alarm;

fn main() -> std::process::ExitCode {
    cli::main()
}
