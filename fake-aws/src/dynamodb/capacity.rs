//! What a partition of a table or an index takes in a second.
//!
//! Source: DynamoDB developer guide, "Burst and adaptive capacity" and "Read and write operations". That a busy partition
//! is split, and that unused capacity may be used later, is left out: it takes minutes, and is not promised.

use super::{super::Fault, AwsError};
use jiff::Timestamp;
use std::collections::HashMap;

/// The write units of a partition in a second: one for each kilobyte.
const WRITES: usize = 1000;
/// The read units of a partition in a second, by halves: two for each four kilobytes of a consistent read, one of others.
const HALF_READS: usize = 6000;

/// What was used in the present second, by table or index and partition key.
#[derive(Debug, Default)]
pub(super) struct Capacity {
    now: Option<Timestamp>,
    used: HashMap<(String, String), (usize, usize)>,
}

impl Capacity {
    /// From now on capacity is of this instant; of none, there is no end of it.
    pub(super) fn at(&mut self, now: Option<Timestamp>) {
        let second = |time: Option<Timestamp>| time.map(Timestamp::as_second);
        if second(self.now) != second(now) {
            self.used.clear();
        }
        self.now = now;
    }

    /// Takes what writing an item of so many bytes needs of a partition.
    pub(super) fn write(&mut self, of: &str, partition: &str, bytes: usize) -> Result<(), AwsError> {
        self.take(of, partition, bytes.div_ceil(1024).max(1), 0)
    }

    /// Takes what reading so many bytes needs of a partition.
    pub(super) fn read(
        &mut self,
        of: &str,
        partition: &str,
        bytes: usize,
        consistent: bool,
    ) -> Result<(), AwsError> {
        self.take(of, partition, 0, bytes.div_ceil(4096).max(1) * if consistent { 2 } else { 1 })
    }

    fn take(&mut self, of: &str, partition: &str, writes: usize, reads: usize) -> Result<(), AwsError> {
        if self.now.is_none() {
            return Ok(());
        }
        let used = self.used.entry((of.to_owned(), partition.to_owned())).or_default();
        // What is larger than a second's capacity is taken from those that follow.
        if used.0 >= WRITES || used.1 >= HALF_READS {
            return Err(Fault::throttling());
        }
        *used = (used.0 + writes, used.1 + reads);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many writes, and how many reads of so many bytes a partition takes in a second.
    #[test]
    fn partitions_take_so_much() {
        fn check(bytes: usize, consistent: bool, expected: (usize, usize)) {
            let mut capacity = Capacity::default();
            capacity.at(Some(Timestamp::UNIX_EPOCH));
            let written = (0..10_000).take_while(|_| capacity.write("table", "a", bytes).is_ok()).count();
            let read =
                (0..10_000).take_while(|_| capacity.read("table", "b", bytes, consistent).is_ok()).count();
            assert_eq!((written, read), expected, "{bytes} bytes");
        }
        check(0, true, (1000, 3000));
        check(1024, false, (1000, 6000));
        check(1025, true, (500, 3000));
        check(8192, true, (125, 1500));
    }

    #[test]
    fn a_second_later_there_is_capacity_again() {
        let mut capacity = Capacity::default();
        let mut write = |second| {
            capacity.at(Timestamp::from_second(second).ok());
            capacity.write("table", "a", 1024 * 1000).is_ok()
        };
        assert_eq!([0, 0, 1, 1].map(&mut write), [true, false, true, false]);
        let mut unmetered = Capacity::default();
        assert!((0..3).all(|_| unmetered.write("table", "a", 1024 * 1000).is_ok()));
    }
}
