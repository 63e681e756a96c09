//! Pseudo-terminals.
#![allow(unsafe_code)]

use std::os::fd::AsFd;
use std::os::fd::AsRawFd;
use std::os::fd::OwnedFd;

use rustix::termios::Winsize;

use crate::Result;
use crate::error::During;

/// Sets the size of the terminal behind `fd`, in characters; its foreground processes get SIGWINCH.
pub fn resize(fd: impl AsFd, columns: u16, rows: u16) -> Result<()> {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(fd, size).during("resize a terminal")
}

/// A new pseudo-terminal of this mount namespace's `/dev/pts`: the controlling side and the user side.
pub fn open() -> Result<(OwnedFd, OwnedFd)> {
    use rustix::pty::OpenptFlags;
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let controller = rustix::pty::openpt(flags).during("open a pseudo-terminal")?;
    rustix::pty::unlockpt(&controller).during("unlock a pseudo-terminal")?;
    let user = rustix::pty::ioctl_tiocgptpeer(&controller, flags).during("open a pseudo-terminal's peer")?;
    Ok((controller, user))
}

/// Makes the terminal behind `fd` the controlling terminal of the calling session leader.
pub fn make_controlling(fd: impl AsFd) -> Result<()> {
    // SAFETY: TIOCSCTTY takes an integer and touches no memory.
    let result = unsafe { libc::ioctl(fd.as_fd().as_raw_fd(), libc::TIOCSCTTY, 0) };
    if result == 0 {
        Ok(())
    } else {
        Err(std::io::Error::last_os_error()).during("set the controlling terminal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resize_is_seen_on_the_user_side() {
        let (controller, user) = open().unwrap();
        resize(&controller, 132, 43).unwrap();
        let size = rustix::termios::tcgetwinsize(&user).unwrap();
        assert_eq!((size.ws_col, size.ws_row), (132, 43));
    }
}
