//! Consoles: who is on which, whether all of it is recorded, and how long the disk lasts.

use exporter_kit::Metric;
use vnc_recorder::metrics::families as vnc;

use crate::dashboard::{Dashboard, Row, Variable};
use crate::panel::{Colour, Kind, Meaning, Panel, Query, Unit, graph, stat};

/// The label matchers that every query begins with.
const RECORDER: &str = "job=~\"$job\", instance=~\"$instance\"";

/// The dashboard.
pub(crate) fn dashboard() -> Dashboard {
    Dashboard {
        uid: "wisemonitor-consoles",
        title: "Consoles",
        description: "Consoles that are open, their recordings, and the disk that these are on.",
        tags: &["wisemonitor", "consoles"],
        variables: variables(),
        ranges: &[("Last 7 days", "now-7d")],
        rows: vec![
            Row { title: "At a glance", panels: glance() },
            Row { title: "Sessions", panels: sessions() },
            Row { title: "Recordings", panels: recordings() },
        ],
    }
}

fn variables() -> Vec<Variable> {
    let sessions = vnc::SESSIONS.name;
    let instances = format!("label_values({sessions}{{job=~\"$job\"}}, instance)");
    vec![
        Variable::of_label("job", "Job", format!("label_values({sessions}, job)"), true),
        Variable::of_label("instance", "Recorder", instances, true),
    ]
}

fn glance() -> Vec<Panel> {
    vec![
        stat(
            "Open consoles",
            "Consoles that are open now.",
            Meaning::Count,
            Unit::None,
            sum(&vnc::SESSIONS),
        ),
        stat(
            "Not recorded",
            "Open consoles that ought to be recorded and are not.",
            Meaning::Trouble(Colour::Red),
            Unit::None,
            sum(&vnc::UNRECORDED),
        ),
        stat("Watchers", "People who look on.", Meaning::Count, Unit::None, sum(&vnc::WATCHERS)),
        stat(
            "Failures in a day",
            "Consoles that could not be opened, or ended by a fault.",
            Meaning::Trouble(Colour::Yellow),
            Unit::None,
            format!("round(sum(increase({}[1d])))", of(&vnc::FAILURES)),
        ),
        stat(
            "Recordings",
            "Recordings on the disk.",
            Meaning::Count,
            Unit::None,
            sum(&vnc::RECORDINGS),
        ),
        stat(
            "Their size",
            "What the recordings take on the disk.",
            Meaning::Count,
            Unit::Bytes,
            sum(&vnc::RECORDINGS_SIZE),
        ),
    ]
}

fn sessions() -> Vec<Panel> {
    vec![
        graph(
            "Open consoles",
            "Consoles and those who look on.",
            Unit::None,
            vec![
                Query::new(of(&vnc::SESSIONS), "{{instance}} consoles"),
                Query::new(of(&vnc::WATCHERS), "{{instance}} watchers"),
            ],
        ),
        graph(
            "Bytes from VNC servers",
            "What the servers send: how much the screens change.",
            Unit::BytesPerSecond,
            vec![Query::new(rate(&vnc::BYTES), "{{instance}}")],
        ),
        graph(
            "Consoles opened",
            "In each hour.",
            Unit::None,
            vec![Query::new(format!("increase({}[1h])", of(&vnc::OPENED)), "{{instance}}")],
        ),
        graph(
            "Failures by reason",
            "Consoles that could not be opened or ended by a fault, in each hour.",
            Unit::None,
            vec![Query::new(
                format!("sum by (instance, reason) (increase({}[1h]))", of(&vnc::FAILURES)),
                "{{instance}} {{reason}}",
            )],
        ),
    ]
}

fn recordings() -> Vec<Panel> {
    let growth = format!("clamp_min(deriv({}[6h]), 1)", of(&vnc::RECORDINGS_SIZE));
    vec![
        graph(
            "Recording lag",
            "Age of the oldest byte of an open console that is not on the disk yet.",
            Unit::Seconds,
            vec![Query::new(of(&vnc::LAG), "{{instance}}")],
        ),
        graph(
            "Gaps",
            "Times that a disk was too slow and something is missing in a recording, in each hour.",
            Unit::None,
            vec![Query::new(format!("increase({}[1h])", of(&vnc::GAPS)), "{{instance}}")],
        ),
        Panel {
            kind: Kind::Limited,
            ..graph(
                "Disk left",
                "Room on the disk of the recordings, and the reserve below which none begins.",
                Unit::Bytes,
                vec![
                    Query::new(of(&vnc::DISK_FREE), "{{instance}} free"),
                    Query::new(of(&vnc::DISK_RESERVE), "{{instance}} reserve"),
                ],
            )
        },
        graph(
            "Disk lasts for",
            "Until the reserve is reached, if recordings go on to grow as in the last six hours.",
            Unit::Seconds,
            vec![Query::new(
                format!("({} - {}) / {growth}", of(&vnc::DISK_FREE), of(&vnc::DISK_RESERVE)),
                "{{instance}}",
            )],
        ),
    ]
}

fn of(metric: &Metric) -> String {
    format!("{}{{{RECORDER}}}", metric.name)
}

fn sum(metric: &Metric) -> String {
    format!("sum({})", of(metric))
}

fn rate(metric: &Metric) -> String {
    format!("rate({}[$__rate_interval])", of(metric))
}
