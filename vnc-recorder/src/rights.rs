//! Who may do what here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees which consoles there are and which are open.
    Viewer,
    /// Opens consoles, and replays.
    Operator,
    /// Looks on at consoles of others, and replays; opens none.
    Auditor,
    /// Everything: ends sessions, deletes and keeps recordings, reads the audit log.
    Admin,
}

/// What there is to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// See targets and sessions.
    View,
    /// Open a console.
    Open,
    /// Look on at a session of somebody else.
    Watch,
    /// Find, replay and verify recordings.
    Replay,
    /// Take a recording away as a file.
    Download,
    /// Delete recordings, or keep them from being deleted.
    Delete,
    /// End a session of somebody else.
    Terminate,
    /// Read the audit log.
    Audit,
}

impl Right {
    /// All there are.
    pub(crate) const ALL: [Right; 8] = [
        Right::View,
        Right::Open,
        Right::Watch,
        Right::Replay,
        Right::Download,
        Right::Delete,
        Right::Terminate,
        Right::Audit,
    ];
}

impl access::Role for Role {
    type Right = Right;

    fn may(self, right: Right) -> bool {
        match right {
            Right::View => true,
            Right::Open => matches!(self, Role::Operator | Role::Admin),
            Right::Watch | Right::Download => matches!(self, Role::Auditor | Role::Admin),
            Right::Replay => self != Role::Viewer,
            Right::Delete | Right::Terminate | Right::Audit => self == Role::Admin,
        }
    }
}

/// Which targets whose rights are about. Who is not named here has them about all targets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Scopes(BTreeMap<String, Vec<Pattern>>);

/// `POOL/ID`, in which `*` stands for any text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct Pattern(String);

impl Scopes {
    /// Whether the rights of `user` are about the target of this id.
    pub(crate) fn cover(&self, user: &str, target: &str) -> bool {
        let patterns = self.0.get(user);
        patterns.is_none_or(|patterns| patterns.iter().any(|pattern| pattern.fits(target)))
    }
}

impl Pattern {
    fn fits(&self, target: &str) -> bool {
        let (first, rest) =
            self.0.split_once('*').map_or((self.0.as_str(), None), |(a, b)| (a, Some(b)));
        let Some(rest) = rest else { return first == target };
        let Some(mut left) = target.strip_prefix(first) else { return false };
        let mut parts: Vec<&str> = rest.split('*').collect();
        let last = parts.pop().unwrap_or_default();
        for part in parts {
            let Some(at) = left.find(part) else { return false };
            left = &left[at + part.len()..];
        }
        left.ends_with(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use access::Role as _;

    #[test]
    fn each_role_may_what_it_is_for() {
        let rights = |role: Role| Right::ALL.into_iter().filter(move |right| role.may(*right));
        assert_eq!(rights(Role::Viewer).collect::<Vec<_>>(), [Right::View]);
        assert_eq!(
            rights(Role::Operator).collect::<Vec<_>>(),
            [Right::View, Right::Open, Right::Replay]
        );
        assert_eq!(
            rights(Role::Auditor).collect::<Vec<_>>(),
            [Right::View, Right::Watch, Right::Replay, Right::Download]
        );
        assert_eq!(rights(Role::Admin).count(), Right::ALL.len());
    }

    #[test]
    fn a_scope_is_a_list_of_patterns() {
        let scopes: Scopes = serde_json::from_value(serde_json::json!({
            "duty": ["lab/*", "xen/abc"], "guest": [], "middle": ["x*b*c"],
        }))
        .unwrap();
        for (user, target, covered) in [
            ("duty", "lab/one", true),
            ("duty", "laboratory/one", false),
            ("duty", "xen/abc", true),
            ("duty", "xen/abcd", false),
            ("guest", "lab/one", false),
            ("nobody in particular", "lab/one", true),
            ("middle", "x/abac", true),
            ("middle", "x/c", false),
            ("middle", "x/b", false),
        ] {
            assert_eq!(scopes.cover(user, target), covered, "{user} {target}");
        }
    }
}
