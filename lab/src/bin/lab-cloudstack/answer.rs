//! Answers calls from the cloud.

mod page;

use serde::Serialize;
use serde_json::{Value, json};

use crate::cloud::{Cloud, Level};
use crate::fault::Fault;
use crate::lab::Lab;
use crate::life;
use crate::record::*;
use crate::role::{Role, User};
use crate::schema::{self, Command};
use crate::signature;

use page::Page;

/// What the version of an old server is.
const OLD_VERSION: &str = "4.11.3.0";

/// Why there is no answer: the status, and what is said to it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) text: String,
}

/// A call that has been let in.
pub(crate) struct Request<'a> {
    pub(crate) command: &'static Command,
    pub(crate) parameters: &'a [(String, String)],
    pub(crate) user: &'a User,
}

/// An answer, and the job that it has begun.
pub(crate) struct Answer {
    pub(crate) body: Vec<u8>,
    pub(crate) job: Option<Text>,
}

impl Lab {
    /// What the server says it is.
    pub(crate) fn version(&self) -> &str {
        if self.faults.get(Fault::OldServer).is_some() { OLD_VERSION } else { &self.version }
    }

    /// Answers a call.
    pub(crate) fn answer(&self, request: &Request<'_>) -> Result<Answer, Refusal> {
        let page = Page::of(self, request)?;
        self.with(|cloud| match request.command.name {
            "startVirtualMachine" | "stopVirtualMachine" => begin(cloud, request),
            name => {
                let inner = self.inner(cloud, request, &page, name)?;
                let mut body = format!("{{\"{}response\":", name.to_lowercase()).into_bytes();
                body.extend(inner);
                body.push(b'}');
                Ok(Answer { body, job: None })
            }
        })
    }

    fn inner(
        &self,
        cloud: &Cloud,
        request: &Request<'_>,
        page: &Page<'_>,
        name: &str,
    ) -> Result<Vec<u8>, Refusal> {
        Ok(match name {
            "listZones" | "listZonesMetrics" => page.with(&cloud.zones, |zone| {
                capacity_of(cloud, request, Level::Zone, |found| found.zone.zoneid == zone.id)
            }),
            "listPods" => page.with(&cloud.pods, |pod| {
                capacity_of(cloud, request, Level::Pod, |found| {
                    found.podid.as_ref() == Some(&pod.id)
                })
            }),
            "listClusters" | "listClustersMetrics" => page.with(&cloud.clusters, |cluster| {
                let id = Some(&cluster.id);
                capacity_of(cloud, request, Level::Cluster, |found| found.clusterid.as_ref() == id)
            }),
            "listCapacity" => page.list(&cloud.capacities(request.level())),
            "listHosts" | "listHostsMetrics" => page.list(&cloud.hosts),
            "listDedicatedHosts" => page.list(&cloud.dedicated_hosts),
            "listStoragePools" | "listStoragePoolsMetrics" => page.list(&cloud.pools),
            "listImageStores" => page.list(&cloud.image_stores),
            "listVirtualMachines" | "listVirtualMachinesMetrics" => {
                page.with(&cloud.vms, |vm| request.details("stats").then_some(&vm.statistics))
            }
            "listVirtualMachinesUsageHistory" => page.list(&[] as &[Vm]),
            "listVolumes" => page.list(&cloud.volumes),
            "listSnapshots" => page.list(&cloud.snapshots),
            "listTemplates" => page.list(&cloud.templates),
            "listSystemVms" => page.list(&cloud.system_vms),
            "listRouters" => page.with(&cloud.routers, |router| {
                let asked = request.value("fetchhealthcheckresults") == Some("true");
                asked.then_some(Checks { healthcheckresults: &router.checks })
            }),
            "listNetworks" => page.list(&cloud.networks),
            "listVPCs" => page.list(&cloud.vpcs),
            "listPublicIpAddresses" => page.list(&cloud.addresses),
            "listVlanIpRanges" => page.list(&cloud.vlans),
            "listDomains" => page.list(&cloud.domains),
            "listAccounts" => page.list(&cloud.accounts),
            "listProjects" => page.list(&cloud.projects),
            "listResourceLimits" => page.list(&cloud.limits),
            "listAlerts" => page.list(&cloud.alerts),
            "listEvents" => page.list(&cloud.events),
            "listAsyncJobs" => page.list(&cloud.jobs),
            "listManagementServersMetrics" => page.list(&cloud.management_servers),
            "listDbMetrics" => object("dbMetrics", &cloud.database),
            "listUsageServerMetrics" => object("usageMetrics", &cloud.usage_server),
            "listInfrastructure" => object("infrastructure", &cloud.infrastructure()),
            "listCapabilities" => object("capability", &self.capabilities()),
            "listApis" => self.apis(request),
            "queryAsyncJobResult" => {
                let job = cloud.jobs.iter().find(|job| Some(&*job.jobid) == request.value("jobid"));
                let missing = || refusal(431, "Unable to find a job by id specified");
                text(job.ok_or_else(missing)?)
            }
            _ => return Err(refusal(530, "the lab does not answer this call")),
        })
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            cloudstackversion: self.version().to_owned(),
            securitygroupsenabled: false,
            dynamicrolesenabled: true,
            userpublictemplateenabled: true,
            apilimitinterval: self.throttle.interval.as_secs() as i32,
            apilimitmax: self.throttle.calls as i32,
            defaultuipagesize: 20,
            support_elb: "false",
        }
    }

    /// The calls that this server has and this role may make.
    fn apis(&self, request: &Request<'_>) -> Vec<u8> {
        let name = request.value("name");
        let all = schema::all().iter().filter(|command| {
            command.is_in(self.version())
                && request.user.role.may(command)
                && name.is_none_or(|name| command.name.eq_ignore_ascii_case(name))
        });
        let api: Vec<_> = all.map(Command::described).collect();
        text(&json!({ "count": api.len(), "api": api }))
    }
}

