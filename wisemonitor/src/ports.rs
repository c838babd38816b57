//! Whether the ports are free, asked before anything starts, so that the answer is one clear line.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener};

use anyhow::{Context as _, bail};

use crate::site::Port;

/// Checks that each port can be had on `address`.
///
/// # Errors
/// For the first that cannot: names it, who needs it, and an address where all are free.
pub(crate) fn ensure_free(address: Ipv4Addr, needed: &[(Port, &str)]) -> anyhow::Result<()> {
    for &(port, component) in needed {
        let place = SocketAddrV4::new(address, port as u16);
        match TcpListener::bind(place) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                let all_free =
                    |address: &Ipv4Addr| needed.iter().all(|&(port, _)| is_free(*address, port));
                let remedy =
                    match (1..=254).map(|last| Ipv4Addr::new(127, 0, 0, last)).find(all_free) {
                        Some(other) => format!("start on another address with --address {other}"),
                        None => "stop the program that has it on every address".into(),
                    };
                bail!(
                    "port {} on {address}, which {component} needs, is taken: {remedy}",
                    port as u16
                );
            }
            Err(error) => {
                return Err(error)
                    .with_context(|| format!("cannot listen on {place} for {component}"));
            }
        }
    }
    Ok(())
}

fn is_free(address: Ipv4Addr, port: Port) -> bool {
    TcpListener::bind((address, port as u16)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_names_itself_its_user_and_a_way_out() {
        let address = Ipv4Addr::new(127, 91, 17, 3);
        let needed = [(Port::AlertBridge, "alert-bridge"), (Port::Web, "web")];
        ensure_free(address, &needed).unwrap();
        let _taken = TcpListener::bind((address, Port::Web as u16)).unwrap();
        let error = ensure_free(address, &needed).unwrap_err().to_string();
        assert!(
            error.starts_with("port 10180 on 127.91.17.3, which web needs, is taken"),
            "{error}"
        );
        assert!(error.contains("--address 127.0.0."), "{error}");
    }
}
