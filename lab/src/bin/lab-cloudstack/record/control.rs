//! The control plane: management servers, the database, jobs, events and alerts.

use serde::Serialize;
use serde_json::Value;

use super::{Owner, Text, chosen_by};

#[derive(Debug, Clone, Serialize)]
pub(crate) struct ManagementServer {
    pub(crate) id: Text,
    pub(crate) name: &'static str,
    pub(crate) state: &'static str,
    pub(crate) version: String,
    pub(crate) javaversion: &'static str,
    pub(crate) javadistribution: &'static str,
    pub(crate) osdistribution: &'static str,
    pub(crate) kernelversion: &'static str,
    pub(crate) collectiontime: String,
    pub(crate) lastboottime: String,
    pub(crate) lastserverstart: String,
    pub(crate) agentcount: i32,
    pub(crate) sessions: i64,
    pub(crate) availableprocessors: i32,
    /// Percent, without the sign.
    pub(crate) cpuload: String,
    pub(crate) heapmemoryused: i64,
    pub(crate) heapmemorytotal: i64,
    pub(crate) systemmemorytotal: &'static str,
    pub(crate) systemmemoryused: &'static str,
    pub(crate) systemmemoryfree: &'static str,
    pub(crate) systemmemoryvirtualsize: &'static str,
    pub(crate) systemloadaverages: [f64; 3],
    pub(crate) systemcycleusage: [i64; 3],
    pub(crate) systemtotalcpucycles: f64,
    pub(crate) threadstotalcount: i32,
    pub(crate) threadsdaemoncount: i32,
    pub(crate) threadsrunnablecount: i32,
    pub(crate) threadsblockedcount: i32,
    pub(crate) threadswaitingcount: i32,
    /// The API misspells it so.
    pub(crate) threadsteminatedcount: i32,
    pub(crate) dbislocal: bool,
    pub(crate) usageislocal: bool,
}
chosen_by!(ManagementServer: "id" id, "name" name);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Database {
    pub(crate) hostname: &'static str,
    pub(crate) version: &'static str,
    pub(crate) versioncomment: &'static str,
    pub(crate) collectiontime: String,
    pub(crate) connections: i32,
    pub(crate) queries: i64,
    pub(crate) uptime: i64,
    pub(crate) dbloadaverages: [f64; 3],
    pub(crate) replicas: [&'static str; 0],
    pub(crate) tlsversions: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct UsageServer {
    pub(crate) hostname: &'static str,
    pub(crate) state: &'static str,
    pub(crate) collectiontime: String,
    pub(crate) lastheartbeat: String,
    pub(crate) lastsuccessfuljob: String,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Infrastructure {
    pub(crate) zones: usize,
    pub(crate) pods: usize,
    pub(crate) clusters: usize,
    pub(crate) hosts: usize,
    pub(crate) storagepools: usize,
    pub(crate) imagestores: usize,
    pub(crate) systemvms: usize,
    pub(crate) routers: usize,
    pub(crate) cpusockets: i32,
    pub(crate) managementservers: usize,
    pub(crate) alerts: usize,
    pub(crate) ilbvms: usize,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Capabilities {
    pub(crate) cloudstackversion: String,
    pub(crate) securitygroupsenabled: bool,
    pub(crate) dynamicrolesenabled: bool,
    pub(crate) userpublictemplateenabled: bool,
    pub(crate) apilimitinterval: i32,
    pub(crate) apilimitmax: i32,
    pub(crate) defaultuipagesize: i64,
    #[serde(rename = "supportELB")]
    pub(crate) support_elb: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Job {
    pub(crate) jobid: Text,
    pub(crate) accountid: Text,
    pub(crate) userid: Text,
    pub(crate) cmd: &'static str,
    pub(crate) jobinstancetype: &'static str,
    pub(crate) jobinstanceid: Text,
    /// 0 is pending, 1 done, 2 failed.
    pub(crate) jobstatus: i32,
    pub(crate) jobprocstatus: i32,
    pub(crate) jobresultcode: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jobresulttype: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jobresult: Option<Value>,
    pub(crate) created: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) completed: Option<String>,
    #[serde(skip)]
    pub(crate) owner: Owner,
}
chosen_by!(Job, owner owner: "jobid" jobid);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    pub(crate) id: Text,
    pub(crate) r#type: &'static str,
    pub(crate) level: &'static str,
    pub(crate) state: &'static str,
    pub(crate) description: String,
    pub(crate) username: &'static str,
    #[serde(flatten)]
    pub(crate) owner: Owner,
    pub(crate) created: String,
    pub(crate) resourceid: Text,
    pub(crate) resourcetype: &'static str,
}
chosen_by!(Event, owner owner: "id" id, "type" r#type, "level" level, "resourceid" resourceid,
    "account" owner.account);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Alert {
    pub(crate) id: Text,
    pub(crate) r#type: i16,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) sent: String,
    #[serde(skip)]
    pub(crate) number: String,
}
chosen_by!(Alert: "id" id, "type" number, "name" name);
