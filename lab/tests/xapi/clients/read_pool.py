"""Reads a pool with PyPI's XenAPI: logs in at an address that may be a slave's, reads, and follows events.

Arguments: address with port. What it saw is one JSON object.
"""

import json
import sys

import XenAPI


def login(address):
    """Logs in, at the master if the address is not the master's. Returns also whether it was sent there."""
    session = XenAPI.Session(f"https://{address}")
    try:
        session.xenapi.login_with_password("root", "lab", "1.0", "read_pool")
        return session, False
    except XenAPI.Failure as failure:
        code, master = failure.details
        assert code == "HOST_IS_SLAVE", failure.details
        _, port = address.rsplit(":", 1)
        session, _ = login(f"{master}:{port}")
        return session, True


def main():
    session, redirected = login(sys.argv[1])
    api = session.xenapi
    machines = {
        ref: vm
        for ref, vm in api.VM.get_all_records().items()
        if not (vm["is_a_template"] or vm["is_control_domain"] or vm["is_a_snapshot"])
    }
    events_from = getattr(api.event, "from")
    first = events_from(["vm", "host"], "", 10.0)
    some = min(machines)
    api.VM.add_to_other_config(some, "read-by", "XenAPI")
    second = events_from(["vm"], first["token"], 10.0)
    api.VM.remove_from_other_config(some, "read-by")
    print(json.dumps({
        "redirected": redirected,
        "api_version": session.API_version,
        "hosts": sorted(host["name_label"] for host in api.host.get_all_records().values()),
        "running": sum(vm["power_state"] == "Running" for vm in machines.values()),
        "halted": sum(vm["power_state"] == "Halted" for vm in machines.values()),
        "added": sorted({(event["class"], event["operation"]) for event in first["events"]}),
        "changed": [
            [event["class"], event["operation"], event["ref"] == some, event["snapshot"]["other_config"].get("read-by")]
            for event in second["events"]
        ],
        "still_there": "read-by" in api.VM.get_other_config(some),
        "time": str(api.host.get_servertime(api.pool.get_master(api.pool.get_all()[0]))),
        "by_name": [ref == some for ref in api.VM.get_by_name_label(machines[some]["name_label"])],
    }))
    api.session.logout()


main()
