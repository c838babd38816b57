//! Every metric family that the exporter has, with its help text: the one list of names, also for the
//! dashboards' generator.

use exporter_kit::Metric;

exporter_kit::families! {
    Gauge UP = "nagios_up", "Whether the Nagios module is connected and speaks (1) or not (0)";
    Info INFO = "nagios_info", "Name of this Nagios (instance), its version (get_program_version) and its module's";
    Gauge EVENT_LOOP_START = "nagios_event_loop_start_timestamp_seconds", "When Nagios' event loop started with its present configuration (event 105)";

    Gauge HOSTS = "nagios_hosts", "Hosts by current state (current_state; pending: has_been_checked is 0)";
    Gauge SERVICES = "nagios_services", "Services by current state (current_state; pending: has_been_checked is 0)";
    Gauge HOSTGROUP_HOSTS = "nagios_hostgroup_hosts", "Hosts of a host group by current state";
    Gauge HOSTGROUP_SERVICES = "nagios_hostgroup_services", "Services of the hosts of a host group by current state";
    Gauge SERVICEGROUP_SERVICES = "nagios_servicegroup_services", "Services of a service group by current state";
    Gauge PROBLEMS = "nagios_problems", "Hosts and services in a hard problem state; handled: nobody needs to be told, see nagios_problem_handled_info";
    Info PROBLEM_HANDLED = "nagios_problem_handled_info", "Hard problems of which nobody needs to be told, and why; service is empty for a host";

    Info HOST_INFO = "nagios_host_info", "Alias and address of a host (alias, address)";
    Info HOST_PARENT = "nagios_host_parent_info", "Parents of a host (parents)";
    Info HOSTGROUP_MEMBER = "nagios_hostgroup_member_info", "Members of host groups (hostgroup members)";
    Info SERVICEGROUP_MEMBER = "nagios_servicegroup_member_info", "Members of service groups (servicegroup members); on request";

    Gauge HOST_STATE = "nagios_host_state", "Current state of a host: 0 up, 1 down, 2 unreachable (current_state); absent while pending";
    Gauge HOST_CONDITION = "nagios_host_condition", "What is out of the ordinary about a host, 1 while it is: soft (state_type), acknowledged, downtime, flapping, passive, checks_disabled, notifications_disabled";
    Gauge HOST_CHECK_LATENCY = "nagios_host_check_latency_seconds", "Delay between the planned and the real start of the last check (latency)";
    Gauge HOST_CHECK_EXECUTION = "nagios_host_check_execution_seconds", "Duration of the last check (execution_time)";
    Gauge HOST_LAST_CHECK = "nagios_host_last_check_timestamp_seconds", "When the last check ran, in seconds since the Unix epoch (last_check)";
    Gauge HOST_CHECK_ATTEMPT = "nagios_host_check_attempt", "Current check attempt (current_attempt); on request";
    Gauge HOST_CHECK_INTERVAL = "nagios_host_check_interval_seconds", "Time between two checks (check_interval); on request";
    Gauge HOST_NEXT_CHECK = "nagios_host_next_check_timestamp_seconds", "When the next active check is due, in seconds since the Unix epoch (next_check); on request";
    Gauge HOST_STATE_CHANGE = "nagios_host_last_state_change_timestamp_seconds", "When the state last changed, soft or hard, in seconds since the Unix epoch (last_state_change); on request";

    Gauge SERVICE_STATE = "nagios_service_state", "Current state of a service: 0 ok, 1 warning, 2 critical, 3 unknown (current_state); absent while pending";
    Gauge SERVICE_CONDITION = "nagios_service_condition", "What is out of the ordinary about a service, 1 while it is: soft (state_type), acknowledged, downtime, flapping, passive, checks_disabled, notifications_disabled";
    Gauge SERVICE_CHECK_LATENCY = "nagios_service_check_latency_seconds", "Delay between the planned and the real start of the last check (latency)";
    Gauge SERVICE_CHECK_EXECUTION = "nagios_service_check_execution_seconds", "Duration of the last check (execution_time)";
    Gauge SERVICE_LAST_CHECK = "nagios_service_last_check_timestamp_seconds", "When the last check ran, in seconds since the Unix epoch (last_check)";
    Gauge SERVICE_CHECK_ATTEMPT = "nagios_service_check_attempt", "Current check attempt (current_attempt); on request";
    Gauge SERVICE_CHECK_INTERVAL = "nagios_service_check_interval_seconds", "Time between two checks (check_interval); on request";
    Gauge SERVICE_NEXT_CHECK = "nagios_service_next_check_timestamp_seconds", "When the next active check is due, in seconds since the Unix epoch (next_check); on request";
    Gauge SERVICE_STATE_CHANGE = "nagios_service_last_state_change_timestamp_seconds", "When the state last changed, soft or hard, in seconds since the Unix epoch (last_state_change); on request";

    Info OUTPUT = "nagios_output_info", "First 256 bytes of what the plugin said (plugin_output), of hard problems, or as configured; service is empty for a host";

    Gauge PERFDATA_SECONDS = "nagios_perfdata_seconds", "Times in performance data (perf_data, units s, ms, us, ns, m, h, d); service is empty for a host";
    Gauge PERFDATA_BYTES = "nagios_perfdata_bytes", "Amounts of data in performance data (perf_data, units B, KB, MB, GB, TB, KiB, ...); service is empty for a host";
    Gauge PERFDATA_RATIO = "nagios_perfdata_ratio", "Shares in performance data, 1 for 100 % (perf_data, unit %); service is empty for a host";
    Gauge PERFDATA_VALUE = "nagios_perfdata_value", "Other values in performance data, as the plugin gave them (perf_data); service is empty for a host";
    Counter PERFDATA_TOTAL = "nagios_perfdata_total", "Counters in performance data (perf_data, unit c); service is empty for a host";

    Gauge PERFDATA_THRESHOLD_SECONDS = "nagios_perfdata_threshold_seconds", "Thresholds of times in performance data: type is warn or crit, the range is from low to high (bound), alerts are outside of it or inside (inside) (perf_data warn, crit); on request";
    Gauge PERFDATA_THRESHOLD_BYTES = "nagios_perfdata_threshold_bytes", "Thresholds of amounts of data in performance data: type is warn or crit, the range is from low to high (bound), alerts are outside of it or inside (inside) (perf_data warn, crit); on request";
    Gauge PERFDATA_THRESHOLD_RATIO = "nagios_perfdata_threshold_ratio", "Thresholds of shares, 1 for 100 % in performance data: type is warn or crit, the range is from low to high (bound), alerts are outside of it or inside (inside) (perf_data warn, crit); on request";
    Gauge PERFDATA_THRESHOLD_VALUE = "nagios_perfdata_threshold_value", "Thresholds of other values and of counters in performance data: type is warn or crit, the range is from low to high (bound), alerts are outside of it or inside (inside) (perf_data warn, crit); on request";
    Gauge PERFDATA_MIN_SECONDS = "nagios_perfdata_min_seconds", "Smallest possible values of times in performance data (perf_data min); on request";
    Gauge PERFDATA_MIN_BYTES = "nagios_perfdata_min_bytes", "Smallest possible values of amounts of data in performance data (perf_data min); on request";
    Gauge PERFDATA_MIN_RATIO = "nagios_perfdata_min_ratio", "Smallest possible values of shares, 1 for 100 % in performance data (perf_data min); on request";
    Gauge PERFDATA_MIN_VALUE = "nagios_perfdata_min_value", "Smallest possible values of other values and of counters in performance data (perf_data min); on request";
    Gauge PERFDATA_MAX_SECONDS = "nagios_perfdata_max_seconds", "Largest possible values of times in performance data (perf_data max); on request";
    Gauge PERFDATA_MAX_BYTES = "nagios_perfdata_max_bytes", "Largest possible values of amounts of data in performance data (perf_data max); on request";
    Gauge PERFDATA_MAX_RATIO = "nagios_perfdata_max_ratio", "Largest possible values of shares, 1 for 100 % in performance data (perf_data max); on request";
    Gauge PERFDATA_MAX_VALUE = "nagios_perfdata_max_value", "Largest possible values of other values and of counters in performance data (perf_data max); on request";

    Counter CHECKS = "nagios_checks_total", "Check results received since the exporter started (events 701 and 801, check_type)";
    Counter STATE_CHANGES = "nagios_state_changes_total", "Changes of state received since the exporter started (event 1801, state_type)";
    Counter NOTIFICATIONS = "nagios_notifications_total", "Notifications sent by Nagios, received since the exporter started (event 601, reason_type)";
    Counter PERFDATA_ERRORS = "nagios_perfdata_errors_total", "Items of performance data left out since the exporter started: no performance data (syntax), a label twice in one text (duplicate), a threshold or limit that is none (bound)";
    Counter PERFDATA_UNKNOWN_UNITS = "nagios_perfdata_unknown_units_total", "Values in performance data since the exporter started whose unit is not known; they are in nagios_perfdata_value with the label uom";

    Gauge SCHEDULED = "nagios_scheduled_objects", "Hosts and services that are checked by themselves (active_checks_enabled, check_interval) and have been";
    Gauge STALE = "nagios_stale_objects", "Those of nagios_scheduled_objects whose last check is longer ago than this many of their own check intervals (last_check, check_interval)";
    Gauge PROGRAM_START = "nagios_program_start_timestamp_seconds", "When Nagios started or was reloaded, in seconds since the Unix epoch (program_start)";
    Gauge PROGRAM_MODE = "nagios_program_mode", "Whether a program-wide switch is on (1) or off (0), by its name in nagios.cfg";
    Gauge RUNNING_CHECKS = "nagios_running_checks", "Checks that run now (currently_running_host_checks, currently_running_service_checks)";

    Gauge MODULE_LAST_FRAME = "nagios_module_last_frame_timestamp_seconds", "When the module last said something";
    Counter MODULE_EVENTS_LOST = "nagios_module_events_lost_total", "Events lost because the module's ring, queue or spill was full, or the spill failed, since Nagios started (Stats.dropped)";
    Counter MODULE_CHECKS_COALESCED = "nagios_module_checks_coalesced_total", "Check results replaced by a newer one of the same object before they could be sent, since Nagios started (Stats.coalesced)";
    Counter MODULE_TEXTS_TRUNCATED = "nagios_module_texts_truncated_total", "Plugin outputs and performance data cut to their limit, since Nagios started (Stats.truncated)";
    Counter MODULE_PANICS = "nagios_module_panics_total", "Panics caught inside the module, since Nagios started (Stats.panics)";
    Counter MODULE_EVENTS_SPILLED = "nagios_module_events_spilled_total", "Events that the module wrote to its spill on disk, since Nagios started (Stats.spilled)";
    Counter MODULE_EVENTS_RECOVERED = "nagios_module_events_recovered_total", "Events of a former Nagios process that were found in the spill (Stats.recovered)";
    Counter MODULE_SPILL_ERRORS = "nagios_module_spill_errors_total", "Failures to write or read the spill, such as a full disk, since Nagios started (Stats.spill_errors)";
    Gauge MODULE_RING_BYTES = "nagios_module_ring_bytes", "Bytes waiting between Nagios' callbacks and the module's thread (Stats.ring_bytes)";
    Gauge MODULE_RING_HIGH = "nagios_module_ring_high_bytes", "The most bytes that waited there at once (Stats.ring_high_bytes)";
    Gauge MODULE_RING_LIMIT = "nagios_module_ring_limit_bytes", "Size of that ring (Stats.ring_limit_bytes)";
    Gauge MODULE_QUEUE_BYTES = "nagios_module_queue_bytes", "Bytes of events that the module keeps in memory until they are acknowledged (Stats.queue_bytes)";
    Gauge MODULE_QUEUE_LIMIT = "nagios_module_queue_limit_bytes", "Limit of these bytes (Stats.queue_limit_bytes)";
    Gauge MODULE_SPILL_BYTES = "nagios_module_spill_bytes", "Bytes of events waiting on disk (Stats.spill_bytes)";
    Gauge MODULE_SPILL_LIMIT = "nagios_module_spill_limit_bytes", "Limit of these bytes, 0 without a spill (Stats.spill_limit_bytes)";
    Counter MODULE_RELOADS = "nagios_module_reloads_total", "Reloads that this Nagios process has lived through (Stats.reloads)";

    Counter SNAPSHOTS = "nagios_exporter_snapshots_total", "Whole snapshots taken in from the module";
    Counter FRAMES_SKIPPED = "nagios_exporter_frames_skipped_total", "Frames and events from the module that were left out, and why";
    Counter CONNECTIONS_REFUSED = "nagios_exporter_connections_refused_total", "Connections to the Nagios socket that were refused, and why";
    Gauge ALERTMANAGER_UP = "nagios_exporter_alertmanager_up", "Whether the last call to this Alertmanager went well (1) or not (0)";
    Counter ALERTMANAGER_SENT = "nagios_exporter_alertmanager_alerts_sent_total", "Alerts and ends that this Alertmanager has accepted, repetitions included";
    Counter ALERTMANAGER_FAILURES = "nagios_exporter_alertmanager_failures_total", "Calls to this Alertmanager that failed";
    Counter ALERTMANAGER_REFUSED = "nagios_exporter_alertmanager_alerts_refused_total", "Alerts that this Alertmanager refused as invalid";
    Gauge ALERTMANAGER_LAST_SUCCESS = "nagios_exporter_alertmanager_last_success_timestamp_seconds", "When a call to this Alertmanager last went well";
    Gauge ALERTMANAGER_ACTIVE = "nagios_exporter_alertmanager_active_alerts", "Alerts of ours that this Alertmanager holds as active";
    Gauge ALERTMANAGER_PENDING = "nagios_exporter_alertmanager_pending", "Alerts, ends and silences that this Alertmanager has yet to be told of";
    Gauge ALERTMANAGER_SILENCES = "nagios_exporter_alertmanager_silences", "Silences of ours that this Alertmanager holds";
}

/// Thresholds in the order seconds, bytes, ratio, value.
pub(super) const PERFDATA_THRESHOLDS: [&Metric; 4] = [
    &PERFDATA_THRESHOLD_SECONDS,
    &PERFDATA_THRESHOLD_BYTES,
    &PERFDATA_THRESHOLD_RATIO,
    &PERFDATA_THRESHOLD_VALUE,
];

/// Smallest possible values in the same order.
pub(super) const PERFDATA_MIN: [&Metric; 4] =
    [&PERFDATA_MIN_SECONDS, &PERFDATA_MIN_BYTES, &PERFDATA_MIN_RATIO, &PERFDATA_MIN_VALUE];

/// Largest possible values in the same order.
pub(super) const PERFDATA_MAX: [&Metric; 4] =
    [&PERFDATA_MAX_SECONDS, &PERFDATA_MAX_BYTES, &PERFDATA_MAX_RATIO, &PERFDATA_MAX_VALUE];
