//! Sites: hosts with 20 services each. Nagios checks half of them every five minutes; the others take passive
//! results.

use crate::daemon::Setup;

/// Services of each host.
const SERVICES_EACH: usize = 20;

/// Those that Nagios checks itself.
const ACTIVE_EACH: usize = 10;

/// Those that take passive results.
pub(crate) const PASSIVE_EACH: usize = SERVICES_EACH - ACTIVE_EACH;

/// How often Nagios checks a service of its own, in seconds.
pub(crate) const CHECK_INTERVAL: usize = 300;

/// A Nagios with so many hosts, set as a large site sets it, and a service `probe` of host `web`.
pub(crate) fn setup(hosts: usize) -> Setup {
    let mut objects = "define hostgroup {\n hostgroup_name fleet\n}\n".to_owned();
    for host in 0..hosts {
        let name = host_name(host);
        objects += &format!(
            "define host {{\n use machine\n host_name {name}\n address 192.0.2.9\n hostgroups fleet\n}}\n"
        );
    }
    for number in 0..SERVICES_EACH {
        let name = service_name(number);
        let active = match number {
            ..ACTIVE_EACH => {
                format!(" active_checks_enabled 1\n check_interval {CHECK_INTERVAL}\n")
            }
            _ => String::new(),
        };
        objects += &format!(
            "define service {{\n use passive\n hostgroup_name fleet\n service_description {name}\n{active}}}\n"
        );
    }
    Setup::new()
        .passive_service("probe")
        .objects(&objects)
        .setting("log_service_retries=1")
        .setting("status_update_interval=10")
        .setting("service_inter_check_delay_method=s")
}

/// Host and service of each passive service of a site with so many hosts, again and again.
pub(crate) fn passive(hosts: usize, number: usize) -> (String, String) {
    // A step without a common divisor visits each host in turn, far from the one before.
    let host = number * 7919 % hosts;
    (host_name(host), service_name(ACTIVE_EACH + number / hosts % PASSIVE_EACH))
}

/// All services of a site with so many hosts.
pub(crate) fn services(hosts: usize) -> impl Iterator<Item = (String, String)> {
    let each = move |number| (0..hosts).map(move |host| (host_name(host), service_name(number)));
    (0..SERVICES_EACH).flat_map(each)
}

fn host_name(number: usize) -> String {
    format!("host-{number:04}.example.com")
}

fn service_name(number: usize) -> String {
    format!("check-{number:02}")
}
