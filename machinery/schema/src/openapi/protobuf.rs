//! The version 2 document as protobuf, the one form that the Go client asks for.
//!
//! The messages are those of gnostic's `OpenAPIv2.proto`; only what our documents have is written.

use api::Value;
use api::json;

/// Encodes a version 2 document.
pub(super) fn encode(document: &Value) -> Vec<u8> {
    let mut out = Message::default();
    out.text(1, &document["swagger"]);
    out.message(2, |info| {
        info.text(1, &document["info"]["title"]);
        info.text(2, &document["info"]["version"]);
    });
    out.message(8, |paths| {
        paths.named(2, &document["paths"], path_item);
    });
    out.message(9, |definitions| definitions.named(1, &document["definitions"], schema));
    for requirement in document["security"].items() {
        out.message(12, |security| security.named(1, requirement, |scopes, value| scopes.texts(1, value)));
    }
    out.message(13, |definitions| {
        definitions.named(1, &document["securityDefinitions"], |item, value| {
            item.message(2, |key| {
                key.text(1, &value["type"]);
                key.text(2, &value["name"]);
                key.text(3, &value["in"]);
            });
        });
    });
    out.bytes
}

fn path_item(out: &mut Message, item: &Value) {
    for (field, method) in [(2, "get"), (3, "put"), (4, "post"), (5, "delete"), (8, "patch")] {
        if let Some(value) = item.get(method) {
            out.message(field, |inner| operation(inner, value));
        }
    }
    parameters(out, 9, &item["parameters"]);
}

fn operation(out: &mut Message, operation: &Value) {
    out.texts(1, &operation["tags"]);
    out.text(5, &operation["operationId"]);
    out.texts(6, &operation["produces"]);
    out.texts(7, &operation["consumes"]);
    parameters(out, 8, &operation["parameters"]);
    out.message(9, |responses| {
        responses.named(1, &operation["responses"], |value, response| {
            value.message(1, |inner| {
                inner.text(1, &response["description"]);
                if let Some(body) = response.get("schema") {
                    inner.message(2, |item| item.message(1, |inner| schema(inner, body)));
                }
            });
        });
    });
    out.texts(10, &operation["schemes"]);
    extensions(out, 13, operation);
}

fn parameters(out: &mut Message, field: u32, parameters: &Value) {
    for parameter in parameters.items() {
        out.message(field, |item| {
            item.message(1, |value| match parameter["in"].str_or_empty() {
                "body" => value.message(1, |body| {
                    body.text(2, &parameter["name"]);
                    body.text(3, &parameter["in"]);
                    body.flag(4, &parameter["required"]);
                    body.message(5, |inner| schema(inner, &parameter["schema"]));
                }),
                "path" => value.message(2, |other| {
                    other.message(4, |path| {
                        path.flag(1, &parameter["required"]);
                        path.text(2, &parameter["in"]);
                        path.text(4, &parameter["name"]);
                        path.text(5, &parameter["type"]);
                        path.flag(19, &parameter["uniqueItems"]);
                    });
                }),
                _ => value.message(2, |other| {
                    other.message(3, |query| {
                        query.flag(1, &parameter["required"]);
                        query.text(2, &parameter["in"]);
                        query.text(4, &parameter["name"]);
                        query.text(6, &parameter["type"]);
                        query.flag(20, &parameter["uniqueItems"]);
                    });
                }),
            });
        });
    }
}

fn schema(out: &mut Message, value: &Value) {
    out.text(1, &value["$ref"]);
    out.text(2, &value["format"]);
    out.texts(19, &value["required"]);
    for choice in value["enum"].items() {
        out.message(20, |any| any.any(choice));
    }
    if let Some(additional) = value.get("additionalProperties") {
        out.message(21, |item| item.message(1, |inner| schema(inner, additional)));
    }
    if !value["type"].is_null() {
        out.message(22, |item| item.text(1, &value["type"]));
    }
    if let Some(items) = value.get("items") {
        out.message(23, |item| item.message(1, |inner| schema(inner, items)));
    }
    if let Some(properties) = value.get("properties") {
        out.message(25, |inner| inner.named(1, properties, schema));
    }
    extensions(out, 31, value);
}

fn extensions(out: &mut Message, field: u32, value: &Value) {
    for entry in value.entries().iter().filter(|entry| entry.key.as_str().starts_with("x-")) {
        out.message(field, |named| {
            named.chunk(1, entry.key.as_str().as_bytes());
            named.message(2, |any| any.any(&entry.value));
        });
    }
}

#[derive(Default)]
struct Message {
    bytes: Vec<u8>,
}

impl Message {
    fn varint(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    fn chunk(&mut self, field: u32, bytes: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// A text, unless it is absent.
    fn text(&mut self, field: u32, value: &Value) {
        if let Some(text) = value.as_str() {
            self.chunk(field, text.as_bytes());
        }
    }

    fn texts(&mut self, field: u32, list: &Value) {
        for item in list.items() {
            self.text(field, item);
        }
    }

    fn flag(&mut self, field: u32, value: &Value) {
        if value.as_bool() == Some(true) {
            self.varint(u64::from(field) << 3);
            self.bytes.push(1);
        }
    }

    fn message(&mut self, field: u32, fill: impl FnOnce(&mut Message)) {
        let mut inner = Message::default();
        fill(&mut inner);
        self.chunk(field, &inner.bytes);
    }

    /// The entries of an object as messages of a name and a value.
    fn named(&mut self, field: u32, object: &Value, fill: impl Fn(&mut Message, &Value)) {
        for entry in object.entries().iter() {
            self.message(field, |named| {
                named.chunk(1, entry.key.as_str().as_bytes());
                named.message(2, |value| fill(value, &entry.value));
            });
        }
    }

    /// Any value, as YAML; JSON is YAML.
    fn any(&mut self, value: &Value) {
        let mut text = json::to_vec(value);
        text.push(b'\n');
        self.chunk(2, &text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::value;

    #[test]
    fn known_bytes() {
        let document = value!({
            "swagger": "2.0",
            "info": {"title": "K", "version": "v"},
            "paths": {},
            "definitions": {"a": {"type": "object", "x-y": [1]}}
        });
        let mut expected = Vec::new();
        for part in [
            &b"\x0a\x032.0"[..],
            b"\x12\x06\x0a\x01K\x12\x01v",
            b"\x42\x00",
            b"\x4a\x22\x0a\x20\x0a\x01a\x12\x1b",
            b"\xb2\x01\x08\x0a\x06object",
            b"\xfa\x01\x0d\x0a\x03x-y\x12\x06\x12\x04[1]\n",
            b"\x6a\x00",
        ] {
            expected.extend_from_slice(part);
        }
        assert_eq!(encode(&document), expected);
    }
}
