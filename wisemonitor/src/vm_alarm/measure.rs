//! What can be watched, and how much of it is too much.
//!
//! Each is a variable of perfmon with the settings that perfmon itself takes for it; they are written out in full,
//! because there are releases that read no variable with one missing.

use std::time::Duration;

use crate::cli::whole_seconds;

/// What of a VM is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Use of its virtual CPUs, their average, 0 to 1.
    Cpu,
    /// Bytes a second that its interfaces receive and send.
    Network,
    /// Bytes a second that its disks read and write.
    Disk,
}

/// From where on it is an alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Threshold {
    /// A share from 0 to 1, or bytes a second.
    pub(super) level: f64,
    /// How long it must be above.
    pub(super) period: Duration,
}

impl Measure {
    /// That of a variable of perfmon.
    pub(super) fn of(variable: &str) -> Option<Self> {
        [Self::Cpu, Self::Network, Self::Disk]
            .into_iter()
            .find(|known| known.variable() == variable)
    }

    /// Its name in perfmon.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Cpu => "cpu_usage",
            Self::Network => "network_usage",
            Self::Disk => "disk_usage",
        }
    }

    /// How perfmon makes one value of those of several devices.
    pub(super) fn consolidation(self) -> &'static str {
        match self {
            Self::Cpu => "average",
            Self::Network | Self::Disk => "sum",
        }
    }

    /// Which data sources of the VM's RRD it is made of, a regular expression.
    pub(super) fn sources(self) -> &'static str {
        match self {
            Self::Cpu => "cpu[0-9]+",
            Self::Network => "vif_[0-9]+_[rt]x",
            // Perfmon's own leaves out SCSI disks.
            Self::Disk => "vbd_(xvd|hd|sd)[a-z]+_(read|write)",
        }
    }

    /// A level for a person to read.
    pub(super) fn show(self, level: f64) -> String {
        match self {
            Self::Cpu => format!("{}%", (level * 1e6).round() / 1e4),
            Self::Network | Self::Disk => {
                let fits = |(unit, _): &&(&str, f64)| unit.contains('i') || *unit == "B/s";
                let units = UNITS.iter().filter(fits);
                let (unit, scale) =
                    units.rev().find(|(_, scale)| level >= *scale).unwrap_or(&UNITS[0]);
                format!("{}{unit}", (level / scale * 100.0).round() / 100.0)
            }
        }
    }
}

/// Units of rates in bytes a second, smaller ones first.
const UNITS: [(&str, f64); 7] = [
    ("B/s", 1.0),
    ("kB/s", 1e3),
    ("KiB/s", 1024.0),
    ("MB/s", 1e6),
    ("MiB/s", 1_048_576.0),
    ("GB/s", 1e9),
    ("GiB/s", 1_073_741_824.0),
];

/// Reads a threshold such as `90%:5m`.
pub(super) fn share(text: &str) -> Result<Threshold, String> {
    threshold(text, "90%:5m", |level| {
        let percentage = level.strip_suffix('%')?.parse::<f64>().ok()?;
        (percentage > 0.0 && percentage < 100.0).then_some(percentage / 100.0)
    })
    .map_err(|error| format!("{error}, with a level between 0% and 100%"))
}

/// Reads a threshold such as `100MiB/s:5m`.
pub(super) fn rate(text: &str) -> Result<Threshold, String> {
    threshold(text, "100MiB/s:5m", |level| {
        let unit = level.find(|c: char| c.is_ascii_alphabetic())?;
        let (number, unit) = level.split_at(unit);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let level = number.trim_end().parse::<f64>().ok()? * scale;
        (level > 0.0 && level.is_finite()).then_some(level)
    })
    .map_err(|error| format!("{error}, in B/s, KiB/s, MiB/s, GiB/s, kB/s, MB/s or GB/s"))
}

fn threshold(
    text: &str,
    example: &str,
    level: impl Fn(&str) -> Option<f64>,
) -> Result<Threshold, String> {
    let read = || {
        let (written, period) = text.rsplit_once(':')?;
        Some(Threshold {
            level: level(written.trim())?,
            period: whole_seconds(period.trim()).ok()?,
        })
    };
    read().ok_or_else(|| format!("`{text}`: expected LEVEL:PERIOD, such as {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_level_and_a_period() {
        let threshold = |level, seconds| Threshold { level, period: Duration::from_secs(seconds) };
        assert_eq!(share("90%:5m"), Ok(threshold(0.9, 300)));
        assert_eq!(share("7%:90s"), Ok(threshold(0.07, 90)));
        assert_eq!(rate("100MiB/s:5m"), Ok(threshold(104_857_600.0, 300)));
        assert_eq!(rate("1.5 kB/s:1h"), Ok(threshold(1500.0, 3600)));
        for wrong in ["", "90%", "90:5m", "%:5m", "0%:5m", "100%:5m", "-1%:5m", "NaN%:5m", "90%:5"]
        {
            assert!(share(wrong).unwrap_err().contains("90%:5m"), "{wrong}");
        }
        for wrong in ["1:5m", "1M:5m", "0B/s:5m", "infB/s:5m", "MiB/s:5m", "1MiB/s:", "1mib/s:5m"] {
            assert!(rate(wrong).unwrap_err().contains("100MiB/s:5m"), "{wrong}");
        }
    }

    #[test]
    fn a_level_is_shown_as_it_is_written() {
        assert_eq!(Measure::Cpu.show(0.07), "7%");
        for (text, level) in
            [("100MiB/s", 104_857_600.0), ("1000B/s", 1000.0), ("1.5GiB/s", 1.5 * 1024f64.powi(3))]
        {
            assert_eq!(Measure::Disk.show(level), text);
        }
    }
}
