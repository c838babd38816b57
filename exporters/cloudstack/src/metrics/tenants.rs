//! Domains, accounts and projects: what they use, and how much they may.

use std::fmt;

use exporter_kit::Metric;

use crate::record::{Quota, RESOURCES, Resource, Tenant};
use crate::snapshot::{Part, Snapshot};

use super::Page;
use super::families as f;

pub(super) fn write(page: &mut Page<'_, '_>) -> fmt::Result {
    page.infos(
        &f::DOMAIN_INFO,
        "domain_id",
        |s| &s.domains,
        |domain| {
            [("domain", domain.path.known().unwrap_or(&domain.name)), ("state", &domain.state)]
        },
    )?;
    quotas(page, "domain_id", [&f::DOMAIN_USED, &f::DOMAIN_LIMIT], |s| &s.domains)?;
    page.infos(
        &f::ACCOUNT_INFO,
        "account_id",
        |s| &s.accounts,
        |account| {
            [
                ("account", &account.name),
                ("domain", account.domainpath.known().unwrap_or(&account.domain)),
                ("domain_id", &account.domainid),
                ("state", &account.state),
            ]
        },
    )?;
    quotas(page, "account_id", [&f::ACCOUNT_USED, &f::ACCOUNT_LIMIT], |s| &s.accounts)?;
    page.infos(
        &f::PROJECT_INFO,
        "project_id",
        |s| &s.projects,
        |project| {
            [
                ("project", &project.name),
                ("domain", &project.domain),
                ("domain_id", &project.domainid),
                ("state", &project.state),
            ]
        },
    )?;
    quotas(page, "project_id", [&f::PROJECT_USED, &f::PROJECT_LIMIT], |s| &s.projects)
}

fn quotas(
    page: &mut Page<'_, '_>,
    id: &'static str,
    families: [&'static Metric; 2],
    part: fn(&Snapshot) -> &Part<Tenant>,
) -> fmt::Result {
    let readings: [fn(Quota) -> Option<f64>; 2] =
        [|quota| quota.used.0, |quota| quota.limit.0.filter(|limit| limit.is_finite())];
    for (metric, read) in families.into_iter().zip(readings) {
        page.family(metric, |snapshot, write| {
            for tenant in part(snapshot).rows() {
                for (Resource { name, unit }, quota) in RESOURCES.iter().zip(tenant.quotas.all()) {
                    if let Some(value) = read(quota) {
                        write([(id, &tenant.id), ("resource", name)], value * unit)?;
                    }
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}
