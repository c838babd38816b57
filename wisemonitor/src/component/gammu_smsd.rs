//! gammu-smsd with its dummy phone: messages end as files in `sent/`, where anyone can read them.

use crate::component::{Component, Ready};
use crate::program;
use crate::site::Site;

const NAME: &str = "gammu-smsd";

pub(super) fn component(site: &Site) -> anyhow::Result<Component> {
    let folder = site.folder(NAME);
    let configuration = folder.join("gammu-smsd.conf");
    let mut folders = Vec::from(["inbox", "outbox", "sent", "error"].map(|name| folder.join(name)));
    // The dummy phone wants its five folders of messages to exist.
    folders.extend((1..=5).map(|place| folder.join(format!("phone/sms/{place}"))));
    let sample = include_str!("../../configuration/gammu-smsd.conf");
    Ok(Component {
        address: folder.join("sent").display().to_string(),
        folders,
        files: vec![(configuration.clone(), site.fill(sample, &[]))],
        arguments: vec!["--config".into(), configuration.into()],
        ready: Ready::Says("Starting phone communication"),
        ..Component::new(
            site,
            NAME,
            "SMS gateway with a dummy phone",
            program::debians("gammu-smsd")?,
        )
    })
}
