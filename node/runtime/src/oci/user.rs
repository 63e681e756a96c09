//! Users and groups as a container's own `/etc/passwd` and `/etc/group` name them.

use std::io::Read;
use std::path::Path;

use crate::error::Error;
use crate::error::IoContext;
use crate::error::Result;
use crate::types::GroupsPolicy;
use crate::types::RunAs;

/// A container's files may be of any size; no honest one is larger.
const FILE_LIMIT: u64 = 8 << 20;

/// Who a process is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
    pub(crate) home: String,
}

/// Decides who `run_as` is in the file system at `root`.
pub(crate) fn resolve(root: &Path, run_as: &RunAs) -> Result<User> {
    let passwd = read(root, Path::new("/etc/passwd"))?;
    let group = read(root, Path::new("/etc/group"))?;
    decide(&passwd, &group, run_as)
}

fn decide(passwd: &str, group: &str, run_as: &RunAs) -> Result<User> {
    let spec = run_as.username.as_deref().unwrap_or("");
    let (user_part, group_part) = spec.split_once(':').unwrap_or((spec, ""));
    let entry = match run_as.uid {
        Some(uid) => find_uid(passwd, uid).unwrap_or_else(|| Entry::nameless(uid)),
        None => named_user(passwd, user_part)?,
    };
    let gid = match (run_as.gid, run_as.uid, group_part) {
        (Some(gid), _, _) => gid,
        // The group of an image's `user:group` belongs to that user, not to one set from outside.
        (None, None, part) if !part.is_empty() => named_group(group, part)?,
        (None, _, _) => entry.gid,
    };
    let mut groups = vec![gid];
    if run_as.groups_policy == GroupsPolicy::Merge && !entry.name.is_empty() {
        groups.extend(memberships(group, &entry.name));
    }
    groups.extend(&run_as.supplemental_groups);
    groups.sort_unstable();
    groups.dedup();
    Ok(User { uid: entry.uid, gid, groups, home: entry.home })
}

struct Entry {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
}

impl Entry {
    fn nameless(uid: u32) -> Self {
        let home = if uid == 0 { "/root" } else { "/" };
        Self { name: String::new(), uid, gid: 0, home: home.to_owned() }
    }

    fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split(':').collect();
        let home = fields.get(5).copied().filter(|home| !home.is_empty()).unwrap_or("/");
        Some(Self {
            name: fields.first()?.to_string(),
            uid: fields.get(2)?.parse().ok()?,
            gid: fields.get(3)?.parse().ok()?,
            home: home.to_owned(),
        })
    }
}

fn named_user(passwd: &str, name: &str) -> Result<Entry> {
    if name.is_empty() {
        return Ok(find_uid(passwd, 0).unwrap_or_else(|| Entry::nameless(0)));
    }
    if let Some(entry) = entries(passwd).find(|entry| entry.name == name) {
        return Ok(entry);
    }
    match name.parse() {
        Ok(uid) => Ok(find_uid(passwd, uid).unwrap_or_else(|| Entry::nameless(uid))),
        Err(_) => {
            Err(Error::Invalid(format!("unable to find user {name}: no matching entries in passwd file")))
        }
    }
}

fn named_group(group: &str, name: &str) -> Result<u32> {
    let found = group_lines(group).find(|fields| fields[0] == name).and_then(|fields| fields[2].parse().ok());
    found.or_else(|| name.parse().ok()).ok_or_else(|| {
        Error::Invalid(format!("unable to find group {name}: no matching entries in group file"))
    })
}

fn find_uid(passwd: &str, uid: u32) -> Option<Entry> {
    entries(passwd).find(|entry| entry.uid == uid)
}

fn entries(passwd: &str) -> impl Iterator<Item = Entry> {
    passwd.lines().filter_map(Entry::parse)
}

fn group_lines(group: &str) -> impl Iterator<Item = Vec<&str>> {
    group.lines().map(|line| line.split(':').collect::<Vec<_>>()).filter(|fields| fields.len() >= 3)
}

fn memberships<'a>(group: &'a str, user: &'a str) -> impl Iterator<Item = u32> + 'a {
    let is_member =
        move |fields: &Vec<&str>| fields.get(3).is_some_and(|m| m.split(',').any(|m| m.trim() == user));
    group_lines(group).filter(is_member).filter_map(|fields| fields[2].parse().ok())
}

/// A container without the file has no named users.
fn read(root: &Path, path: &Path) -> Result<String> {
    let file = match linux::mount::open_in_root(root, path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    file.take(FILE_LIMIT).read_to_end(&mut bytes).context("read", path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34::/var/www:/bin/sh\nbroken\n";
    const GROUP: &str = "root:x:0:\nwww:x:34:\nlogs:x:50:web,other\nmore:x:51:web\n";

    fn check(run_as: RunAs) -> (u32, u32, Vec<u32>, String) {
        let user = decide(PASSWD, GROUP, &run_as).unwrap();
        (user.uid, user.gid, user.groups, user.home)
    }

    fn named(name: &str) -> RunAs {
        RunAs { username: Some(name.to_owned()), ..RunAs::default() }
    }

    #[test]
    fn users_in_every_spelling() {
        assert_eq!(check(RunAs::default()), (0, 0, vec![0], "/root".into()));
        assert_eq!(check(named("web")), (33, 34, vec![34, 50, 51], "/var/www".into()));
        assert_eq!(check(named("33")), (33, 34, vec![34, 50, 51], "/var/www".into()));
        assert_eq!(check(named("web:logs")), (33, 50, vec![50, 51], "/var/www".into()));
        assert_eq!(check(named("1000:7")), (1000, 7, vec![7], "/".into()));
        let outside = RunAs { uid: Some(33), supplemental_groups: vec![9], ..named("root:root") };
        assert_eq!(check(outside), (33, 34, vec![9, 34, 50, 51], "/var/www".into()));
        let strict = RunAs { groups_policy: GroupsPolicy::Strict, ..named("web") };
        assert_eq!(check(strict).2, [34]);
    }

    #[test]
    fn unknown_names_are_errors() {
        let error = decide(PASSWD, GROUP, &named("nobody")).unwrap_err();
        assert_eq!(error.to_string(), "unable to find user nobody: no matching entries in passwd file");
        assert!(decide(PASSWD, GROUP, &named("web:nogroup")).is_err());
    }
}
