//! The signal to stop, handed to every component's `run`.

use tokio_util::sync::CancellationToken;

/// Tells a task that it should finish; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    token: CancellationToken,
}

impl Stop {
    /// A signal of its own, not connected to a supervisor: for tests and command-line programs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Completes once stopping was requested. Cancel-safe.
    pub async fn requested(&self) {
        self.token.cancelled().await;
    }

    /// Whether stopping was requested.
    pub fn is_requested(&self) -> bool {
        self.token.is_cancelled()
    }

    /// Requests it.
    pub fn request(&self) {
        self.token.cancel();
    }

    /// A signal that follows this one and can also be given on its own.
    pub fn child(&self) -> Stop {
        Stop { token: self.token.child_token() }
    }

    /// Runs `future` until it completes or stopping is requested; `None` in the latter case.
    pub async fn unless<F: Future>(&self, future: F) -> Option<F::Output> {
        self.token.run_until_cancelled(future).await
    }
}
