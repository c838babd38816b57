//! A large switch: processor, packets, memory and time of a scrape, and of 50 at once.

use std::time::Instant;

use futures_util::future::join_all;

use crate::agents::Lab;
use crate::exporter::{Exporter, Whose};
use crate::{figure, least, median};

/// Interfaces of the switch: 14,679 varbinds under the subtrees of if_mib.
const INTERFACES: usize = 358;

const ROUNDS: usize = 5;

/// Scrapes whose processor time is measured together, for it is counted in hundredths of a second.
const SCRAPES: usize = 10;

/// Switches at once.
const SWITCHES: usize = 50;

/// Round trip to a switch that is far away.
const MILLISECONDS: u32 = 10;

/// What one exporter came to.
#[derive(Default)]
struct Costs {
    /// Processor time of a scrape, seconds.
    processor: f64,
    packets: f64,
    /// Highest memory with one switch, megabytes.
    memory: f64,
    /// Time of a scrape when the switch is far away, seconds.
    far: f64,
    /// Time of all switches at once, seconds.
    together: f64,
    /// Highest memory with all switches at once, megabytes.
    memory_together: f64,
}

pub(crate) async fn measure() {
    let lab = Lab::start(SWITCHES, INTERFACES);
    let ours = costs(Whose::Ours, &lab).await;
    let peers = costs(Whose::Peers, &lab).await;
    let memory = ours.memory / peers.memory;
    let memory_together = ours.memory_together / peers.memory_together;
    figure("snmp_cpu_ratio", ours.processor / peers.processor);
    figure("snmp_memory_ratio", memory.max(memory_together));
    figure("snmp_packets_ratio", ours.packets / peers.packets);
    figure("snmp_rtt10_speedup", peers.far / ours.far);
    figure("snmp_parallel50_speedup", peers.together / ours.together);
}

async fn costs(whose: Whose, lab: &Lab) -> Costs {
    let mut costs = Costs::default();
    let exporter = Exporter::start(whose).await;
    let switch = &lab.agents[0];
    lab.delay(0).await;
    exporter.scrape(switch, "if_mib", INTERFACES).await;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let processor = exporter.process.processor_seconds();
        let packets = lab.packets().await;
        for _ in 0..SCRAPES {
            exporter.scrape(switch, "if_mib", INTERFACES).await;
        }
        rounds.push((exporter.process.processor_seconds() - processor) / SCRAPES as f64);
        costs.packets = costs.packets.max((lab.packets().await - packets) / SCRAPES as f64);
    }
    costs.processor = least(rounds);

    lab.delay(MILLISECONDS).await;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(exporter.scrape(switch, "if_mib", INTERFACES).await);
    }
    costs.far = median(rounds);
    costs.memory = exporter.process.most_memory();

    // Another process, so that the memory of both is known.
    drop(exporter);
    let exporter = Exporter::start(whose).await;
    let mut rounds = Vec::new();
    for _ in 0..2 {
        let start = Instant::now();
        join_all(lab.agents.iter().map(|agent| exporter.scrape(agent, "if_mib", INTERFACES))).await;
        rounds.push(start.elapsed().as_secs_f64());
    }
    // The first scrape of a device is no measure.
    costs.together = rounds[1];
    costs.memory_together = exporter.process.most_memory();
    let Costs { processor, packets, memory, far, together, memory_together } = costs;
    eprintln!(
        "{whose:?}: {processor:.4} s of processor and {packets} packets a scrape, {memory:.1} MB, {far:.3} s at \
         {MILLISECONDS} ms; {SWITCHES} at once in {together:.2} s with {memory_together:.1} MB, and the first time in {:.2} s",
        rounds[0]
    );
    costs
}
