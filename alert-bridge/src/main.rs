//! `alert-bridge`: Alertmanager's notifications to people's phones and to a live web feed.

use std::process::ExitCode;

fn main() -> ExitCode {
    match access::hash_password_command() {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    }
    exporter_kit::main(alert_bridge::ABOUT, alert_bridge::run)
}
