//! nftables through its text form: one transaction per call, all or nothing.

use std::io;
use std::io::Write;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use crate::Error;

/// Where `nft` lies when the search path of a service lacks the administrator's directories.
const FALLBACK: &str = "/usr/sbin/nft";
/// Enough of an error message to find the line; a large ruleset repeats itself.
const MESSAGE_MAX: usize = 2000;

/// Applies a script in one transaction, in the calling thread's network namespace. Blocking.
///
/// # Errors
/// With `nft`'s own words when it is refused; nothing has changed then.
pub fn apply(script: &str) -> Result<(), Error> {
    run(&["-f", "-"], Some(script)).map(|_| ())
}

/// Deletes a table; one that is not there is fine. Blocking.
///
/// # Errors
/// As [`apply`].
pub fn delete_table(family: &str, name: &str) -> Result<(), Error> {
    // Declaring it first makes the deletion valid in either case.
    apply(&format!("table {family} {name}\ndelete table {family} {name}\n"))
}

/// What `nft <arguments>` prints, for inspection. Blocking.
///
/// # Errors
/// As [`apply`].
pub fn query(arguments: &[&str]) -> Result<String, Error> {
    run(arguments, None)
}

fn run(arguments: &[&str], input: Option<&str>) -> Result<String, Error> {
    let mut child = start("nft", arguments)
        .or_else(|error| match error.kind() {
            io::ErrorKind::NotFound => start(FALLBACK, arguments),
            _ => Err(error),
        })
        .map_err(|source| Error::NftMissing { source })?;
    let mut stdin = child.stdin.take().expect("stdin is piped");
    // `nft` reads everything before it writes, so that neither side waits for the other. A broken
    // pipe means that it has given up: its message says why.
    let written = input.map_or(Ok(()), |input| stdin.write_all(input.as_bytes()));
    drop(stdin);
    let output = child.wait_with_output().map_err(|source| Error::NftMissing { source })?;
    if output.status.success() {
        written.map_err(Error::request("write to nft"))?;
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let mut message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if let Some((end, _)) = message.char_indices().nth(MESSAGE_MAX) {
        message.truncate(end);
    }
    Err(Error::Nft { message })
}

fn start(program: &str, arguments: &[&str]) -> io::Result<Child> {
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}
