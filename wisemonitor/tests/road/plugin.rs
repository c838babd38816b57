//! Any plugin: one shell script becomes a service, a metric, a panel and an alert, by configuration alone. The
//! plugin and its command are those of `docs/plugins.md`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::dashboards;
use crate::suite::Suite;

const PAGE: &str = include_str!("../../../docs/plugins.md");

#[tokio::test]
async fn a_shell_script_is_a_service_a_metric_a_panel_and_an_alert() {
    let mut suite = Suite::start().await;
    let at = |name: &str| suite.dir().join(name);
    let (plugin, queue) = (at("check_queue"), at("queue"));
    fs::write(&plugin, block("```sh\n")).unwrap();
    fs::set_permissions(&plugin, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(&queue, "3").unwrap();
    let command = block("```cfg\n");
    assert!(command.contains("/usr/local/lib/nagios/check_queue"), "{command}");
    let command =
        command.replace("/usr/local/lib/nagios/check_queue", &plugin.display().to_string());
    fs::write(at("nagios/conf.d/check-queue.cfg"), command).unwrap();
    let check = format!("queue=check-queue!{}!50", queue.display());
    let said = suite.command("host", &["add-service", "localhost", "--check", &check]).await;
    assert!(said.contains("queue"), "{said}");

    let service = "/api/v1/services?host=localhost&service=queue";
    let is = async |state: &str| {
        let page = suite.json(10190, service).await.unwrap();
        page["services"][0]["state"] == state
    };
    suite.until("its first check", async || is("ok").await).await;
    let metric = r#"nagios_perfdata_value{host="localhost",service="queue",label="waiting"}"#;
    suite.until("its metric", async || suite.query(metric).await == Some(3.0)).await;
    let panel = dashboards::query("performance.json", "Values")
        .replace("$job", ".+")
        .replace("$host", "localhost")
        .replace("$service", "queue")
        .replace("$__rate_interval", "1m");
    suite.until("its panel", async || suite.query(&panel).await == Some(3.0)).await;

    fs::write(&queue, "120").unwrap();
    let told = async || {
        let texts = suite.messages_about("localhost / queue").await;
        texts.iter().any(|text| text.contains("QUEUE CRITICAL - 120 messages wait"))
    };
    suite.until("its alert as a message", told).await;
    let alert = "/api/v2/alerts?filter=service%3D%22queue%22";
    let alerts = suite.json(9093, alert).await.unwrap();
    assert_eq!(alerts[0]["labels"]["severity"], "critical", "{alerts}");
    fs::write(&queue, "5").unwrap();
    let over = async || suite.messages_about("localhost / queue").await.len() == 2;
    suite.until("its end", over).await;
    suite.stop().await;
}

/// The first block of the page that begins so.
fn block(begin: &str) -> &'static str {
    let (_, block) = PAGE.split_once(&format!("\n{begin}")).unwrap();
    block.split_once("```").unwrap().0
}
