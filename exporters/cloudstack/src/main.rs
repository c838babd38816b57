//! The `cloudstack-exporter` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    exporter_kit::main(cloudstack_exporter::ABOUT, cloudstack_exporter::run)
}
