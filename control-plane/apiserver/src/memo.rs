//! Signatures that were verified stay verified.
//!
//! A client shows the same certificate or token with every request, and a signature costs more to
//! verify than most requests cost to answer. Only proofs that held are kept, so nobody without valid
//! credentials takes room here; what may change with time (expiry, objects that a token is bound to)
//! is for the caller to check at every use.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use parking_lot::RwLock;

/// Proofs kept at most. Far more than there are clients; tokens that were replaced leave theirs behind.
const CAPACITY: usize = 1024;

/// What was found out about credentials.
pub(crate) struct Memo<K, T> {
    known: RwLock<HashMap<K, Arc<T>>>,
}

impl<K: Hash + Eq, T> Memo<K, T> {
    pub(crate) fn new() -> Self {
        Self { known: RwLock::default() }
    }

    /// What is known, or what `prove` finds out.
    pub(crate) fn get_or_prove<Q, E>(
        &self,
        credential: &Q,
        prove: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(known) = self.known.read().get(credential) {
            return Ok(known.clone());
        }
        let proven = Arc::new(prove()?);
        let mut known = self.known.write();
        // Everybody proves again, once in a thousand new credentials: simpler than ages, and as cheap.
        if known.len() >= CAPACITY {
            known.clear();
        }
        known.insert(credential.to_owned(), proven.clone());
        Ok(proven)
    }

    /// Forgets a proof that no longer holds.
    pub(crate) fn forget<Q>(&self, credential: &Q)
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        self.known.write().remove(credential);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_are_kept_and_failures_are_not() {
        let memo: Memo<String, u32> = Memo::new();
        assert_eq!(memo.get_or_prove("a", || Err("no")), Err("no"));
        assert_eq!(memo.get_or_prove("a", || Ok::<_, &str>(1)), Ok(Arc::new(1)));
        assert_eq!(memo.get_or_prove("a", || Err("not asked")), Ok(Arc::new(1)));
        memo.forget("a");
        assert_eq!(memo.get_or_prove("a", || Ok::<_, &str>(2)), Ok(Arc::new(2)));
        for i in 0..2 * CAPACITY {
            memo.get_or_prove(&i.to_string(), || Ok::<_, &str>(0)).expect("holds");
        }
        assert!(memo.known.read().len() <= CAPACITY);
    }
}
