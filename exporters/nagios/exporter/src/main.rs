//! The `nagios-exporter` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    exporter_kit::main(nagios_exporter::ABOUT, nagios_exporter::run)
}
