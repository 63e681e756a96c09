//! The last steps in a container's process before its program runs.

use std::collections::HashMap;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use libcontainer::oci_spec::runtime::Spec;
use libcontainer::workload::Executor;
use libcontainer::workload::ExecutorError;
use libcontainer::workload::ExecutorSetEnvsError;
use libcontainer::workload::ExecutorValidationError;
use linux::credentials;
use linux::process;
use linux::seccomp;

use super::ProcessPlan;
use crate::error::IoContext;
use crate::error::Result;

/// Finds the program, becomes the user, loads the filter, executes; tells why if it cannot.
#[derive(Clone)]
pub(super) struct FinalSteps {
    plan: Arc<ProcessPlan>,
    filters: Arc<Vec<Vec<seccomp::Instruction>>>,
    report: Arc<File>,
}

impl FinalSteps {
    /// The steps, and the pipe on which they tell. Filters are compiled here, before anything forks.
    pub(super) fn new(plan: &ProcessPlan) -> Result<(Self, File)> {
        let filters = match &plan.seccomp {
            Some(profile) => profile.compile()?,
            None => Vec::new(),
        };
        let (reader, writer) = io::pipe().context("make a pipe in", Path::new("/"))?;
        let report = Arc::new(File::from(std::os::fd::OwnedFd::from(writer)));
        let steps = Self { plan: Arc::new(plan.clone()), filters: Arc::new(filters), report };
        Ok((steps, File::from(std::os::fd::OwnedFd::from(reader))))
    }

    /// Returns only the reason for failure.
    fn run(&self) -> String {
        let name = self.plan.args.first().map_or("", String::as_str);
        let program = match find_program(name, &self.plan.env) {
            Ok(program) => program,
            Err(reason) => return format!("exec: {name:?}: {reason}"),
        };
        if let Err(error) = self.become_user() {
            return error.chain();
        }
        let strings = |list: &[String]| list.iter().map(|s| CString::new(s.as_str())).collect();
        let (args, env): (std::result::Result<Vec<_>, _>, std::result::Result<Vec<_>, _>) =
            (strings(&self.plan.args), strings(&self.plan.env));
        let (Ok(args), Ok(env)) = (args, env) else {
            return "an argument or a variable contains a zero byte".to_owned();
        };
        let error = process::exec(&program, &args, &env);
        format!("exec {}: {}", program.display(), plain(&error))
    }

    fn become_user(&self) -> linux::Result<()> {
        let identity = self.plan.identity();
        give_streams(identity.uid, identity.gid);
        if self.plan.no_new_privileges {
            // Loading needs no privilege then, and comes as late as possible.
            credentials::set_no_new_privileges()?;
            credentials::assume(&identity)?;
            return self.load_filters();
        }
        self.load_filters()?;
        credentials::assume(&identity)
    }

    fn load_filters(&self) -> linux::Result<()> {
        self.filters.iter().try_for_each(|filter| seccomp::load(filter))
    }
}

impl Executor for FinalSteps {
    fn exec(&self, _: &Spec) -> std::result::Result<(), ExecutorError> {
        let reason = self.run();
        // If nobody reads the reason any more, nobody waits for it either.
        drop((&*self.report).write_all(reason.as_bytes()));
        Err(ExecutorError::Other(reason))
    }

    fn validate(&self, _: &Spec) -> std::result::Result<(), ExecutorValidationError> {
        // Whether the program can run is known when it is executed, and told then.
        Ok(())
    }

    fn setup_envs(&self, _: HashMap<String, String>) -> std::result::Result<(), ExecutorSetEnvsError> {
        // The environment is handed to execve whole; this process never reads it.
        Ok(())
    }
}

/// The program that `name` stands for, or why there is none, in the words of Go's `exec` package,
/// which users of container runtimes know.
fn find_program(name: &str, env: &[String]) -> std::result::Result<PathBuf, String> {
    if name.is_empty() {
        return Err("no command".to_owned());
    }
    if name.contains('/') {
        return match check_program(Path::new(name)) {
            Ok(()) => Ok(name.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(format!("stat {name}: {}", plain(&error)))
            }
            Err(error) => Err(plain(&error)),
        };
    }
    let path = env.iter().rev().find_map(|entry| entry.strip_prefix("PATH=")).unwrap_or_default();
    let mut denied = false;
    for dir in path.split(':') {
        let candidate = Path::new(if dir.is_empty() { "." } else { dir }).join(name);
        match check_program(&candidate) {
            Ok(()) => return Ok(candidate),
            Err(error) => denied |= error.kind() == io::ErrorKind::PermissionDenied && candidate.is_file(),
        }
    }
    Err(if denied { "permission denied" } else { "executable file not found in $PATH" }.to_owned())
}

fn check_program(path: &Path) -> io::Result<()> {
    let meta = std::fs::metadata(path)?;
    if meta.is_dir() || meta.mode() & 0o111 == 0 {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    Ok(())
}

/// An operating system error as C libraries word it, without Rust's number in parentheses.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Pipes and terminals belong to the user, who may want to open them again as `/dev/stdout`.
fn give_streams(uid: u32, gid: u32) {
    let (uid, gid) = (rustix::fs::Uid::from_raw(uid), rustix::fs::Gid::from_raw(gid));
    let streams = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
    for stream in streams {
        let Ok(file) = stream.try_clone_to_owned().map(File::from) else { continue };
        let kind = file.metadata().map(|meta| (meta.file_type(), rustix::fs::major(meta.rdev())));
        // Pseudo-terminals have major number 136; /dev/null stays root's.
        let own = kind.is_ok_and(|(kind, major)| kind.is_fifo() || (kind.is_char_device() && major == 136));
        if own {
            // Refused on read-only or foreign file systems, where it does not matter.
            rustix::fs::fchown(&file, Some(uid), Some(gid)).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_read_as_users_know_them() {
        let env = ["PATH=/nowhere:/bin".to_owned()];
        assert_eq!(find_program("sh", &env), Ok("/bin/sh".into()));
        assert_eq!(find_program("nonsense", &env), Err("executable file not found in $PATH".into()));
        assert_eq!(find_program("/no/such", &env), Err("stat /no/such: no such file or directory".into()));
        assert_eq!(find_program("/etc/passwd", &env), Err("permission denied".into()));
    }
}
