//! All parts of a suite together: started in order, ended in reverse, broken and mended by name.

use std::net::SocketAddrV4;

use anyhow::{Context as _, ensure};

use crate::component::Component;
use crate::control::Part;
use crate::lab::{self, Fault, Setting};
use crate::supervise::{State, Supervised, say};

/// The parts in the order of their start.
#[derive(Debug)]
pub(crate) struct Suite(Vec<Supervised>);

impl Suite {
    /// A suite of which nothing runs yet.
    pub(crate) fn new(components: Vec<Component>) -> Self {
        Suite(components.into_iter().map(Supervised::new).collect())
    }

    /// Starts each part when those before it are ready.
    ///
    /// # Errors
    /// For the first part that dies or is not ready in time.
    pub(crate) async fn start(&self) -> anyhow::Result<()> {
        for part in &self.0 {
            say(&format!("starting {}", part.component().name));
            part.start().await?;
        }
        Ok(())
    }

    /// Ends all parts, the last started first.
    pub(crate) async fn end(&self) {
        for part in self.0.iter().rev() {
            part.end().await;
        }
    }

    /// Stops a part, or begins a fault of a simulator: `PART/FAULT`.
    ///
    /// # Errors
    /// When there is no such part or fault, or the simulator refuses a setting.
    pub(crate) async fn break_named(&self, name: &str, settings: &[Setting]) -> anyhow::Result<()> {
        if let Some((part, fault)) = name.split_once('/') {
            return lab::begin(self.control(part)?, fault, settings)
                .await
                .with_context(|| part.to_owned());
        }
        let part = self.part(name)?;
        ensure!(
            settings.is_empty(),
            "{name} is a part, which is stopped: only faults have settings"
        );
        part.stop().await;
        Ok(())
    }

    /// Starts a part again, or ends a fault.
    ///
    /// # Errors
    /// When there is no such part or fault, or the part does not become ready.
    pub(crate) async fn mend_named(&self, name: &str) -> anyhow::Result<()> {
        match name.split_once('/') {
            Some((part, fault)) => {
                lab::end(self.control(part)?, fault).await.with_context(|| part.to_owned())
            }
            None => self.part(name)?.start().await,
        }
    }

    /// The faults of all simulators that run.
    ///
    /// # Errors
    /// When one does not answer.
    pub(crate) async fn faults(&self) -> anyhow::Result<Vec<Fault>> {
        let mut all = Vec::new();
        for part in self.0.iter().filter(|part| matches!(part.state(), State::Ready(_))) {
            let Component { name: part, faults: Some(control), .. } = part.component() else {
                continue;
            };
            let known = lab::faults(*control).await.context(*part)?;
            let full =
                |Fault { name, description }| Fault { name: format!("{part}/{name}"), description };
            all.extend(known.into_iter().map(full));
        }
        Ok(all)
    }

    /// What each part is and does now.
    pub(crate) fn parts(&self) -> Vec<Part> {
        self.0.iter().map(describe).collect()
    }

    /// The control interface of a simulator.
    fn control(&self, name: &str) -> anyhow::Result<SocketAddrV4> {
        self.part(name)?.component().faults.with_context(|| {
            let with_faults =
                self.0.iter().map(Supervised::component).filter(|part| part.faults.is_some());
            let names: Vec<_> = with_faults.map(|part| part.name).collect();
            format!("`{name}` has no faults, expected one of {}", names.join(", "))
        })
    }

    fn part(&self, name: &str) -> anyhow::Result<&Supervised> {
        self.0.iter().find(|part| part.component().name == name).with_context(|| {
            let names: Vec<_> = self.0.iter().map(|part| part.component().name).collect();
            format!("there is no part `{name}`, expected one of {}", names.join(", "))
        })
    }
}

fn describe(part: &Supervised) -> Part {
    let (state, pid) = match part.state() {
        State::Waiting => ("waiting".into(), None),
        State::Starting(pid) => ("starting".into(), Some(pid)),
        State::Ready(pid) => ("ready".into(), Some(pid)),
        State::Died(how) => (how, None),
        State::Broken => ("broken".into(), None),
        State::Ended => ("ended".into(), None),
    };
    let component = part.component();
    Part {
        name: component.name.into(),
        purpose: component.purpose.into(),
        address: component.address.clone(),
        state,
        pid,
    }
}
