//! Every metric family over the snapshot and of the collectors, with its help text: the one list of names, also for
//! the dashboards' generator. What the client counts is in [`crate::client::Calls`], events in `events`.

exporter_kit::families! {
    Gauge UP = "cloudstack_up", "Whether the cloud's API answers: any collector has succeeded in its last attempt (1) or none (0)";
    Gauge COLLECTOR_SUCCESS = "cloudstack_collector_success", "Whether the collector's last attempt succeeded (1) or not (0)";
    Gauge COLLECTOR_AVAILABLE = "cloudstack_collector_available", "Whether this account and server have the collector's call (1) or not (0), see listApis";
    Gauge COLLECTOR_PARTIAL = "cloudstack_collector_partial", "Whether the collector's last list may lack objects: the server told of another number than it listed (count)";
    Gauge COLLECTOR_DURATION = "cloudstack_collector_duration_seconds", "How long the collector's last attempt took";
    Gauge COLLECTOR_AGE = "cloudstack_collector_age_seconds", "Time since the collector last succeeded";

    Info ZONE_INFO = "cloudstack_zone_info", "A zone (listZones): name, networktype, guestcidraddress, dhcpprovider, dns1, internaldns1, domain, type";
    Gauge ZONE_ALLOCATION = "cloudstack_zone_allocation_enabled", "Whether a zone takes new instances (allocationstate)";
    Gauge ZONE_SECURITY_GROUPS = "cloudstack_zone_security_groups_enabled", "Whether a zone has security groups (securitygroupsenabled)";
    Gauge ZONE_LOCAL_STORAGE = "cloudstack_zone_local_storage_enabled", "Whether a zone uses local storage (localstorageenabled)";
    Gauge ZONE_CAPACITY_USED = "cloudstack_zone_capacity_used", "Used capacity of a zone by type and tag (capacityused); bytes for memory and storage, hertz for cpu, else a count";
    Gauge ZONE_CAPACITY_ALLOCATED = "cloudstack_zone_capacity_allocated", "Allocated capacity of a zone by type and tag (capacityallocated); units as in cloudstack_zone_capacity_used";
    Gauge ZONE_CAPACITY = "cloudstack_zone_capacity", "Total capacity of a zone by type and tag, over-provisioning included (capacitytotal); units as in cloudstack_zone_capacity_used";
    Gauge ZONE_CAPACITY_RATIO = "cloudstack_zone_capacity_used_ratio", "Used part of a zone's capacity by type and tag (capacityused, capacitytotal)";
    Info POD_INFO = "cloudstack_pod_info", "A pod (listPods): name, zone, gateway, netmask";
    Gauge POD_ALLOCATION = "cloudstack_pod_allocation_enabled", "Whether a pod takes new instances (allocationstate)";
    Gauge POD_CAPACITY_USED = "cloudstack_pod_capacity_used", "Used capacity of a pod by type and tag (capacityused); units as in cloudstack_zone_capacity_used";
    Gauge POD_CAPACITY_ALLOCATED = "cloudstack_pod_capacity_allocated", "Allocated capacity of a pod by type and tag (capacityallocated); units as in cloudstack_zone_capacity_used";
    Gauge POD_CAPACITY = "cloudstack_pod_capacity", "Total capacity of a pod by type and tag, over-provisioning included (capacitytotal); units as in cloudstack_zone_capacity_used";
    Gauge POD_CAPACITY_RATIO = "cloudstack_pod_capacity_used_ratio", "Used part of a pod's capacity by type and tag (capacityused, capacitytotal)";
    Info CLUSTER_INFO = "cloudstack_cluster_info", "A cluster (listClusters): name, pod, zone, hypervisortype, clustertype";
    Gauge CLUSTER_ALLOCATION = "cloudstack_cluster_allocation_enabled", "Whether a cluster takes new instances (allocationstate)";
    Gauge CLUSTER_MANAGED = "cloudstack_cluster_managed", "Whether a cluster is managed (managedstate)";
    Gauge CLUSTER_CPU_OVERCOMMIT = "cloudstack_cluster_cpu_overcommit_ratio", "Over-provisioning of a cluster's CPU (cpuovercommitratio)";
    Gauge CLUSTER_MEMORY_OVERCOMMIT = "cloudstack_cluster_memory_overcommit_ratio", "Over-provisioning of a cluster's memory (memoryovercommitratio)";
    Gauge CLUSTER_CAPACITY_USED = "cloudstack_cluster_capacity_used", "Used capacity of a cluster by type and tag (capacityused); units as in cloudstack_zone_capacity_used";
    Gauge CLUSTER_CAPACITY_ALLOCATED = "cloudstack_cluster_capacity_allocated", "Allocated capacity of a cluster by type and tag (capacityallocated); units as in cloudstack_zone_capacity_used";
    Gauge CLUSTER_CAPACITY = "cloudstack_cluster_capacity", "Total capacity of a cluster by type and tag, over-provisioning included (capacitytotal); units as in cloudstack_zone_capacity_used";
    Gauge CLUSTER_CAPACITY_RATIO = "cloudstack_cluster_capacity_used_ratio", "Used part of a cluster's capacity by type and tag (capacityused, capacitytotal)";

    Info HOST_INFO = "cloudstack_host_info", "A host (listHosts): name, ipaddress, hypervisor, hypervisorversion, version, cluster, pod, zone, hosttags";
    Gauge HOST_STATE = "cloudstack_host_state", "The present state of a host (state): 1 with that label";
    Gauge HOST_RESOURCE_STATE = "cloudstack_host_resource_state", "The present resource state of a host (resourcestate): 1 with that label";
    Gauge HOST_HA_STATE = "cloudstack_host_ha_state", "The present state of host HA (hostha.hastate): 1 with that label";
    Gauge HOST_HA = "cloudstack_host_ha_enabled", "Whether host HA is enabled (hostha.haenable)";
    Gauge HOST_CPUS = "cloudstack_host_cpus", "CPU cores of a host (cpunumber)";
    Gauge HOST_SOCKETS = "cloudstack_host_cpu_sockets", "CPU sockets of a host (cpusockets)";
    Gauge HOST_CPU_SPEED = "cloudstack_host_cpu_speed_hertz", "Speed of a host's cores (cpuspeed)";
    Gauge HOST_CPU_CAPACITY = "cloudstack_host_cpu_capacity_hertz", "CPU of a host with over-provisioning (cpuwithoverprovisioning)";
    Gauge HOST_CPU_ALLOCATED = "cloudstack_host_cpu_allocated_hertz", "CPU of a host that is allocated (cpuallocatedvalue)";
    Gauge HOST_CPU_USED = "cloudstack_host_cpu_used_ratio", "CPU of a host in use as measured (cpuused); may lie outside of 0 to 1 where the server says so";
    Gauge HOST_LOAD = "cloudstack_host_cpu_load", "Load average of a host (cpuloadaverage)";
    Gauge HOST_MEMORY = "cloudstack_host_memory_bytes", "Memory of a host (memorytotal)";
    Gauge HOST_MEMORY_CAPACITY = "cloudstack_host_memory_capacity_bytes", "Memory of a host with over-provisioning (memorywithoverprovisioning)";
    Gauge HOST_MEMORY_ALLOCATED = "cloudstack_host_memory_allocated_bytes", "Memory of a host that is allocated (memoryallocatedbytes, or memoryallocated)";
    Gauge HOST_MEMORY_USED = "cloudstack_host_memory_used_bytes", "Memory of a host in use as measured (memoryused)";
    Gauge HOST_NETWORK_READ = "cloudstack_host_network_read_bytes", "Bytes that a host received since CloudStack's reading before (networkkbsread)";
    Gauge HOST_NETWORK_WRITE = "cloudstack_host_network_write_bytes", "Bytes that a host sent since CloudStack's reading before (networkkbswrite)";
    Gauge HOST_LAST_PING = "cloudstack_host_last_ping_timestamp_seconds", "When a host last answered, to within minutes (lastpinged)";
    Gauge HOST_VMS = "cloudstack_host_vms", "User VMs on a host (listVirtualMachines hostid)";
    Gauge HOST_DEDICATED = "cloudstack_host_dedicated", "Hosts that are dedicated to a domain or account (listDedicatedHosts): 1";

    Info POOL_INFO = "cloudstack_storage_pool_info", "A primary storage pool (listStoragePools): name, type, scope, ipaddress, path, cluster, pod, zone, tags";
    Gauge POOL_STATE = "cloudstack_storage_pool_state", "The present state of a pool (state): 1 with that label";
    Gauge POOL_SIZE = "cloudstack_storage_pool_size_bytes", "Size of a pool (disksizetotal)";
    Gauge POOL_ALLOCATED = "cloudstack_storage_pool_allocated_bytes", "Bytes of a pool that are allocated (disksizeallocated)";
    Gauge POOL_USED = "cloudstack_storage_pool_used_bytes", "Bytes of a pool in use (disksizeused)";
    Gauge POOL_OVERPROVISION = "cloudstack_storage_pool_overprovision_ratio", "Over-provisioning of a pool (overprovisionfactor)";
    Info IMAGE_STORE_INFO = "cloudstack_image_store_info", "A secondary storage (listImageStores): name, url, protocol, provider, scope, zone";
    Gauge IMAGE_STORE_READ_ONLY = "cloudstack_image_store_read_only", "Whether a secondary storage is read only (readonly)";
    Gauge IMAGE_STORE_SIZE = "cloudstack_image_store_size_bytes", "Size of a secondary storage (disksizetotal)";
    Gauge IMAGE_STORE_USED = "cloudstack_image_store_used_bytes", "Bytes of a secondary storage in use (disksizeused)";

    Info SYSTEM_VM_INFO = "cloudstack_system_vm_info", "A system VM (listSystemVms): name, systemvmtype, host, pod, zone, version";
    Gauge SYSTEM_VM_STATE = "cloudstack_system_vm_state", "The present state of a system VM (state): 1 with that label";
    Gauge SYSTEM_VM_AGENT = "cloudstack_system_vm_agent_state", "The present state of a system VM's agent (agentstate): 1 with that label";
    Gauge SYSTEM_VM_SESSIONS = "cloudstack_system_vm_viewer_sessions", "Console sessions of a console proxy (activeviewersessions)";
    Info ROUTER_INFO = "cloudstack_router_info", "A virtual router (listRouters): name, role, host, zone, network, vpc, account, domain, project, version";
    Gauge ROUTER_STATE = "cloudstack_router_state", "The present state of a router (state): 1 with that label";
    Gauge ROUTER_REDUNDANT_STATE = "cloudstack_router_redundant_state", "The present role of a redundant router (redundantstate): 1 with that label";
    Gauge ROUTER_HEALTH_FAILED = "cloudstack_router_health_checks_failed", "Whether any health check of a router has failed (healthchecksfailed)";
    Gauge ROUTER_HEALTH = "cloudstack_router_health_check_success", "Whether a health check of a router has succeeded (healthcheckresults)";
    Gauge ROUTER_UPGRADE = "cloudstack_router_requires_upgrade", "Whether a router runs an old template (requiresupgrade)";

    Info NETWORK_INFO = "cloudstack_network_info", "A guest network (listNetworks): name, type, cidr, zone, account, domain, project";
    Gauge NETWORK_STATE = "cloudstack_network_state", "The present state of a network (state): 1 with that label";
    Gauge NETWORK_RESTART = "cloudstack_network_restart_required", "Whether a network has to be restarted (restartrequired)";
    Info VPC_INFO = "cloudstack_vpc_info", "A VPC (listVPCs): name, cidr, zone, account, domain, project";
    Gauge VPC_STATE = "cloudstack_vpc_state", "The present state of a VPC (state): 1 with that label";
    Gauge VPC_RESTART = "cloudstack_vpc_restart_required", "Whether a VPC has to be restarted (restartrequired)";
    Info VLAN_RANGE_INFO = "cloudstack_vlan_range_info", "A range of public or shared addresses (listVlanIpRanges): vlan, zone, gateway, netmask, first and last address";

    Gauge VMS = "cloudstack_vms", "User VMs by zone and state (listVirtualMachines)";
    Gauge VMS_BY_SIZE = "cloudstack_vms_by_size", "User VMs by zone, cores and memory in bytes (cpunumber, memory), without destroyed and failed ones";
    Info VM_INFO = "cloudstack_vm_info", "A user VM (listVirtualMachines): name, instancename, host, zone, account, domain, project, offering, template, hypervisor";
    Gauge VM_STATE = "cloudstack_vm_state", "The present state of a user VM (state): 1 with that label";
    Gauge VM_CPUS = "cloudstack_vm_cpus", "Cores of a user VM (cpunumber); with statistics";
    Gauge VM_MEMORY = "cloudstack_vm_memory_bytes", "Memory of a user VM (memory); with statistics";
    Gauge VM_MEMORY_FREE = "cloudstack_vm_memory_free_bytes", "Memory that a user VM has free (memoryintfreekbs); with statistics";
    Gauge VM_CPU_USED = "cloudstack_vm_cpu_used_ratio", "CPU of a user VM in use (cpuused); with statistics";
    Gauge VM_NETWORK_READ = "cloudstack_vm_network_read_bytes", "Bytes that a user VM received since CloudStack's reading before (networkkbsread); with statistics";
    Gauge VM_NETWORK_WRITE = "cloudstack_vm_network_write_bytes", "Bytes that a user VM sent since CloudStack's reading before (networkkbswrite); with statistics";
    Gauge VM_DISK_READ = "cloudstack_vm_disk_read_bytes", "Bytes that a user VM read since CloudStack's reading before (diskkbsread); with statistics";
    Gauge VM_DISK_WRITE = "cloudstack_vm_disk_write_bytes", "Bytes that a user VM wrote since CloudStack's reading before (diskkbswrite); with statistics";
    Gauge VM_DISK_READS = "cloudstack_vm_disk_reads", "Reads of a user VM since CloudStack's reading before (diskioread); with statistics";
    Gauge VM_DISK_WRITES = "cloudstack_vm_disk_writes", "Writes of a user VM since CloudStack's reading before (diskiowrite); with statistics";
    Gauge VOLUMES = "cloudstack_volumes", "Volumes of a zone (listVolumes count)";
    Gauge VOLUMES_BY_STATE = "cloudstack_volumes_by_state", "Volumes that are Ready, Destroy and other, of the cloud or, with volumes_by_zone, of a zone (listVolumes count)";
    Gauge SNAPSHOTS = "cloudstack_snapshots", "Snapshots of volumes (listSnapshots count)";
    Gauge BACKUPS = "cloudstack_backups", "Backups (listBackups count)";
    Gauge TEMPLATES = "cloudstack_templates", "Templates (listTemplates count)";

    Info DOMAIN_INFO = "cloudstack_domain_info", "A domain (listDomains): path, state";
    Gauge DOMAIN_USED = "cloudstack_domain_used", "What a domain uses of a resource (...total of listDomains); bytes for memory and storage";
    Gauge DOMAIN_LIMIT = "cloudstack_domain_limit", "What a domain may use of a resource (...limit of listDomains); none when it is unlimited";
    Info ACCOUNT_INFO = "cloudstack_account_info", "An account (listAccounts): name, domain, state";
    Gauge ACCOUNT_USED = "cloudstack_account_used", "What an account uses of a resource (...total of listAccounts); bytes for memory and storage";
    Gauge ACCOUNT_LIMIT = "cloudstack_account_limit", "What an account may use of a resource (...limit of listAccounts); none when it is unlimited";
    Info PROJECT_INFO = "cloudstack_project_info", "A project (listProjects): name, domain, state";
    Gauge PROJECT_USED = "cloudstack_project_used", "What a project uses of a resource (...total of listProjects); bytes for memory and storage";
    Gauge PROJECT_LIMIT = "cloudstack_project_limit", "What a project may use of a resource (...limit of listProjects); none when it is unlimited";

    Gauge ALERTS = "cloudstack_alerts", "Active alerts by type (listAlerts): neither archived nor older than alert_hold";
    Gauge JOBS = "cloudstack_async_jobs", "Asynchronous jobs that the server remembers, by status (listAsyncJobs jobstatus)";
    Info SERVER_INFO = "cloudstack_management_server_info", "A management server (listManagementServersMetrics): name, version, javaversion, osdistribution, kernelversion";
    Gauge SERVER_STATE = "cloudstack_management_server_state", "The present state of a management server (state): 1 with that label";
    Gauge SERVER_PROCESSORS = "cloudstack_management_server_processors", "Processors of a management server (availableprocessors)";
    Gauge SERVER_AGENTS = "cloudstack_management_server_agents", "Agents connected to a management server (agentcount)";
    Gauge SERVER_SESSIONS = "cloudstack_management_server_sessions", "Sessions of a management server (sessions)";
    Gauge SERVER_HEAP_USED = "cloudstack_management_server_heap_used_bytes", "Java heap in use (heapmemoryused)";
    Gauge SERVER_HEAP = "cloudstack_management_server_heap_bytes", "Java heap (heapmemorytotal)";
    Gauge SERVER_LOAD = "cloudstack_management_server_load1", "Load average of a management server over one minute (systemloadaverages)";
    Gauge SERVER_THREADS = "cloudstack_management_server_threads", "Java threads by state (threads...count)";
    Gauge SERVER_START = "cloudstack_management_server_start_timestamp_seconds", "When a management server started (lastserverstart)";
    Info DATABASE_INFO = "cloudstack_database_info", "The database (listDbMetrics): version, versioncomment";
    Gauge DATABASE_CONNECTIONS = "cloudstack_database_connections", "Connections to the database (connections)";
    Counter DATABASE_QUERIES = "cloudstack_database_queries_total", "Queries since the database started (queries)";
    Gauge DATABASE_UPTIME = "cloudstack_database_uptime_seconds", "How long the database has been up (uptime)";
    Gauge DATABASE_LOAD = "cloudstack_database_load1", "Load average of the database's machine (dbloadaverages)";
    Gauge USAGE_STATE = "cloudstack_usage_server_state", "The present state of the usage server (state): 1 with that label";
    Gauge USAGE_HEARTBEAT = "cloudstack_usage_server_last_heartbeat_timestamp_seconds", "When the usage server last gave a sign of life (lastheartbeat)";
    Gauge USAGE_SUCCESS = "cloudstack_usage_server_last_success_timestamp_seconds", "When a usage job last succeeded (lastsuccessfuljob)";

    Gauge ALERTMANAGER_UP = "cloudstack_exporter_alertmanager_up", "Whether an Alertmanager accepts what it is told";
    Counter ALERTMANAGER_FAILURES = "cloudstack_exporter_alertmanager_failures_total", "Calls to an Alertmanager that failed";
    Gauge ALERTMANAGER_ACTIVE = "cloudstack_exporter_alertmanager_alerts_active", "Our alerts that an Alertmanager holds as active";
    Gauge ALERTMANAGER_PENDING = "cloudstack_exporter_alertmanager_alerts_pending", "Alerts and ends that an Alertmanager has yet to be told of";
}
