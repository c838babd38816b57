//! The metric families of this program that dashboards and rules ask for. Their names are those of `metrics`.

exporter_kit::families! {
    Gauge OPEN_EPISODES = "alert_bridge_open_episodes", "Problems that are open now by severity";
    Counter EPISODES = "alert_bridge_episodes_total", "Problems that have begun, by the label alertname; past 200 names as other";
    Counter ACKNOWLEDGED = "alert_bridge_acknowledged_total", "Acknowledgements of problems";
    Counter ACKNOWLEDGE_SECONDS = "alert_bridge_acknowledge_seconds_total", "Time from the start of problems to their acknowledgements";
    Counter RESOLVED = "alert_bridge_resolved_total", "Problems that have ended";
    Counter RESOLVE_SECONDS = "alert_bridge_resolve_seconds_total", "Time from the start of problems to their end";
    Counter DELIVERIES = "alert_bridge_deliveries_total", "Attempts to send a message by how they ended";
    Counter UNROUTED = "alert_bridge_unrouted_total", "New problems that no route matches, so that nobody was told";
    Counter WEBHOOKS = "alert_bridge_webhooks_total", "Requests to the webhook by what became of them";
    Gauge FEED_CLIENTS = "alert_bridge_feed_clients", "Clients that listen to the feed now";
    Gauge QUEUED = "alert_bridge_queued_messages", "Messages that are still to be sent";
}
