//! The `snmp-exporter` program: the service, or its subcommand `discover`.

use std::process::ExitCode;

use snmp_exporter::discover;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == discover::NAME) {
        return discover::main();
    }
    exporter_kit::main(snmp_exporter::ABOUT, snmp_exporter::run)
}
