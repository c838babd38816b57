// Follows a pool with npm's xen-api: logs in at an address that may be a slave's, reads all VMs and hosts, and waits
// until the VM of a name runs on another host.
//
// Arguments: address with port, transport, name of the VM. Says one JSON object when it has read everything, and one
// when the VM has moved.

import { createClient } from 'xen-api'

const [, , address, transport, name] = process.argv
const pool = createClient({
  url: `https://${address}`,
  auth: { user: 'root', password: 'lab' },
  transport,
  watchEvents: ['VM', 'host', 'pool'],
})
await pool.connect()
await pool.objectsFetched

const all = type => Object.values(pool.objects.all).filter(object => object.$type === type)
const home = () => all('VM').find(vm => vm.name_label === name).$resident_on.name_label
const before = home()
console.log(JSON.stringify({
  hosts: all('host').map(host => host.name_label).sort(),
  running: all('VM').filter(vm => vm.power_state === 'Running' && !vm.is_control_domain).length,
  pool: pool.pool.name_label,
}))
pool.objects.on('update', () => {
  if (home() !== before) {
    console.log(JSON.stringify({ before, after: home() }))
    process.exit(0)
  }
})
