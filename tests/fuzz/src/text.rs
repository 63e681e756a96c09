//! Short texts: selectors, quantities, heads of requests, log lines.

use meta::FieldSelector;
use meta::LabelSelector;
use meta::Quantity;

pub(crate) fn label_selector(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    if let Ok(selector) = LabelSelector::parse(text) {
        selector.matches(|_| None);
        selector.matches(|_| Some("7"));
    }
}

pub(crate) fn field_selector(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    if let Ok(selector) = FieldSelector::parse(text) {
        selector.matches(|_| Some(""));
        selector.exact("metadata.name");
    }
}

pub(crate) fn quantity(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    let Ok(quantity) = Quantity::parse(text) else { return };
    let written = quantity.to_string();
    let again = Quantity::parse(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(again.to_string(), written, "{text}");
    assert_eq!(quantity.value(), again.value(), "{text} {written}");
    assert_eq!(quantity.milli_value(), again.milli_value(), "{text} {written}");
    assert!(quantity.minus(again).is_zero(), "{text}");
    assert_eq!(quantity.plus(again).is_negative(), quantity.is_negative(), "{text}");
}

pub(crate) fn request_head(bytes: &[u8]) {
    if let Some(text) = utf8(bytes) {
        apiserver::outside::request_head(text);
    }
}

pub(crate) fn continue_token(bytes: &[u8]) {
    if let Some(text) = utf8(bytes) {
        apiserver::outside::continue_token(text);
    }
}

pub(crate) fn log_line(bytes: &[u8]) {
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        runtime::logs::parse_line(line);
    }
}

pub(crate) fn image_reference(bytes: &[u8]) {
    let Some(text) = utf8(bytes) else { return };
    let Ok(reference) = images::Reference::parse(text) else { return };
    let written = reference.to_string();
    let again = images::Reference::parse(&written).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(again.to_string(), written);
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}
