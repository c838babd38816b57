//! The control plane: management servers, database, usage server, jobs, events and alerts.

use crate::client::lenient::{Flag, List, Number, Text};

use super::records;

records! {
    /// `listManagementServersMetrics`. Heap in bytes; `threadsteminatedcount` is the API's own spelling.
    ManagementServer by id {
        id: Text,
        name: Text,
        state: Text,
        version: Text,
        javaversion: Text,
        osdistribution: Text,
        kernelversion: Text,
        availableprocessors: Number,
        agentcount: Number,
        sessions: Number,
        heapmemoryused: Number,
        heapmemorytotal: Number,
        systemloadaverages: List<Number>,
        threadsblockedcount: Number,
        threadsdaemoncount: Number,
        threadsrunnablecount: Number,
        threadsteminatedcount: Number,
        threadstotalcount: Number,
        threadswaitingcount: Number,
        lastserverstart: Text,
        lastboottime: Text,
        collectiontime: Text,
        dbislocal: Flag,
        usageislocal: Flag,
    }

    /// `listDbMetrics`. Uptime in seconds.
    Database by hostname {
        hostname: Text,
        version: Text,
        versioncomment: Text,
        connections: Number,
        queries: Number,
        uptime: Number,
        dbloadaverages: List<Number>,
        collectiontime: Text,
    }

    /// `listUsageServerMetrics`.
    UsageServer by hostname {
        hostname: Text,
        state: Text,
        lastheartbeat: Text,
        lastsuccessfuljob: Text,
        collectiontime: Text,
    }

    /// `listAsyncJobs`. `jobstatus`: 0 pending, 1 succeeded, 2 failed, 3 cancelled.
    Job by jobid {
        jobid: Text,
        jobstatus: Number,
        cmd: Text,
        created: Text,
    }

    /// `listEvents`.
    Event by id {
        id: Text,
        #[serde(rename = "type")] kind: Text,
        level: Text,
        created: Text,
    }

    /// `listAlerts`.
    Alert by id {
        id: Text,
        #[serde(rename = "type")] kind: Number,
        name: Text,
        description: Text,
        sent: Text,
    }
}
