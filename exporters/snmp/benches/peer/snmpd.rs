//! A real agent, which has to work for each of its answers: neither it nor who asks may take longer.

use std::time::{Duration, Instant};

use crate::agents::Snmpd;
use crate::exporter::{Exporter, Whose};
use crate::{figure, least, median};

const ROUNDS: usize = 8;

/// Scrapes of a round, whose processor time is counted in hundredths of a second.
const SCRAPES: usize = 40;

/// What one exporter costs.
#[derive(Default)]
struct Costs {
    /// Seconds of each scrape.
    walls: Vec<f64>,
    /// Processor seconds of the agent for each round.
    agent: Vec<f64>,
}

pub(crate) async fn measure() {
    let snmpd = Snmpd::start();
    let (ours, peers) = (Exporter::start(Whose::Ours).await, Exporter::start(Whose::Peers).await);
    wait(&ours, &snmpd).await;
    let (mut our_costs, mut peers_costs) = (Costs::default(), Costs::default());
    // In turns, for the machine has its moods.
    for _ in 0..ROUNDS {
        our_costs.add(&ours, &snmpd).await;
        peers_costs.add(&peers, &snmpd).await;
    }
    let (our_wall, our_agent) = our_costs.figures("Ours");
    let (peers_wall, peers_agent) = peers_costs.figures("Peers");
    figure("snmpd_wall_ratio", our_wall / peers_wall);
    figure("snmpd_agent_cpu_ratio", our_agent / peers_agent);
}

impl Costs {
    async fn add(&mut self, exporter: &Exporter, snmpd: &Snmpd) {
        let before = snmpd.process.processor_seconds();
        for _ in 0..SCRAPES {
            let (took, found) =
                exporter.try_scrape(&snmpd.address, "host", "ifInOctets{").await.unwrap();
            assert!(found > 0, "an agent without interfaces");
            self.walls.push(took);
        }
        self.agent.push(snmpd.process.processor_seconds() - before);
    }

    /// Seconds of a scrape, and processor seconds of the agent for it.
    fn figures(self, whose: &str) -> (f64, f64) {
        let Self { walls, agent } = self;
        let (wall, agent) = (median(walls), least(agent) / SCRAPES as f64);
        eprintln!("{whose}: {wall:.4} s a scrape of snmpd, which works {agent:.4} s for it");
        (wall, agent)
    }
}

/// Until the agent answers.
async fn wait(exporter: &Exporter, snmpd: &Snmpd) {
    let until = Instant::now() + Duration::from_secs(60);
    while exporter.try_scrape(&snmpd.address, "host", "ifInOctets{").await.is_err() {
        assert!(Instant::now() < until, "snmpd does not answer on {}", snmpd.address);
    }
}
