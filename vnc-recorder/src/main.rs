//! `vnc-recorder`: consoles in the browser, each session recorded.

use std::process::ExitCode;

fn main() -> ExitCode {
    match vnc_recorder::command() {
        Ok(false) => exporter_kit::main(vnc_recorder::ABOUT, vnc_recorder::run),
        Ok(true) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
