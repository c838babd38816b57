"""Reads the lab's cloud with cs and says in JSON what it saw: URL, key and secret are its arguments."""

import json
import sys

from cs import CloudStack, CloudStackApiException

endpoint, key, secret = sys.argv[1:]
cloud = CloudStack(endpoint=endpoint, key=key, secret=secret, poll_interval=0.2)
everything = {"listall": True, "projectid": "-1"}
vms = cloud.listVirtualMachines(fetch_list=True, **everything)
by_post = CloudStack(endpoint=endpoint, key=key, secret=secret, method="post")
running = next(vm for vm in vms if vm["state"] == "Running")
cloud.stopVirtualMachine(id=running["id"], fetch_result=True)
after = cloud.listVirtualMachines(id=running["id"], **everything)
try:
    cloud.listNothing()
    refused = None
except CloudStackApiException as error:
    refused = error.error["errorcode"]
print(json.dumps({
    "zones": [zone["name"] for zone in cloud.listZones()["zone"]],
    "vms": len({vm["id"] for vm in vms}),
    "posted": len(by_post.listVirtualMachines(fetch_list=True, **everything)),
    "stopped": after["virtualmachine"][0]["state"],
    "refused": refused,
}))
