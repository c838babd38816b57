//! The `xenserver-exporter` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    exporter_kit::main(xenserver_exporter::ABOUT, xenserver_exporter::run)
}
