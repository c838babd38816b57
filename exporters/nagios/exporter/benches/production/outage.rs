//! RabbitMQ away for ten minutes at 1,000 events a second, and twenty kills of the exporter beside Nagios.
//!
//! Real Nagios with the module → nagios-exporter → RabbitMQ → another nagios-exporter, and a program of others
//! that counts for itself. RabbitMQ hangs, is killed with -9 and started again. Each result has a number, so
//! that it is known which of them came, and how often. `OUTAGE_SECONDS` sets another length.

use std::time::{Duration, Instant};

use crate::exporter::Exporter;
use crate::listener::Listener;
use crate::load::{Load, Way};
use crate::pulse::Pulse;
use crate::rabbit::Rabbit;
use crate::{percentile, site, until};

const EVENTS_A_SECOND: usize = 1000;
const HOSTS: usize = 100;
const KILLS: u32 = 20;

/// How long the flow is seen before and after the outage.
const AROUND: Duration = Duration::from_secs(15);

/// When nothing has come for so long, nothing will.
const SILENCE: Duration = Duration::from_secs(60);

pub(crate) fn measure() {
    tokio::runtime::Runtime::new().unwrap().block_on(outage());
}

async fn outage() {
    let length = std::env::var("OUTAGE_SECONDS").map_or(600, |seconds| seconds.parse().unwrap());
    let mut rabbit = Rabbit::start().await;
    let listener = Listener::start(&rabbit.url()).await;
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--source=amqp".to_owned(), format!("--amqp.url={}", rabbit.url())];
    let consumer = Exporter::start(folder.path(), "instance: consumer\n", &arguments);
    let setup = site::setup(HOSTS);
    let spool = setup.file("amqp");
    let url = rabbit.url();
    let config = format!("instance: bench\namqp: {{url: '{url}', spool: '{}'}}\n", spool.display());
    let mut relay = Exporter::listen(&setup.socket(), &config, &[]);
    let nagios = setup.start();
    until("the consumer to see Nagios", async || {
        (consumer.metric(SITE, "nagios_up")? == 1.0).then_some(())
    })
    .await;

    let pulse = Pulse::take(&nagios);
    let begin = Instant::now();
    let load = Load::new(&nagios, HOSTS).start(Way::CommandFile, EVENTS_A_SECOND);
    kill(&mut relay, KILLS / 4, AROUND).await;
    rabbit.freeze();
    kill(&mut relay, KILLS / 2, Duration::from_secs(length)).await;
    rabbit.kill().await;
    rabbit.launch().await;
    kill(&mut relay, KILLS / 4, AROUND).await;
    let given = load.stop();
    let load_took = begin.elapsed();

    let counted = all_that_comes(&listener, &consumer, given).await;
    eprintln!(
        "{given} results in {load_took:.0?}, all over after {:.0?}: {} came, {counted} were counted behind \
         RabbitMQ, {} came more than once; main loop p99 {:.1} ms",
        begin.elapsed(),
        listener.distinct(),
        listener.repeated(),
        percentile(&mut pulse.stop(), 99),
    );
    let losses = [
        relay.metric("/metrics", "nagios_module_events_lost_total"),
        relay.metric("/metrics", "nagios_exporter_amqp_spool_lost_records_total"),
        consumer.metric("/metrics", "nagios_exporter_amqp_events_lost_total"),
    ];
    eprintln!("lost as told by module, relay and consumer: {losses:?}");
    let told = losses.map(|loss| loss.unwrap() as usize).into_iter().max().unwrap();
    let missing = given - listener.distinct().min(counted);
    println!("nagios_outage_lost_events {}", missing.max(told));
    let doubles = listener.doubles().max(counted.saturating_sub(given));
    println!("nagios_outage_duplicate_events {doubles}");
}

/// Kills the exporter so many times in this time.
async fn kill(exporter: &mut Exporter, times: u32, length: Duration) {
    for _ in 0..times {
        tokio::time::sleep(length / times).await;
        exporter.kill_and_restart();
    }
}

/// Waits until everything has come, or nothing comes any more. Returns how many results the consumer counted.
async fn all_that_comes(listener: &Listener, consumer: &Exporter, given: usize) -> usize {
    let (mut before, mut changed) = ((0, 0), Instant::now());
    loop {
        let counted = consumer.metric(SITE, CHECKS).unwrap_or_default() as usize;
        let now = (listener.distinct(), counted);
        if now != before {
            (before, changed) = (now, Instant::now());
        }
        // What comes too often comes at once.
        if (now.0 >= given && counted >= given) || changed.elapsed() > SILENCE {
            return counted;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

const SITE: &str = "/sites/bench/metrics";

const CHECKS: &str = "nagios_checks_total{object=\"service\",kind=\"passive\"}";
