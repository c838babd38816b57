//! Whole lists out of pages.
//!
//! A page that is not full is the last. `count` says how many pages to ask for at once, and is not believed for
//! more than that: old servers tell the length of the page, and pages may overlap. Objects are kept once, by id.

use std::collections::HashSet;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::lenient::Text;
use super::{Answer, Call, Client, Error};

/// Pages asked for at once.
const AT_ONCE: usize = 4;

/// Pages of a list at most: half a million objects.
const MOST: usize = 1000;

/// An object of a list.
pub trait Record: DeserializeOwned + Send + Sync + 'static {
    /// What tells it from all others of its list.
    fn id(&self) -> &Text;
}

/// An object of which only its id is of interest.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identified {
    id: Text,
}

impl Record for Identified {
    fn id(&self) -> &Text {
        &self.id
    }
}

/// A whole list.
#[derive(Debug)]
pub struct Listing<T> {
    /// Each object once.
    pub rows: Vec<T>,
    /// Whether the server told of more or fewer objects than it listed.
    pub partial: bool,
}

impl Client {
    /// Reads a list to its end.
    ///
    /// # Errors
    /// When a page cannot be had: part of a list is none.
    pub async fn list<T: Record>(&self, call: Call<'_>) -> Result<Listing<T>, Error> {
        let size = self.settings.page_size;
        let mut gathered = Gathered::new(size);
        let first = self.page::<T>(call, 1).await?;
        let told = first.count.unwrap_or(0) as usize;
        let mut full = gathered.add(first);
        let mut page = 1;
        // A server that tells the length of the list tells when there is no more.
        let whole = |gathered: &Gathered<T>| told > size && gathered.rows.len() >= told;
        while full && !whole(&gathered) && page < MOST {
            let until = told.div_ceil(size).clamp(page + 1, MOST);
            let pages = stream::iter(page + 1..=until).map(|page| self.page(call, page));
            let answers: Vec<Answer<T>> = pages.buffered(AT_ONCE).try_collect().await?;
            page = until;
            for answer in answers {
                full = gathered.add(answer);
            }
        }
        Ok(gathered.finish(page >= MOST))
    }

    /// How many objects a list has. One page of one object tells it; where the server does not tell the length
    /// of the whole list, the list is read.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn count(&self, call: Call<'_>) -> Result<u64, Error> {
        let parameters = [call.parameters, &[("page", "1"), ("pagesize", "1")]].concat();
        let answer: Answer<Identified> =
            self.call(Call { parameters: &parameters, ..call }).await?;
        match (answer.count, answer.rows.len()) {
            (Some(count), _) if count != 1 => Ok(count),
            (_, 0) => Ok(0),
            _ => Ok(self.list::<Identified>(call).await?.rows.len() as u64),
        }
    }

    /// One page, from 1.
    ///
    /// # Errors
    /// The call's.
    pub async fn page<T: Record>(&self, call: Call<'_>, page: usize) -> Result<Answer<T>, Error> {
        let (page, size) = (page.to_string(), self.settings.page_size.to_string());
        let paged = [("page", page.as_str()), ("pagesize", size.as_str())];
        let parameters = [call.parameters, &paged].concat();
        self.call(Call { parameters: &parameters, ..call }).await
    }
}

/// Pages put together.
struct Gathered<T> {
    size: usize,
    rows: Vec<T>,
    seen: HashSet<Text>,
    /// What the last page with any object said of the list.
    count: Option<usize>,
}

impl<T: Record> Gathered<T> {
    fn new(size: usize) -> Self {
        Gathered { size, rows: Vec::new(), seen: HashSet::new(), count: None }
    }

    /// Adds a page and returns whether it was full.
    fn add(&mut self, answer: Answer<T>) -> bool {
        let Answer { count, rows, refusal: _ } = answer;
        let length = rows.len();
        let told = count.map(|count| count as usize);
        // An old server tells the length of each page, which says nothing of the list.
        if length > 0 && told != Some(length) {
            self.count = told;
        }
        for row in rows {
            // What has no id cannot be told apart, so nothing is lost.
            if row.id().is_empty() || self.seen.insert(row.id().clone()) {
                self.rows.push(row);
            }
        }
        length >= self.size
    }

    fn finish(mut self, cut: bool) -> Listing<T> {
        self.rows.shrink_to_fit();
        let partial = cut || self.count.is_some_and(|told| told != self.rows.len());
        Listing { rows: self.rows, partial }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Thing(Text);

    impl Record for Thing {
        fn id(&self) -> &Text {
            &self.0
        }
    }

    fn page(ids: std::ops::Range<usize>, count: usize) -> Answer<Thing> {
        let rows = ids.map(|id| Thing(id.to_string().as_str().into())).collect();
        Answer { count: Some(count as u64), rows, refusal: None }
    }

    fn gather(pages: impl IntoIterator<Item = Answer<Thing>>) -> (usize, bool) {
        let mut gathered = Gathered::new(10);
        let mut full = true;
        for page in pages {
            assert!(full, "a page after the last");
            full = gathered.add(page);
        }
        let Listing { rows, partial } = gathered.finish(full);
        (rows.len(), partial)
    }

    #[test]
    fn a_list_is_whole_when_it_has_as_many_as_were_told() {
        assert_eq!(gather([page(0..10, 25), page(10..20, 25), page(20..25, 25)]), (25, false));
        assert_eq!(gather([page(0..10, 10), page(0..0, 10)]), (10, false));
        assert_eq!(gather([page(0..0, 0)]), (0, false));
    }

    #[test]
    fn overlapping_pages_double_nothing_and_lose_nothing() {
        assert_eq!(gather([page(0..10, 18), page(8..18, 18), page(16..18, 18)]), (18, false));
    }

    #[test]
    fn a_wrong_count_makes_it_partial() {
        assert_eq!(gather([page(0..10, 30), page(10..15, 30)]), (15, true));
        assert_eq!(gather([page(0..10, 3), page(10..15, 3)]), (15, true));
        assert_eq!(gather([page(0..5, 3)]), (5, true));
    }

    #[test]
    fn an_old_server_tells_the_length_of_each_page() {
        assert_eq!(gather([page(0..10, 10), page(10..20, 10), page(20..23, 3)]), (23, false));
    }
}
