//! Changes of a sample: `path = JSON` and `path delete`, several joined by ` ; `.

use anyhow::Context as _;
use anyhow::Result;
use anyhow::bail;
use api::Value;

/// One step of a path.
#[derive(Debug, PartialEq)]
pub(crate) enum Part {
    Key(String),
    Index(usize),
}

/// Applies the edits of a line.
pub(crate) fn edit(object: &mut Value, line: &str) -> Result<()> {
    for edit in line.split(" ; ") {
        if let Some(path) = edit.strip_suffix(" delete") {
            let path = parse_path(path.trim())?;
            let (last, parents) = path.split_last().context("a path is not empty")?;
            let parent = walk(object, parents).with_context(|| format!("{line}: nothing to delete"))?;
            match last {
                Part::Key(key) => drop(parent.ensure_map().remove(key.as_str())),
                Part::Index(index) => parent.ensure_list().edit(|items| drop(items.remove(*index))),
            }
            continue;
        }
        let Some((path, value)) = edit.split_once(" = ") else { bail!("no edit: {edit:?}") };
        let value =
            api::json::parse_value(value.trim().as_bytes()).with_context(|| format!("in {line:?}"))?;
        *walk(object, &parse_path(path.trim())?)? = value;
    }
    Ok(())
}

/// A field of an object; null where it is not there.
pub(crate) fn look<'a>(object: &'a Value, path: &str) -> Result<&'a Value> {
    let mut at = object;
    for part in parse_path(path)? {
        at = match part {
            Part::Key(key) => &at[key.as_str()],
            Part::Index(index) => at.items().get(index).unwrap_or(&api::NULL),
        };
    }
    Ok(at)
}

fn walk<'a>(object: &'a mut Value, path: &[Part]) -> Result<&'a mut Value> {
    let mut at = object;
    for part in path {
        at = match part {
            Part::Key(key) => at.ensure_map().entry(key),
            Part::Index(index) => {
                let list = at.as_list_mut().context("an index goes into a list")?;
                if *index == list.len() {
                    list.push(Value::Null);
                }
                list.get_mut(*index).context("an index beyond the list")?
            }
        };
    }
    Ok(at)
}

/// `a.b[0]["c.d"]`.
pub(crate) fn parse_path(text: &str) -> Result<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix("[\"") {
            let (key, after) = quoted.split_once("\"]").context("a quoted key ends with \"]")?;
            parts.push(Part::Key(key.to_owned()));
            rest = after;
        } else if let Some(index) = rest.strip_prefix('[') {
            let (index, after) = index.split_once(']').context("an index ends with ]")?;
            parts.push(Part::Index(index.parse().with_context(|| format!("no index: {index}"))?));
            rest = after;
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            let end = plain.find(['.', '[']).unwrap_or(plain.len());
            parts.push(Part::Key(plain[..end].to_owned()));
            rest = &plain[end..];
        }
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn edits() {
        let mut object = value!({"a": {"b": [{"c": 1}]}, "x": 1});
        edit(&mut object, r#"a.b[0].c = 2 ; a.b[1] = "n" ; a["d.e/f"] = null ; x delete"#).expect("edits");
        assert_eq!(object, value!({"a": {"b": [{"c": 2}, "n"], "d.e/f": null}}));
        assert_eq!(look(&object, "a.b[0].c").expect("a path"), &value!(2));
        assert!(look(&object, "a.z[3].c").expect("a path").is_null());
        assert!(edit(&mut object, "nothing").is_err());
    }
}
