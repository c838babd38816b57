//! What happens in a cloud: VMs start and stop by jobs, storage fills, and all that is measured moves.

use std::time::Duration;

use serde_json::json;

use crate::clock;
use crate::cloud::Cloud;
use crate::generate::statistics;
use crate::lab::Lab;
use crate::record::*;

/// How many jobs, events and alerts the cloud remembers.
const REMEMBERED: usize = 2000;
/// Of so many VMs, one has new measurements after a step.
const MEASURED: usize = 50;
/// The state of a job that has not ended.
const PENDING: i32 = 0;

/// Lets something happen again and again.
pub(crate) async fn live(lab: &Lab, every: Duration) {
    loop {
        tokio::time::sleep(every).await;
        lab.with(step);
    }
}

/// Lets one thing happen: the jobs that there are end, and another begins.
pub(crate) fn step(cloud: &mut Cloud) {
    measure(cloud);
    cloud.touch();
    cloud.database.queries += 4000 + cloud.dice.below(2000) as i64;
    cloud.database.uptime += 5;
    let pending = cloud.jobs.iter().filter(|job| job.jobstatus == PENDING);
    for job in pending.map(|job| job.jobid.clone()).collect::<Vec<_>>() {
        finish(cloud, &job, true);
    }
    if !cloud.vms.is_empty() {
        let vm = cloud.dice.below(cloud.vms.len());
        begin(cloud, vm);
    }
}

/// Begins a job that starts a VM which does not run, or stops one that does. Returns the job.
pub(crate) fn begin(cloud: &mut Cloud, vm: usize) -> Text {
    let vm = &cloud.vms[vm];
    let cmd = match vm.state {
        "Running" => "org.apache.cloudstack.api.command.admin.vm.StopVMCmdByAdmin",
        _ => "org.apache.cloudstack.api.command.admin.vm.StartVMCmdByAdmin",
    };
    // Jobs of a project belong to who asked for them.
    let owner = Owner { project: None, projectid: None, ..vm.owner.clone() };
    let account =
        cloud.accounts.iter().find(|account| Some(&account.name) == owner.account.as_ref());
    let account = account.unwrap_or(&cloud.accounts[0]);
    let jobid: Text = cloud.dice.uuid().into();
    let job = Job {
        jobid: jobid.clone(),
        accountid: account.id.clone(),
        userid: account.id.clone(),
        cmd,
        jobinstancetype: "VirtualMachine",
        jobinstanceid: vm.id.clone(),
        jobstatus: PENDING,
        jobprocstatus: 0,
        jobresultcode: 0,
        jobresulttype: None,
        jobresult: None,
        created: clock::now(),
        completed: None,
        owner: Owner { account: Some(account.name.clone()), ..owner },
    };
    remember(&mut cloud.jobs, job);
    jobid
}

/// Ends a job, well or not, if it has not ended.
pub(crate) fn finish(cloud: &mut Cloud, job: &str, success: bool) {
    let pending = |other: &&mut Job| *other.jobid == *job && other.jobstatus == PENDING;
    let Some(job) = cloud.jobs.iter_mut().find(pending) else { return };
    let start = job.cmd.contains("Start");
    let id = job.jobinstanceid.clone();
    let result = match success {
        true => json!({ "virtualmachine": { "id": id } }),
        false => json!({ "errorcode": 530, "errortext": "Insufficient capacity" }),
    };
    (job.jobstatus, job.jobresultcode) = if success { (1, 0) } else { (2, 530) };
    (job.jobresulttype, job.jobresult) = (Some("object"), Some(result));
    job.completed = Some(clock::now());
    let Some(vm) = cloud.vms.iter_mut().find(|vm| vm.id == id) else { return };
    if success {
        vm.state = if start { "Running" } else { "Stopped" };
        let homes: Vec<_> = cloud
            .hosts
            .iter()
            .enumerate()
            .filter(|(_, host)| {
                host.hypervisor.is_some()
                    && host.state == "Up"
                    && host.place.pod.zone.zoneid == vm.zone.zoneid
            })
            .map(|(place, _)| place)
            .collect();
        vm.host = if start { cloud.dice.pick(&homes).copied() } else { None };
        let host = vm.host.map(|host| &cloud.hosts[host]);
        (vm.hostid, vm.hostname) = host.map(|host| (host.id.clone(), host.name.clone())).unzip();
    }
    let verb = if start { "starting" } else { "stopping" };
    let outcome = if success { "Successfully completed" } else { "Error while" };
    let event = Event {
        id: cloud.dice.uuid().into(),
        r#type: if start { "VM.START" } else { "VM.STOP" },
        level: if success { "INFO" } else { "ERROR" },
        state: "Completed",
        description: format!("{outcome} {verb} Vm. Vm Name: {}", vm.displayname),
        username: "lab",
        owner: vm.owner.clone(),
        created: clock::now(),
        resourceid: id,
        resourcetype: "VirtualMachine",
    };
    remember(&mut cloud.events, event);
    cloud.settle();
}

/// Writes an alert, as the server does of itself.
pub(crate) fn alert(cloud: &mut Cloud, number: i16, name: &str, description: &str) -> Text {
    let id: Text = cloud.dice.uuid().into();
    let alert = Alert {
        id: id.clone(),
        r#type: number,
        name: name.to_owned(),
        description: description.to_owned(),
        sent: clock::now(),
        number: number.to_string(),
    };
    remember(&mut cloud.alerts, alert);
    id
}

fn measure(cloud: &mut Cloud) {
    for host in cloud.hosts.iter_mut().filter_map(|host| host.hypervisor.as_mut()) {
        host.cpuused = format!("{:.2}%", cloud.dice.between(5.0, 70.0));
        host.cpuloadaverage = (cloud.dice.between(1.0, 12.0) * 100.0).round() / 100.0;
        host.networkkbsread += cloud.dice.below(50_000) as i64;
        host.networkkbswrite += cloud.dice.below(50_000) as i64;
    }
    for _ in 0..cloud.vms.len().div_ceil(MEASURED) {
        let number = cloud.dice.below(cloud.vms.len());
        let vm = &mut cloud.vms[number];
        vm.statistics = statistics(vm.memory, &mut cloud.dice);
    }
    for pool in &mut cloud.pools {
        let more = pool.disksizeused + (cloud.dice.below(64) as i64) * (1 << 20);
        pool.disksizeused = more.min(pool.disksizetotal);
        pool.disksizeallocated = (pool.disksizeused * 3 / 2).min(pool.disksizetotal * 2);
    }
}

/// The newest is the first.
fn remember<T>(all: &mut Vec<T>, newest: T) {
    all.insert(0, newest);
    all.truncate(REMEMBERED);
}
