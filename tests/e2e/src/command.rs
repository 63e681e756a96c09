//! Running programs: to the end, with input, and beside the test.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read;
use std::io::Write as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Instant;

use crate::PATIENCE;

/// What a command said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Said {
    /// Both outputs.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Arguments: a line that is split at white space, or a list where that does not do.
pub trait Words {
    /// The arguments.
    fn words(self) -> Vec<String>;
}

impl Words for &str {
    fn words(self) -> Vec<String> {
        self.split_whitespace().map(str::to_owned).collect()
    }
}

impl Words for &String {
    fn words(self) -> Vec<String> {
        self.as_str().words()
    }
}

impl Words for &[&str] {
    fn words(self) -> Vec<String> {
        self.iter().map(|word| (*word).to_owned()).collect()
    }
}

impl Words for &Vec<&str> {
    fn words(self) -> Vec<String> {
        self.as_slice().words()
    }
}

impl<const N: usize> Words for &[&str; N] {
    fn words(self) -> Vec<String> {
        self.as_slice().words()
    }
}

/// A command that is ended after [`PATIENCE`]; its exit code is 124 then.
pub fn limited(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new("timeout");
    command.arg("--kill-after=5").arg(PATIENCE.as_secs().to_string()).arg(program);
    command
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Said {
    run_with(command, b"")
}

/// Runs a command to its end, with something to read.
pub fn run_with(command: &mut Command, input: &[u8]) -> Said {
    let shown = format!("{command:?}");
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap_or_else(|error| panic!("cannot run {shown}: {error}"));
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let output = std::thread::scope(|scope| {
        scope.spawn(move || {
            // A program that reads nothing closes its end: that is its affair.
            drop(stdin.write_all(input));
        });
        child.wait_with_output().unwrap_or_else(|error| panic!("cannot wait for {shown}: {error}"))
    });
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program that runs beside the test, and ends with it.
pub struct Background {
    child: Child,
    shown: String,
    said: Arc<Mutex<String>>,
}

impl Background {
    /// Starts it.
    pub fn start(command: &mut Command) -> Self {
        let shown = format!("{command:?}");
        let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = pipes.spawn().unwrap_or_else(|error| panic!("cannot run {shown}: {error}"));
        let said = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().expect("it is a pipe"), said.clone());
        collect(child.stderr.take().expect("it is a pipe"), said.clone());
        Self { child, shown, said }
    }

    /// What it said so far on both outputs.
    pub fn said(&self) -> String {
        self.said.lock().expect("no reader panics").clone()
    }

    /// Waits until what it said satisfies `holds`.
    pub fn wait_until(&self, holds: impl Fn(&str) -> bool) -> String {
        wait_until(&self.shown, || {
            let said = self.said();
            if holds(&said) { Ok(said) } else { Err(said) }
        })
    }

    /// Gives it something to read.
    pub fn write(&mut self, text: &str) {
        let stdin = self.child.stdin.as_mut().expect("it was not closed");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).expect("it reads its input");
    }

    /// Closes its input and waits for its end; its exit code and everything it said.
    pub fn finish(mut self) -> (i32, String) {
        drop(self.child.stdin.take());
        let code = wait_until(&self.shown.clone(), || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status.code().unwrap_or(-1)),
            Ok(None) => Err(format!("it still runs: {}", self.said())),
            Err(error) => panic!("cannot wait for {}: {error}", self.shown),
        });
        (code, self.said())
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Looks again and again until `look` gives what is waited for; fails with what it saw last.
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match look() {
            Ok(found) => return found,
            Err(saw) => assert!(Instant::now() < deadline, "waited for {what}, and saw {saw}"),
        }
        std::thread::sleep(crate::LOOK_EVERY);
    }
}

fn collect(from: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            let mut said = into.lock().expect("no reader panics");
            said.push_str(&line);
            said.push('\n');
        }
    });
}
