//! What we take from RRDs: the one table of columns and the metrics they become.

use exporter_kit::Metric;

use crate::config::Optional;
use crate::metrics::families as f;

/// What a column becomes.
#[derive(Debug)]
pub(crate) struct Measure {
    pub(crate) subject: Subject,
    /// The column's name before and behind its part.
    prefix: &'static str,
    suffix: &'static str,
    pub(crate) part: Part,
    pub(crate) fold: Fold,
    pub(crate) metric: &'static Metric,
    /// From the column's unit to ours.
    pub(crate) scale: f64,
    /// The group that must be asked for.
    group: Option<Optional>,
}

/// Whose a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    Host,
    Vm,
}

/// What varies in a column's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Nothing.
    Whole,
    /// The number of a processor.
    Cpu,
    /// `0-C1`: a processor and a state.
    CpuState,
    /// A disk or interface.
    Device,
    /// The first eight letters of a repository's UUID.
    Sr,
    /// A run state.
    State,
}

/// How the columns of one subject become series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    /// One each.
    Each,
    /// Their sum.
    Sum,
    /// Their mean.
    Mean,
}

impl Measure {
    /// The part of a column's name that varies, if the column is of this kind.
    pub(crate) fn part_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let part = name.strip_prefix(self.prefix)?.strip_suffix(self.suffix)?;
        let fits = match self.part {
            Part::Whole => part.is_empty(),
            Part::Cpu => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
            Part::CpuState => part.split_once('-').is_some_and(|(cpu, state)| {
                cpu.bytes().all(|byte| byte.is_ascii_digit()) && state.starts_with(['C', 'P'])
            }),
            Part::Device => !part.is_empty() && part != "aggr" && !part.contains('_'),
            Part::Sr => part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_hexdigit()),
            Part::State => !part.is_empty(),
        };
        fits.then_some(part)
    }

    /// Whether it is asked for.
    pub(crate) fn is_wanted(&self, groups: &std::collections::BTreeSet<Optional>) -> bool {
        self.group.is_none_or(|group| groups.contains(&group))
    }
}

/// A line of the table.
macro_rules! measures {
    ($($subject:ident $prefix:literal $part:ident $suffix:literal, $fold:ident => $metric:ident * $scale:expr $(, $group:ident)?;)*) => {
        &[$(Measure {
            subject: Subject::$subject,
            prefix: $prefix,
            suffix: $suffix,
            part: Part::$part,
            fold: Fold::$fold,
            metric: &f::$metric,
            scale: $scale,
            group: measures!(@group $($group)?),
        },)*]
    };
    (@group $group:ident) => { Some(Optional::$group) };
    (@group) => { None };
}

const KIB: f64 = 1024.0;
const MIB: f64 = 1_048_576.0;
const MICROSECOND: f64 = 1e-6;

