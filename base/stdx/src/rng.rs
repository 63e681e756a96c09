//! The random source that everything above `stdx` is given.

use std::sync::Arc;

use parking_lot::Mutex;
use rand::Rng as _;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// A random source, shared by clones. Seeded by the operating system in production and by a number
/// in a simulation, where it makes a run repeatable.
#[derive(Clone, Debug)]
pub struct Rng {
    inner: Arc<Mutex<StdRng>>,
}

impl Rng {
    /// Seeded by the operating system. The generator is cryptographically strong (ChaCha).
    pub fn from_system() -> Self {
        let mut system = rand::rngs::SysRng;
        let rng =
            StdRng::try_from_rng(&mut system).expect("the kernel's random source never fails after boot");
        Self { inner: Arc::new(Mutex::new(rng)) }
    }

    /// The same seed gives the same sequence.
    pub fn from_seed(seed: u64) -> Self {
        Self { inner: Arc::new(Mutex::new(StdRng::seed_from_u64(seed))) }
    }

    /// Sixty-four random bits.
    pub fn next_u64(&self) -> u64 {
        self.inner.lock().next_u64()
    }

    /// A number below `bound`; zero when `bound` is zero.
    pub fn below(&self, bound: u64) -> u64 {
        // Multiply-shift: unbiased enough for every use here (bound is far below 2^32).
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number in `0.0..1.0`.
    pub fn fraction(&self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Fills `bytes`.
    pub fn fill(&self, bytes: &mut [u8]) {
        self.inner.lock().fill_bytes(bytes);
    }

    /// A version-4 UUID in its canonical text form.
    pub fn uuid(&self) -> String {
        let mut b = [0u8; 16];
        self.fill(&mut b);
        b[6] = (b[6] & 0x0f) | 0x40;
        b[8] = (b[8] & 0x3f) | 0x80;
        let mut text = String::with_capacity(36);
        for (i, byte) in b.iter().enumerate() {
            if matches!(i, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for nibble in [byte >> 4, byte & 0xf] {
                text.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        text
    }

    /// `len` characters of the alphabet that Kubernetes uses for generated names: no vowels and no
    /// look-alikes, so that no word appears by accident.
    pub fn name_suffix(&self, len: usize) -> String {
        const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
        (0..len).map(|_| char::from(ALPHABET[self.below(ALPHABET.len() as u64) as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats() {
        let draw = |seed| {
            let rng = Rng::from_seed(seed);
            (rng.uuid(), rng.name_suffix(5), rng.below(10))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn uuid_has_version_and_variant() {
        let uuid = Rng::from_seed(1).uuid();
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.as_bytes()[14], b'4');
        assert!(matches!(uuid.as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
    }
}
