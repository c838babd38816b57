//! The part of the site that a problem is of: what the page groups by.

use serde::Serialize;

use crate::alert::Content;

/// A part of the site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Area {
    /// Physical machines and their services, and whatever is of no other part.
    Infrastructure,
    Network,
    Xenserver,
    Cloudstack,
}

impl Area {
    pub(crate) const ALL: [Area; 4] =
        [Area::Infrastructure, Area::Network, Area::Xenserver, Area::Cloudstack];

    /// Its name in the store and the API.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Area::Infrastructure => "infrastructure",
            Area::Network => "network",
            Area::Xenserver => "xenserver",
            Area::Cloudstack => "cloudstack",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Area::ALL.into_iter().find(|area| area.name() == name)
    }

    /// The area that an alert's labels tell: its source, else the scrape job that its rule looks at.
    pub(crate) fn of(content: &Content) -> Self {
        let told = ["source", "job"].map(|label| content.label(label).to_lowercase());
        let about =
            |words: &[&str]| told.iter().any(|text| words.iter().any(|word| text.contains(word)));
        if about(&["cloudstack"]) {
            Area::Cloudstack
        } else if about(&["xen"]) {
            Area::Xenserver
        } else if about(&["snmp", "network"]) {
            Area::Network
        } else {
            Area::Infrastructure
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Pairs;

    #[test]
    fn labels_tell_the_area() {
        let area = |name: &str, value: &str| {
            let labels = Pairs::from([(name.to_owned(), value.to_owned())]);
            Area::of(&Content { labels, ..Content::default() })
        };
        assert_eq!(area("source", "nagios"), Area::Infrastructure);
        assert_eq!(area("job", "snmp"), Area::Network);
        assert_eq!(area("source", "xenserver"), Area::Xenserver);
        assert_eq!(area("job", "CloudStack-exporter"), Area::Cloudstack);
        assert_eq!(area("host", "xen-1"), Area::Infrastructure, "a name of a host tells nothing");
        for area in Area::ALL {
            assert_eq!(serde_json::to_value(area).unwrap(), area.name());
            assert_eq!(Area::from_name(area.name()), Some(area));
        }
    }
}
