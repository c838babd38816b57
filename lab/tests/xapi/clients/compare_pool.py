"""Compares a pool, read with PyPI's XenAPI, with the database file that it was made from.

Arguments: address of the master with port, file. Prints the number of hosts and of VMs; ends with 1 at a difference.
"""

import sys
import xml.etree.ElementTree

import XenAPI

FIELDS = {
    "host": ["uuid", "name_label", "hostname", "enabled"],
    "VM": [
        "uuid", "name_label", "power_state", "resident_on", "is_a_template", "is_a_snapshot",
        "is_control_domain", "VCPUs_max", "memory_static_max", "domid",
    ],
}


def rows(path):
    """The rows of the file: class, reference, attributes."""
    for table in xml.etree.ElementTree.parse(path).getroot().findall("table"):
        for row in table.findall("row"):
            yield table.get("name"), row.get("ref"), row.attrib


def main():
    address, path = sys.argv[1:]
    session = XenAPI.Session(f"https://{address}")
    session.xenapi.login_with_password("root", "lab", "1.0", "compare_pool")
    served = {name: getattr(session.xenapi, name).get_all_records() for name in FIELDS}
    expected = {name: {} for name in FIELDS}
    for name, reference, attributes in rows(path):
        if name in FIELDS:
            expected[name][reference] = attributes
    for name, fields in FIELDS.items():
        assert served[name].keys() == expected[name].keys(), name
        for reference, attributes in expected[name].items():
            for field in fields:
                # Names are kept with two underscores in place of one; blanks in texts are not compared.
                text = next(
                    (value for key, value in attributes.items() if key.replace("__", "_") == field), None)
                came = served[name][reference].get(field)
                came = str(came).lower() if isinstance(came, bool) else came
                if text is not None and "%" not in text:
                    assert came == text, (name, reference, field, came, text)
        print(name, len(served[name]))


main()
