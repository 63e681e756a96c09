//! The text format 0.0.4 of Prometheus.

use std::fmt::Write as _;

use super::Head;
use super::Kind;

/// What a family is.
pub(super) fn head(out: &mut String, head: &Head) {
    let kind = match head.kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
        Kind::Histogram => "histogram",
    };
    let help = head.help.replace('\\', "\\\\").replace('\n', "\\n");
    write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n", name = head.name).expect(INFALLIBLE);
}

/// One line; `bound` is the upper bound of a histogram's bucket.
pub(super) fn sample(
    out: &mut String,
    head: &Head,
    suffix: &str,
    values: &[&str],
    bound: Option<f64>,
    number: f64,
) {
    out.push_str(head.name);
    out.push_str(suffix);
    let mut separator = '{';
    for (label, value) in head.labels.iter().zip(values) {
        out.push(separator);
        separator = ',';
        out.push_str(label);
        out.push_str("=\"");
        escape(out, value);
        out.push('"');
    }
    if let Some(bound) = bound {
        out.push(separator);
        separator = ',';
        out.push_str("le=\"");
        push(out, bound);
        out.push('"');
    }
    if separator == ',' {
        out.push('}');
    }
    out.push(' ');
    push(out, number);
    out.push('\n');
}

const INFALLIBLE: &str = "writing to a String cannot fail";

fn push(out: &mut String, number: f64) {
    if number == f64::INFINITY {
        out.push_str("+Inf");
    } else {
        write!(out, "{number}").expect(INFALLIBLE);
    }
}

fn escape(out: &mut String, value: &str) {
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
}
