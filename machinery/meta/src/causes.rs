//! The mistakes of a request, as many as can be told.

use std::ops::Deref;
use std::ops::DerefMut;

use crate::Cause;

/// How much text mistakes may have together. Each element of a body can be one, and shown together those
/// of a body of three megabytes would be a gigabyte.
const MOST_BYTES: usize = 1 << 20;

/// Mistakes in the order in which they were found. What is found when there is more than anybody reads is
/// counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Causes {
    told: Vec<Cause>,
    bytes: usize,
    untold: usize,
}

impl Causes {
    /// Adds a mistake.
    pub fn push(&mut self, cause: Cause) {
        if self.bytes > MOST_BYTES {
            self.untold += 1;
            return;
        }
        self.bytes += size_of::<Cause>() + cause.field.len() + cause.message.len();
        self.told.push(cause);
    }

    /// Adds the mistakes of another check.
    pub fn append(&mut self, others: Causes) {
        self.untold += others.untold;
        self.extend(others.told);
    }

    /// Keeps those for which `keep` holds.
    pub fn retain(&mut self, keep: impl FnMut(&Cause) -> bool) {
        self.told.retain(keep);
    }

    /// Forgets what was found.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many mistakes were found, told or not.
    pub fn found(&self) -> usize {
        self.told.len() + self.untold
    }

    /// How many mistakes are not told.
    pub fn untold(&self) -> usize {
        self.untold
    }

    /// Those that are told.
    pub fn into_vec(self) -> Vec<Cause> {
        self.told
    }
}

impl Deref for Causes {
    type Target = [Cause];

    fn deref(&self) -> &[Cause] {
        &self.told
    }
}

impl DerefMut for Causes {
    fn deref_mut(&mut self) -> &mut [Cause] {
        &mut self.told
    }
}

impl Extend<Cause> for Causes {
    fn extend<I: IntoIterator<Item = Cause>>(&mut self, causes: I) {
        for cause in causes {
            self.push(cause);
        }
    }
}

impl FromIterator<Cause> for Causes {
    fn from_iter<I: IntoIterator<Item = Cause>>(causes: I) -> Self {
        let mut all = Self::default();
        all.extend(causes);
        all
    }
}

impl From<Cause> for Causes {
    fn from(cause: Cause) -> Self {
        Self::from_iter([cause])
    }
}

impl IntoIterator for Causes {
    type Item = Cause;
    type IntoIter = std::vec::IntoIter<Cause>;

    fn into_iter(self) -> Self::IntoIter {
        self.told.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_anybody_reads_is_counted() {
        let mut causes = Causes::default();
        let long = "x".repeat(1000);
        for i in 0..10_000 {
            causes.push(Cause::invalid(format!("spec[{i}]"), &long, "too long"));
        }
        assert!(causes.len() > 900 && causes.len() < 1100, "{}", causes.len());
        assert_eq!(causes.found(), 10_000);
        let status = crate::Status::invalid("", "Pod", "p", causes);
        assert!(status.message.ends_with(" more]"), "{}", &status.message[status.message.len() - 100..]);
    }
}