impl Request<'_> {
    /// A parameter, if it is given and not empty.
    fn value(&self, name: &str) -> Option<&str> {
        signature::value(self.parameters, name).filter(|value| !value.is_empty())
    }

    /// Whether a kind of details is asked for; all of them are if none is named.
    fn details(&self, kind: &str) -> bool {
        let of = |details: &str| details.split(',').any(|named| named == kind || named == "all");
        self.value("details").is_none_or(of)
    }

    /// Where capacities are wanted.
    fn level(&self) -> Level {
        match (self.value("clusterid"), self.value("podid")) {
            (Some(_), _) => Level::Cluster,
            (None, Some(_)) => Level::Pod,
            (None, None) => Level::Zone,
        }
    }
}

#[derive(Serialize)]
struct Checks<'a> {
    healthcheckresults: &'a [HealthCheck],
}

#[derive(Serialize)]
struct Capacities {
    capacity: Vec<Capacity>,
}

fn capacity_of(
    cloud: &Cloud,
    request: &Request<'_>,
    level: Level,
    here: impl Fn(&Capacity) -> bool,
) -> Option<Capacities> {
    let asked = request.value("showcapacities") == Some("true");
    let all = || cloud.capacities(level).into_iter().filter(&here).collect();
    asked.then(|| Capacities { capacity: all() })
}

/// Begins to start or to stop a VM, for who may see it.
fn begin(cloud: &mut Cloud, request: &Request<'_>) -> Result<Answer, Refusal> {
    let user = request.user;
    let found = cloud.vms.iter().position(|vm| {
        let mine = vm.owner.account.as_deref() == Some(user.account);
        Some(&*vm.id) == request.value("id") && (user.role != Role::User || mine)
    });
    let unknown =
        || refusal(431, "Unable to execute API command due to invalid value. Invalid parameter id");
    let vm = found.ok_or_else(unknown)?;
    let wanted = request.command.name == "startVirtualMachine";
    if wanted == (cloud.vms[vm].state == "Running") {
        return Err(refusal(431, "the VM is in that state already"));
    }
    let job = life::begin(cloud, vm);
    let name = format!("{}response", request.command.name.to_lowercase());
    let body = text(&json!({ name: { "id": cloud.vms[vm].id, "jobid": job } }));
    Ok(Answer { body, job: Some(job) })
}

pub(crate) fn refusal(status: u16, text: impl Into<String>) -> Refusal {
    Refusal { status, text: text.into() }
}

fn object(key: &str, of: &impl Serialize) -> Vec<u8> {
    text(&json!({ key: serde_json::to_value(of).unwrap_or(Value::Null) }))
}

/// JSON. What the lab has can always be written.
fn text(of: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(of).unwrap_or_default()
}
