//! Every metric family that the exporter has, with its help text: the one list of names, also for the
//! dashboards' generator.
//!
//! Series are joined by `pool` (the name in the configuration) and the UUID in `host`, `vm`, `sr`; names and all
//! other texts are in the `_info` families.

exporter_kit::families! {
    Gauge POOL_UP = "xen_pool_up", "Whether there is a session with the pool's master (1) or not (0)";
    Gauge POOL_FAILURE = "xen_pool_failure", "Why there is no session with the pool's master: 1 at the reason";
    Gauge POOL_CONNECTED_SINCE = "xen_pool_session_start_timestamp_seconds", "When the session with the master began";
    Counter MASTER_CHANGES = "xen_pool_master_changes_total", "How often another host became the master (pool.master)";
    Counter CALLS = "xen_pool_calls_total", "Remote calls made to the pool, logins included";
    Counter CALL_FAILURES = "xen_pool_call_failures_total", "Remote calls that got no answer of XAPI";
    Counter LOGINS = "xen_pool_logins_total", "Attempts to log in at the pool";
    Counter LOGIN_FAILURES = "xen_pool_login_failures_total", "Attempts to log in that gave no session";
    Counter REDIRECTS = "xen_pool_redirects_total", "Answers of members that named another master (HOST_IS_SLAVE)";
    Counter INVENTORIES = "xen_pool_inventories_total", "Whole inventories read (get_all_records)";
    Counter EVENT_BATCHES = "xen_pool_event_batches_total", "Answers of event.from";
    Counter RRD_REQUESTS = "xen_pool_rrd_requests_total", "Answers of rrd_updates asked for";
    Gauge HOST_UP = "xen_host_up", "Whether the host answered the last question for its measurements (rrd_updates): 1, or 0";
    Gauge HOST_SAMPLE_AGE = "xen_host_sample_age_seconds", "Age of the host's newest row of measurements (rrd_updates)";
    Gauge HOST_SAMPLE_TIME = "xen_host_sample_timestamp_seconds", "When the newest row of measurements on this page ended (rrd_updates)";
    Counter HOST_POLLS = "xen_host_polls_total", "How often the host was asked for its measurements (rrd_updates)";
    Counter HOST_POLL_FAILURES = "xen_host_poll_failures_total", "How often the host did not tell its measurements";
    Gauge ALERTMANAGER_UP = "xenserver_exporter_alertmanager_up", "Whether an Alertmanager accepts what it is told";
    Counter ALERTMANAGER_FAILURES = "xenserver_exporter_alertmanager_failures_total", "Calls to an Alertmanager that failed";
    Gauge ALERTMANAGER_ACTIVE = "xenserver_exporter_alertmanager_alerts_active", "Our alerts that an Alertmanager holds as active";
    Gauge ALERTMANAGER_PENDING = "xenserver_exporter_alertmanager_alerts_pending", "Alerts and ends that an Alertmanager has yet to be told of";

    Info POOL = "xen_pool_info", "Name (pool.name_label), UUID and description of the pool, and its master's UUID (pool.master)";
    Gauge POOL_MEMBERS = "xen_pool_members", "Hosts of the pool";
    Gauge POOL_HA_ENABLED = "xen_pool_ha_enabled", "Whether high availability is on (pool.ha_enabled)";
    Gauge POOL_HA_TOLERATED = "xen_pool_ha_host_failures_to_tolerate", "Failures of hosts that high availability is to bear (pool.ha_host_failures_to_tolerate)";
    Gauge POOL_HA_PLANNED = "xen_pool_ha_host_failures_planned", "Failures of hosts for which there is a plan (pool.ha_plan_exists_for)";
    Gauge POOL_HA_OVERCOMMITTED = "xen_pool_ha_overcommitted", "Whether more VMs are protected than can be (pool.ha_overcommitted)";
    Gauge MESSAGES = "xen_messages", "Messages that XAPI keeps, by name and priority, 1 the most urgent (message)";
    Gauge CERTIFICATE_EXPIRY = "xen_certificate_expiry_timestamp_seconds", "When a certificate ends (Certificate.not_after)";
    Gauge ALARM_THRESHOLD = "xen_alarm_threshold", "Level at which XAPI raises an alarm (other_config:perfmon alarm_trigger_level)";
    Gauge ALARM_PERIOD = "xen_alarm_period_seconds", "How long the level must be passed (other_config:perfmon alarm_trigger_period)";

    Info HOST = "xen_host_info", "Names and address of the host, its machine and versions (host, bios_strings, software_version)";
    Info HOST_CPU = "xen_host_cpu_info", "The host's processors (host.cpu_info)";
    Gauge HOST_MASTER = "xen_host_master", "Whether the host is the master (pool.master)";
    Gauge HOST_ENABLED = "xen_host_enabled", "Whether VMs may start on the host (host.enabled)";
    Gauge HOST_LIVE = "xen_host_live", "Whether XAPI believes that the host lives, up to 10 minutes after its death (host_metrics.live)";
    Gauge HOST_BOOT_TIME = "xen_host_boot_time_timestamp_seconds", "When the host booted (host.other_config:boot_time)";
    Gauge HOST_CPUS = "xen_host_cpus", "Processors of the host as XAPI sees them: threads (host_cpu)";
    Gauge HOST_SOCKETS = "xen_host_cpu_sockets", "Sockets of the host (host.cpu_info:socket_count)";
    Gauge HOST_CPU_FREQUENCY = "xen_host_cpu_frequency_hertz", "Clock of the host's processors (host_cpu.speed)";
    Gauge HOST_MULTIPATHING = "xen_host_multipathing", "Whether storage is to be reached over several paths (host.multipathing)";
    Gauge HOST_LICENSE_EXPIRY = "xen_host_license_expiry_timestamp_seconds", "When the licence ends (host.license_params:expiry)";
    Gauge HOST_UPDATES_MISSING = "xen_host_updates_missing", "Updates of the pool that the host does not have (pool_update.hosts, host_patch.applied)";
    Gauge HOST_UPDATES_REBOOT = "xen_host_updates_requiring_reboot", "Updates that wait for a reboot (host.updates_requiring_reboot)";
    Gauge HOST_GUIDANCE = "xen_host_pending_guidance", "What must be done for updates to take effect: 1 each (host.pending_guidances)";
    Gauge HOST_VMS = "xen_host_running_vms", "VMs that run on the host, dom0 left out (VM.resident_on)";
    Gauge HOST_CPU_USAGE = "xen_host_cpu_usage_ratio", "Use of all the host's processors, 0 to 1 (RRD: mean of cpuN)";
    Counter HOST_CPU_SECONDS = "xen_host_cpu_seconds_total", "Seconds that each processor was busy (RRD: cpuN, added up)";
    Gauge HOST_LOAD = "xen_host_load", "Load of dom0 (RRD: loadavg)";
    Gauge HOST_LOAD_RATIO = "xen_host_load_ratio", "Load of the host in relation to its processors, where it is measured (RRD: hostload)";
    Gauge HOST_RUNNING_VCPUS = "xen_host_running_vcpus", "Virtual processors that run (RRD: running_vcpus)";
    Gauge HOST_MEMORY = "xen_host_memory_bytes", "The host's memory (host_metrics.memory_total)";
    Gauge HOST_MEMORY_FREE = "xen_host_memory_free_bytes", "Free memory of the host (RRD: memory_free_kib)";
    Gauge HOST_MEMORY_OVERHEAD = "xen_host_memory_overhead_bytes", "Memory that Xen takes for itself (host.memory_overhead)";
    Gauge HOST_MEMORY_RECLAIMED = "xen_host_memory_reclaimed_bytes", "Memory taken from VMs by squeezing (RRD: memory_reclaimed)";
    Gauge HOST_MEMORY_RECLAIMABLE = "xen_host_memory_reclaimed_max_bytes", "Memory that could be taken from VMs (RRD: memory_reclaimed_max)";
    Gauge HOST_POWER = "xen_host_power_watts", "Power that the host draws (RRD: DCMI-power-reading)";
    Counter HOST_RECEIVED = "xen_host_network_receive_bytes_total", "Bytes received by each interface (RRD: pif_DEVICE_rx, added up)";
    Counter HOST_TRANSMITTED = "xen_host_network_transmit_bytes_total", "Bytes sent by each interface (RRD: pif_DEVICE_tx, added up)";
    Gauge HOST_CPU_STATE = "xen_host_cpu_state_ratio", "Share of time in each idle (C) and performance (P) state (RRD: cpuN-Cx, cpuN-Px)";
    Gauge XAPI_MEMORY = "xen_host_xapi_memory_bytes", "Memory of XAPI (RRD: xapi_memory_usage_kib)";
    Gauge XAPI_FILES = "xen_host_xapi_open_files", "Files that XAPI has open (RRD: xapi_open_fds)";
    Gauge XAPI_TASKS = "xen_host_pool_tasks", "Tasks of the pool as the master counts them (RRD: pool_task_count)";
    Gauge XAPI_SESSIONS = "xen_host_pool_sessions", "Sessions of the pool as the master counts them (RRD: pool_session_count)";

    Info PIF = "xen_pif_info", "A host's interface: device, MAC, IP, mask, gateway, VLAN (-1: none), mode, network, card (PIF, PIF_metrics)";
    Gauge PIF_ATTACHED = "xen_pif_attached", "Whether the interface is up (PIF.currently_attached)";
    Gauge PIF_CARRIER = "xen_pif_carrier", "Whether the interface has a link (PIF_metrics.carrier)";
    Gauge PIF_SPEED = "xen_pif_speed_bytes", "Speed of the link in bytes a second (PIF_metrics.speed)";
    Gauge BOND_LINKS = "xen_bond_links_up", "Links of the bond that are up (Bond.links_up)";
    Gauge BOND_SIZE = "xen_bond_links", "Links of the bond (Bond.slaves)";
    Info NETWORK = "xen_network_info", "A network: its name and bridge (network)";

    Info SR = "xen_sr_info", "A repository: its name, type, content and whether hosts share it (SR)";
    Gauge SR_SIZE = "xen_sr_size_bytes", "Bytes that the repository has (SR.physical_size)";
    Gauge SR_USED = "xen_sr_used_bytes", "Bytes of the repository that are used (SR.physical_utilisation)";
    Gauge SR_ALLOCATED = "xen_sr_allocated_bytes", "Bytes that the repository's disks claim (SR.virtual_allocation)";
    Gauge SR_VDIS = "xen_sr_vdis", "Disks in the repository (VDI.SR)";
    Info PBD = "xen_pbd_info", "How a host reaches a repository: keys of device_config that hold no secret (PBD.device_config)";
    Gauge PBD_ATTACHED = "xen_pbd_attached", "Whether the host has the repository plugged in (PBD.currently_attached)";
    Gauge PBD_PATHS = "xen_pbd_paths", "Paths to the repository that there should be (PBD.other_config:mpath-ID)";
    Gauge PBD_PATHS_UP = "xen_pbd_paths_up", "Paths to the repository that work (PBD.other_config:mpath-ID)";
    Counter SR_READ = "xen_sr_read_bytes_total", "Bytes that a host read from the repository (RRD: io_throughput_read_SR, added up)";
    Counter SR_WRITTEN = "xen_sr_write_bytes_total", "Bytes that a host wrote to the repository (RRD: io_throughput_write_SR, added up)";
    Counter SR_READS = "xen_sr_reads_total", "Reads of a host from the repository (RRD: iops_read_SR, added up)";
    Counter SR_WRITES = "xen_sr_writes_total", "Writes of a host to the repository (RRD: iops_write_SR, added up)";
    Gauge SR_READ_LATENCY = "xen_sr_read_latency_seconds", "How long a read from the repository takes (RRD: read_latency_SR)";
    Gauge SR_WRITE_LATENCY = "xen_sr_write_latency_seconds", "How long a write to the repository takes (RRD: write_latency_SR)";
    Gauge SR_LATENCY = "xen_sr_latency_seconds", "How long a read or write takes (RRD: latency_SR)";
    Gauge SR_INFLIGHT = "xen_sr_inflight_requests", "Requests to the repository that are under way (RRD: inflight_SR)";
    Gauge SR_IOWAIT = "xen_sr_iowait_ratio", "Share of time that a host waited for the repository (RRD: iowait_SR)";
    Gauge VDI_SIZE = "xen_vdi_size_bytes", "Bytes of the disk that a VM sees (VDI.virtual_size)";
    Gauge VDI_USED = "xen_vdi_used_bytes", "Bytes that the disk takes in its repository (VDI.physical_utilisation)";
    Info VDI = "xen_vdi_info", "A disk: its name, kind and repository (VDI)";

    Info VM = "xen_vm_info", "A VM: name, operating system, addresses and version of its tools (VM, VM_guest_metrics)";
    Gauge VM_POWER_STATE = "xen_vm_power_state", "The power state of the VM: 1 at the present one (VM.power_state)";
    Info VM_RESIDENT = "xen_vm_resident_info", "The host that the VM runs on (VM.resident_on)";
    Gauge VM_VCPUS = "xen_vm_vcpus", "Virtual processors of the VM (VM_metrics.VCPUs_number, or VM.VCPUs_at_startup)";
    Gauge VM_START_TIME = "xen_vm_start_time_timestamp_seconds", "When the VM started (VM_metrics.start_time)";
    Gauge VM_TOOLS = "xen_vm_guest_tools_up_to_date", "Whether the guest tools are the newest, 0 also when they are not there (VM_guest_metrics.PV_drivers_up_to_date)";
    Gauge VM_CPU_USAGE = "xen_vm_cpu_usage_ratio", "Use of all the VM's processors, 0 to 1 (RRD: mean of cpuN)";
    Counter VM_VCPU_SECONDS = "xen_vm_vcpu_seconds_total", "Seconds that the VM's processors ran, together (RRD: cpuN, added up)";
    Gauge VM_VCPU_USAGE = "xen_vm_vcpu_usage_ratio", "Use of each of the VM's processors, 0 to 1 (RRD: cpuN)";
    Gauge VM_MEMORY = "xen_vm_memory_bytes", "Memory that the VM has (RRD: memory)";
    Gauge VM_MEMORY_TARGET = "xen_vm_memory_target_bytes", "Memory that the VM is to have (RRD: memory_target)";
    Gauge VM_MEMORY_FREE = "xen_vm_memory_free_bytes", "Memory free inside of the VM, as its tools tell (RRD: memory_internal_free)";
    Gauge VM_MEMORY_STATIC_MAX = "xen_vm_memory_static_max_bytes", "Most memory that the VM may ever have (VM.memory_static_max)";
    Gauge VM_MEMORY_DYNAMIC_MAX = "xen_vm_memory_dynamic_max_bytes", "Most memory of the VM while it runs (VM.memory_dynamic_max)";
    Gauge VM_MEMORY_DYNAMIC_MIN = "xen_vm_memory_dynamic_min_bytes", "Least memory of the VM while it runs (VM.memory_dynamic_min)";
    Counter VM_READ = "xen_vm_disk_read_bytes_total", "Bytes read from each disk (RRD: vbd_DEVICE_read, added up)";
    Counter VM_WRITTEN = "xen_vm_disk_write_bytes_total", "Bytes written to each disk (RRD: vbd_DEVICE_write, added up)";
    Counter VM_READS = "xen_vm_disk_reads_total", "Reads from each disk (RRD: vbd_DEVICE_iops_read, added up)";
    Counter VM_WRITES = "xen_vm_disk_writes_total", "Writes to each disk (RRD: vbd_DEVICE_iops_write, added up)";
    Gauge VM_READ_LATENCY = "xen_vm_disk_read_latency_seconds", "How long a read from the disk takes (RRD: vbd_DEVICE_read_latency)";
    Gauge VM_WRITE_LATENCY = "xen_vm_disk_write_latency_seconds", "How long a write to the disk takes (RRD: vbd_DEVICE_write_latency)";
    Gauge VM_LATENCY = "xen_vm_disk_latency_seconds", "How long a read or write of the disk takes (RRD: vbd_DEVICE_latency)";
    Gauge VM_QUEUE = "xen_vm_disk_queue_requests", "Requests that wait at the disk, on average (RRD: vbd_DEVICE_avgqu_sz)";
    Gauge VM_INFLIGHT = "xen_vm_disk_inflight_requests", "Requests to the disk that are under way (RRD: vbd_DEVICE_inflight)";
    Gauge VM_IOWAIT = "xen_vm_disk_iowait_ratio", "Share of time that the VM waited for the disk (RRD: vbd_DEVICE_iowait)";
    Counter VM_RECEIVED = "xen_vm_network_receive_bytes_total", "Bytes received by each interface (RRD: vif_DEVICE_rx, added up)";
    Counter VM_TRANSMITTED = "xen_vm_network_transmit_bytes_total", "Bytes sent by each interface (RRD: vif_DEVICE_tx, added up)";
    Counter VM_RECEIVE_ERRORS = "xen_vm_network_receive_errors_total", "Packets that each interface did not receive (RRD: vif_DEVICE_rx_errors, added up)";
    Counter VM_TRANSMIT_ERRORS = "xen_vm_network_transmit_errors_total", "Packets that each interface did not send (RRD: vif_DEVICE_tx_errors, added up)";
    Gauge VM_RUNSTATE = "xen_vm_runstate_ratio", "Share of time in each run state (RRD: runstate_STATE)";
    Info VIF = "xen_vif_info", "A VM's interface: device, MAC and network (VIF)";
    Info VBD = "xen_vbd_info", "A disk in a VM: device and the UUIDs of disk and repository (VBD, VDI)";
}
