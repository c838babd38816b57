//! `alert-bridge`: Alertmanager's notifications to people's phones and to a live web feed.

use std::process::ExitCode;

fn main() -> ExitCode {
    match alert_bridge::command() {
        Ok(false) => exporter_kit::main(alert_bridge::ABOUT, alert_bridge::run),
        Ok(true) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
