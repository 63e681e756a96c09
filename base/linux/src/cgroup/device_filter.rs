//! Which device files a version-2 group may use.
//!
//! Version 2 has no interface file for devices; a small BPF program decides
//! (Documentation/admin-guide/cgroup-v2, "Device controller"). It compares the type, the numbers and
//! the access of each use with the rules, one after the other.
#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::fd::FromRawFd;
use std::os::fd::OwnedFd;
use std::path::Path;

use crate::Error;
use crate::Result;
use crate::error::During;
use crate::error::OnPath;

// linux/bpf.h
const PROG_LOAD: libc::c_long = 5;
const PROG_ATTACH: libc::c_long = 8;
const PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const ATTACH_CGROUP_DEVICE: u32 = 6;
const ALLOW_MULTI: u32 = 2;
const BLOCK: i32 = 1;
const CHAR: i32 = 2;
const MKNOD: i32 = 1;
const READ: i32 = 2;
const WRITE: i32 = 4;
const ALL: i32 = MKNOD | READ | WRITE;

/// One instruction of eBPF: operation, registers (destination in the low half), offset, immediate.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

#[repr(C)]
struct LoadRequest {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
}

#[repr(C)]
struct AttachRequest {
    target: u32,
    program: u32,
    kind: u32,
    flags: u32,
}

/// Lets the group at `dir` use what `rules` (each in the form `c 1:3 rwm`) name, and nothing else.
pub(super) fn attach(dir: &Path, rules: &[String]) -> Result<()> {
    let program = load(&compile(rules)?)?;
    let group = File::open(dir).on("open", dir)?;
    let request = AttachRequest {
        target: group.as_raw_fd().cast_unsigned(),
        program: program.as_raw_fd().cast_unsigned(),
        kind: ATTACH_CGROUP_DEVICE,
        flags: ALLOW_MULTI,
    };
    // SAFETY: the kernel reads as many bytes as it is told, from a value that outlives the call.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, PROG_ATTACH, &raw const request, size_of_val(&request)) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()).on("attach a device filter to", dir) }
}

fn load(instructions: &[Instruction]) -> Result<OwnedFd> {
    let license = c"Apache-2.0";
    let request = LoadRequest {
        kind: PROG_TYPE_CGROUP_DEVICE,
        count: u32::try_from(instructions.len()).map_err(io::Error::other).during("load a device filter")?,
        instructions: instructions.as_ptr().expose_provenance() as u64,
        license: license.as_ptr().expose_provenance() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
        kernel_version: 0,
        flags: 0,
    };
    // SAFETY: the request, and the instructions and the text it points to, outlive the call, which
    // only reads them; their layouts are those of linux/bpf.h.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, PROG_LOAD, &raw const request, size_of_val(&request)) };
    let fd = i32::try_from(fd).unwrap_or(-1);
    if fd < 0 {
        return Err(io::Error::last_os_error()).during("load a device filter");
    }
    // SAFETY: the kernel just made this descriptor for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// The context holds access and type in one word, then the two numbers (`bpf_cgroup_dev_ctx`).
/// Registers: 2 type, 3 access, 4 major, 5 minor.
fn compile(rules: &[String]) -> Result<Vec<Instruction>> {
    let mut program = vec![
        load_word(2, 0),
        alu(0x54, 2, 0xffff), // 32-bit and
        load_word(3, 0),
        alu(0x74, 3, 16), // 32-bit shift right
        load_word(4, 4),
        load_word(5, 8),
    ];
    for rule in rules {
        let rule = Rule::parse(rule).ok_or_else(|| Error::Unsupported(format!("device rule {rule:?}")))?;
        program.extend(rule.compile());
    }
    program.extend([alu(0xb7, 0, 0), EXIT]);
    Ok(program)
}

struct Rule {
    kind: Option<i32>,
    major: Option<i32>,
    minor: Option<i32>,
    access: i32,
}

impl Rule {
    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let kind = match words.next()? {
            "a" => None,
            "b" => Some(BLOCK),
            "c" => Some(CHAR),
            _ => return None,
        };
        let number = |text: &str| match text {
            "*" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let (major, minor) = words.next()?.split_once(':')?;
        let access = words.next()?.chars().try_fold(0, |access, c| match c {
            'r' => Some(access | READ),
            'w' => Some(access | WRITE),
            'm' => Some(access | MKNOD),
            _ => None,
        })?;
        Some(Self { kind, major: number(major)?, minor: number(minor)?, access })
    }

    /// Allows if all comparisons hold, goes on behind this rule otherwise.
    fn compile(&self) -> Vec<Instruction> {
        let mut code = Vec::new();
        for (register, wanted) in [(2, self.kind), (4, self.major), (5, self.minor)] {
            code.extend(wanted.map(|wanted| jump_unless_equal(register, wanted)));
        }
        if self.access != ALL {
            // What is asked for beyond what is allowed must be nothing.
            code.extend([
                Instruction { code: 0xbf, registers: 0x31, offset: 0, immediate: 0 }, // r1 = r3
                alu(0x57, 1, !self.access & ALL),                                     // r1 &= …
                jump_unless_equal(1, 0),
            ]);
        }
        code.extend([alu(0xb7, 0, 1), EXIT]);
        let length = code.len();
        for (at, instruction) in code.iter_mut().enumerate().filter(|(_, i)| i.code == JUMP_UNLESS_EQUAL) {
            instruction.offset =
                i16::try_from(length - at - 1).expect("a rule has at most eight instructions");
        }
        code
    }
}

const JUMP_UNLESS_EQUAL: u8 = 0x55;
const EXIT: Instruction = Instruction { code: 0x95, registers: 0, offset: 0, immediate: 0 };

fn load_word(register: u8, offset: i16) -> Instruction {
    Instruction { code: 0x61, registers: 0x10 | register, offset, immediate: 0 }
}

fn alu(code: u8, register: u8, immediate: i32) -> Instruction {
    Instruction { code, registers: register, offset: 0, immediate }
}

fn jump_unless_equal(register: u8, immediate: i32) -> Instruction {
    alu(JUMP_UNLESS_EQUAL, register, immediate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mount;

    #[test]
    fn rules_that_are_none() {
        for text in ["x 1:3 rwm", "c 1 rwm", "c 1:x r", "c 1:3 q", ""] {
            assert!(Rule::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn the_kernel_obeys_the_rules() {
        let mounts = mount::list().unwrap();
        let unified = mounts.iter().find(|m| m.fs_type == "cgroup2");
        let unified = unified.expect("a cgroup2 file system is mounted, with or without controllers");
        let dir = unified.target.join(format!("skiff-device-test-{}", std::process::id()));
        std::fs::create_dir(&dir).unwrap();
        let rules = ["b *:* m", "c 1:3 rwm", "c 1:5 r"].map(String::from);
        attach(&dir, &rules).unwrap();
        // The shell moves itself into the group and tries: null both ways, zero both ways, full.
        let script = format!(
            "echo $$ > {}/cgroup.procs; for t in '</dev/null' '>/dev/null' '</dev/zero' '>/dev/zero' '</dev/full'; \
             do eval \": $t\" 2>/dev/null && echo yes || echo no; done",
            dir.display()
        );
        let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
        std::fs::remove_dir(&dir).unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "yes\nyes\nyes\nno\nno\n");
    }
}
