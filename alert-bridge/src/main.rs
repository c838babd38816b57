//! `alert-bridge`: Alertmanager's notifications to people's phones and to a live web feed.

use std::process::ExitCode;

fn main() -> ExitCode {
    exporter_kit::main(alert_bridge::ABOUT, alert_bridge::run)
}
