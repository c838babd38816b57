//! All parts of a suite together: started in order, ended in reverse, broken and mended by name.

use anyhow::Context as _;

use crate::component::Component;
use crate::control::Part;
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

    /// Stops one part.
    ///
    /// # Errors
    /// When there is no such part.
    pub(crate) async fn break_part(&self, name: &str) -> anyhow::Result<()> {
        self.part(name)?.stop().await;
        Ok(())
    }

    /// Starts one part again.
    ///
    /// # Errors
    /// When there is no such part, or it does not become ready.
    pub(crate) async fn mend_part(&self, name: &str) -> anyhow::Result<()> {
        self.part(name)?.start().await
    }

    /// What each part is and does now.
    pub(crate) fn parts(&self) -> Vec<Part> {
        self.0.iter().map(describe).collect()
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
