//! Counters out of rates.
//!
//! A row tells the average rate over its seconds, so rate times seconds is what happened in them, exactly. Each
//! counter remembers up to where it has been added up: rows that come twice, from a second poll or from two hosts
//! during a migration, add nothing, and what no row covers is counted as a gap.

use std::{collections::HashMap, sync::Arc};

use super::{Column, Consolidation, Legend, Owner, Update};

/// A clock that goes back further than this was set anew. Less is the difference between two hosts.
const SET_ANEW: i64 = 600;

/// One counter.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Total {
    /// The sum, in the rate's unit times seconds: bytes for bytes per second.
    pub sum: f64,
    /// Seconds that no row told anything about, since the first one.
    pub gap_seconds: f64,
    /// Up to where it has been added up, in seconds since 1970; 0 before the first row.
    last: i64,
}

/// Counters of many columns, by owner and name. They outlive legends, hosts' restarts and migrations.
#[derive(Debug, Default)]
pub struct Totals {
    owners: HashMap<Owner, Vec<(Arc<str>, usize)>>,
    totals: Vec<Total>,
    free: Vec<usize>,
    /// Changes when places are given to others, so that no binding uses an old one.
    generation: u64,
}

/// Which columns of a host's legend are added up, and where. One for each host, kept between its answers.
#[derive(Debug, Default)]
pub struct Binding {
    legend: Arc<Legend>,
    columns: Vec<(usize, usize)>,
    generation: u64,
}

impl Totals {
    /// Adds up those columns of an answer that are wanted; only averages can be. `wanted` is asked when the
    /// legend is another than last time, and must answer the same each time.
    pub fn add(
        &mut self,
        binding: &mut Binding,
        update: &Update,
        wanted: impl Fn(&Column<'_>) -> bool,
    ) {
        if !Arc::ptr_eq(&binding.legend, &update.legend) || binding.generation != self.generation {
            *binding = self.bind(&update.legend, wanted);
        }
        for row in update.newest_first().rev() {
            for &(column, place) in &binding.columns {
                self.totals[place].add(row.time, update.step, row.values[column]);
            }
        }
    }

    /// A counter.
    #[must_use]
    pub fn get(&self, owner: Owner, name: &str) -> Option<&Total> {
        self.of(owner).find(|(known, _)| *known == name).map(|(_, total)| total)
    }

    /// The counters of an owner, in the order in which they were first seen.
    pub fn of(&self, owner: Owner) -> impl Iterator<Item = (&str, &Total)> {
        let places = self.owners.get(&owner).map_or(&[][..], Vec::as_slice);
        places.iter().map(|(name, place)| (&**name, &self.totals[*place]))
    }

    /// Forgets the counters of owners that are gone.
    pub fn retain(&mut self, alive: impl Fn(Owner) -> bool) {
        let free = &mut self.free;
        let before = free.len();
        self.owners.retain(|&owner, places| {
            let keep = alive(owner);
            if !keep {
                free.extend(places.iter().map(|(_, place)| place));
            }
            keep
        });
        if free.len() > before {
            self.generation += 1;
        }
    }

    fn bind(&mut self, legend: &Arc<Legend>, wanted: impl Fn(&Column<'_>) -> bool) -> Binding {
        let mut columns = Vec::new();
        for (column, about) in legend.columns() {
            if about.consolidation == Consolidation::Average && wanted(&about) {
                columns.push((column, self.place(about.owner, about.name)));
            }
        }
        Binding { legend: legend.clone(), columns, generation: self.generation }
    }

    fn place(&mut self, owner: Owner, name: &Arc<str>) -> usize {
        let places = self.owners.entry(owner).or_default();
        if let Some((_, place)) = places.iter().find(|(known, _)| known == name) {
            return *place;
        }
        let place = self.free.pop().unwrap_or(self.totals.len());
        if place == self.totals.len() {
            self.totals.push(Total::default());
        } else {
            self.totals[place] = Total::default();
        }
        places.push((name.clone(), place));
        place
    }
}

impl Total {
    /// Adds what a row tells about the seconds that were not added up yet.
    fn add(&mut self, time: i64, step: u32, rate: f64) {
        let step = i64::from(step);
        if self.last == 0 || time < self.last - SET_ANEW {
            self.last = time - step;
        }
        let new = (time - self.last).max(0);
        let covered = new.min(step);
        #[expect(clippy::cast_precision_loss, reason = "seconds, far below 2^53")]
        let (new, covered) = (new as f64, covered as f64);
        if rate.is_finite() && rate >= 0.0 {
            self.sum += rate * covered;
            self.gap_seconds += new - covered;
        } else {
            self.gap_seconds += new;
        }
        self.last = self.last.max(time);
    }
}

#[cfg(test)]
mod tests;