/// All of them.
pub(crate) const MEASURES: &[Measure] = measures! {
    Host "cpu" Cpu "", Mean => HOST_CPU_USAGE * 1.0;
    Host "cpu" Cpu "", Each => HOST_CPU_SECONDS * 1.0;
    Host "loadavg" Whole "", Each => HOST_LOAD * 1.0;
    Host "hostload" Whole "", Each => HOST_LOAD_RATIO * 1.0;
    Host "running_vcpus" Whole "", Each => HOST_RUNNING_VCPUS * 1.0;
    Host "memory_free_kib" Whole "", Each => HOST_MEMORY_FREE * KIB;
    Host "memory_reclaimed" Whole "", Each => HOST_MEMORY_RECLAIMED * 1.0;
    Host "memory_reclaimed_max" Whole "", Each => HOST_MEMORY_RECLAIMABLE * 1.0;
    Host "DCMI-power-reading" Whole "", Each => HOST_POWER * 1.0;
    Host "pif_" Device "_rx", Each => HOST_RECEIVED * 1.0;
    Host "pif_" Device "_tx", Each => HOST_TRANSMITTED * 1.0;
    Host "cpu" CpuState "", Each => HOST_CPU_STATE * 1.0, CpuState;
    Host "xapi_memory_usage_kib" Whole "", Each => XAPI_MEMORY * KIB, Xapi;
    Host "xapi_open_fds" Whole "", Each => XAPI_FILES * 1.0, Xapi;
    Host "pool_task_count" Whole "", Each => XAPI_TASKS * 1.0, Xapi;
    Host "pool_session_count" Whole "", Each => XAPI_SESSIONS * 1.0, Xapi;
    Host "io_throughput_read_" Sr "", Each => SR_READ * MIB;
    Host "io_throughput_write_" Sr "", Each => SR_WRITTEN * MIB;
    Host "iops_read_" Sr "", Each => SR_READS * 1.0, StorageDetail;
    Host "iops_write_" Sr "", Each => SR_WRITES * 1.0, StorageDetail;
    Host "read_latency_" Sr "", Each => SR_READ_LATENCY * MICROSECOND, StorageDetail;
    Host "write_latency_" Sr "", Each => SR_WRITE_LATENCY * MICROSECOND, StorageDetail;
    Host "latency_" Sr "", Each => SR_LATENCY * MICROSECOND, StorageDetail;
    Host "inflight_" Sr "", Each => SR_INFLIGHT * 1.0, StorageDetail;
    Host "iowait_" Sr "", Each => SR_IOWAIT * 1.0, StorageDetail;
    Vm "cpu" Cpu "", Mean => VM_CPU_USAGE * 1.0;
    Vm "cpu" Cpu "", Sum => VM_VCPU_SECONDS * 1.0;
    Vm "cpu" Cpu "", Each => VM_VCPU_USAGE * 1.0, VmCpu;
    Vm "memory" Whole "", Each => VM_MEMORY * 1.0;
    Vm "memory_target" Whole "", Each => VM_MEMORY_TARGET * 1.0;
    Vm "memory_internal_free" Whole "", Each => VM_MEMORY_FREE * KIB;
    Vm "vbd_" Device "_read", Each => VM_READ * 1.0;
    Vm "vbd_" Device "_write", Each => VM_WRITTEN * 1.0;
    Vm "vbd_" Device "_iops_read", Each => VM_READS * 1.0, DiskDetail;
    Vm "vbd_" Device "_iops_write", Each => VM_WRITES * 1.0, DiskDetail;
    Vm "vbd_" Device "_read_latency", Each => VM_READ_LATENCY * MICROSECOND, DiskDetail;
    Vm "vbd_" Device "_write_latency", Each => VM_WRITE_LATENCY * MICROSECOND, DiskDetail;
    Vm "vbd_" Device "_latency", Each => VM_LATENCY * MICROSECOND, DiskDetail;
    Vm "vbd_" Device "_avgqu_sz", Each => VM_QUEUE * 1.0, DiskDetail;
    Vm "vbd_" Device "_inflight", Each => VM_INFLIGHT * 1.0, DiskDetail;
    Vm "vbd_" Device "_iowait", Each => VM_IOWAIT * 1.0, DiskDetail;
    Vm "vif_" Device "_rx", Each => VM_RECEIVED * 1.0;
    Vm "vif_" Device "_tx", Each => VM_TRANSMITTED * 1.0;
    Vm "vif_" Device "_rx_errors", Each => VM_RECEIVE_ERRORS * 1.0, NetworkDetail;
    Vm "vif_" Device "_tx_errors", Each => VM_TRANSMIT_ERRORS * 1.0, NetworkDetail;
    Vm "runstate_" State "", Each => VM_RUNSTATE * 1.0, Runstate;
};

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(subject: Subject, name: &str) -> Vec<(&'static str, &str)> {
        let all = MEASURES.iter().filter(|measure| measure.subject == subject);
        all.filter_map(|measure| Some((measure.metric.name, measure.part_of(name)?))).collect()
    }

    #[test]
    fn a_column_becomes_what_its_name_says() {
        for (name, expected) in [
            ("vbd_xvdaa_read", vec![("xen_vm_disk_read_bytes_total", "xvdaa")]),
            ("vbd_hda_iops_read", vec![("xen_vm_disk_reads_total", "hda")]),
            ("vbd_sda_read_latency", vec![("xen_vm_disk_read_latency_seconds", "sda")]),
            ("vif_0_rx", vec![("xen_vm_network_receive_bytes_total", "0")]),
            ("memory", vec![("xen_vm_memory_bytes", "")]),
            ("memory_target", vec![("xen_vm_memory_target_bytes", "")]),
            ("cpu_usage", vec![]),
            ("vbd_xvda_io_throughput_read", vec![]),
        ] {
            assert_eq!(measured(Subject::Vm, name), expected, "{name}");
        }
        assert_eq!(measured(Subject::Vm, "cpu11").len(), 3);
        for (name, expected) in [
            ("cpu0-C1", vec![("xen_host_cpu_state_ratio", "0-C1")]),
            ("cpu_avg", vec![]),
            ("pif_aggr_rx", vec![]),
            ("pif_eth0.100_tx", vec![("xen_host_network_transmit_bytes_total", "eth0.100")]),
            ("io_throughput_read_4b1d7a05", vec![("xen_sr_read_bytes_total", "4b1d7a05")]),
        ] {
            assert_eq!(measured(Subject::Host, name), expected, "{name}");
        }
    }
}
