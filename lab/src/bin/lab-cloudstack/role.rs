//! Who may ask for what.

use serde::Serialize;

use crate::schema::Command;

/// Calls of an ordinary user.
const OF_USERS: [&str; 20] = [
    "listApis",
    "listZones",
    "listVirtualMachines",
    "listVirtualMachinesMetrics",
    "listVirtualMachinesUsageHistory",
    "listVolumes",
    "listSnapshots",
    "listTemplates",
    "listNetworks",
    "listVPCs",
    "listPublicIpAddresses",
    "listEvents",
    "listAsyncJobs",
    "listAccounts",
    "listProjects",
    "listResourceLimits",
    "listCapabilities",
    "queryAsyncJobResult",
    "startVirtualMachine",
    "stopVirtualMachine",
];

/// A role, as the server has them from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Role {
    /// Everything.
    Admin,
    /// Everything that changes nothing.
    ReadOnly,
    /// What is its own.
    User,
}

/// Somebody with keys.
#[derive(Debug, Clone)]
pub(crate) struct User {
    /// Name of the account, whose objects a role of users is limited to.
    pub(crate) account: &'static str,
    pub(crate) role: Role,
    pub(crate) key: &'static str,
    pub(crate) secret: &'static str,
}

/// One of each role.
pub(crate) fn users() -> Vec<User> {
    vec![
        User {
            account: "admin",
            role: Role::Admin,
            key: "lab-admin-key",
            secret: "lab-admin-secret",
        },
        User {
            account: "admin",
            role: Role::ReadOnly,
            key: "lab-read-only-key",
            secret: "lab-read-only-secret",
        },
        User {
            account: "account-1",
            role: Role::User,
            key: "lab-user-key",
            secret: "lab-user-secret",
        },
    ]
}

impl Role {
    /// Whether it may make a call.
    pub(crate) fn may(self, command: &Command) -> bool {
        match self {
            Role::Admin => true,
            Role::ReadOnly => command.name.starts_with("list") || command.name.starts_with("query"),
            Role::User => OF_USERS.contains(&command.name),
        }
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.serialize(formatter)
    }
}
