//! Loading a seccomp filter without touching `no_new_privs`.
#![allow(unsafe_code)]

use std::io;

use crate::Result;
use crate::error::During;

/// One instruction of classic BPF (linux/filter.h).
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// Operation.
    pub code: u16,
    /// Jump offset when true.
    pub jt: u8,
    /// Jump offset when false.
    pub jf: u8,
    /// Operand.
    pub k: u32,
}

/// Installs `program` for the calling thread and everything it executes or forks.
///
/// The caller needs `CAP_SYS_ADMIN` or `no_new_privs`; unlike the libraries' loaders this one does
/// not set the latter, which would break set-user-id programs of containers that may use them.
pub fn load(program: &[Instruction]) -> Result<()> {
    let length = u16::try_from(program.len()).map_err(io::Error::other).during("load a seccomp filter")?;
    let header = libc::sock_fprog { len: length, filter: program.as_ptr().cast_mut().cast() };
    // SAFETY: `header` points to `length` instructions that live until the call returns; the layout
    // of `Instruction` is that of `sock_filter`; the kernel copies and only reads them.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const header) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()).during("load a seccomp filter") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_in_force() {
        // BPF_LD+BPF_W+BPF_ABS nr; BPF_JEQ getpriority; errno 42; allow.
        let program = [
            Instruction { code: 0x20, jt: 0, jf: 0, k: 0 },
            Instruction { code: 0x15, jt: 0, jf: 1, k: libc::SYS_getpriority as u32 },
            Instruction { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ERRNO | 42 },
            Instruction { code: 0x06, jt: 0, jf: 0, k: libc::SECCOMP_RET_ALLOW },
        ];
        std::thread::spawn(move || {
            load(&program).unwrap();
            let error = rustix::process::getpriority_process(None).unwrap_err();
            assert_eq!(error.raw_os_error(), 42);
        })
        .join()
        .unwrap();
    }
}
