//! The encoding that all netlink families share: a header, a fixed part, attributes that nest.

/// Bytes of `struct nlmsghdr`.
pub(crate) const HEADER_LEN: usize = 16;
const ATTRIBUTE_HEADER_LEN: usize = 4;
const NESTED: u16 = 1 << 15;
/// Flag bits of an attribute's type: nested, network byte order.
const TYPE_MASK: u16 = 0x3fff;

/// A request being put together. Numbers are in the machine's byte order unless said otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    bytes: Vec<u8>,
}

impl Message {
    /// A request of a type, with its flags and the family's fixed part.
    pub(crate) fn new(kind: u16, flags: u16, fixed: &[u8]) -> Self {
        let mut bytes = vec![0; HEADER_LEN];
        bytes[4..6].copy_from_slice(&kind.to_ne_bytes());
        bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
        bytes.extend_from_slice(fixed);
        let mut message = Self { bytes };
        message.pad();
        message
    }

    pub(crate) fn attr(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        let len = u16::try_from(ATTRIBUTE_HEADER_LEN + value.len()).expect("attributes here are short");
        self.bytes.extend_from_slice(&len.to_ne_bytes());
        self.bytes.extend_from_slice(&kind.to_ne_bytes());
        self.bytes.extend_from_slice(value);
        self.pad();
        self
    }

    pub(crate) fn attr_u32(&mut self, kind: u16, value: u32) -> &mut Self {
        self.attr(kind, &value.to_ne_bytes())
    }

    /// A string with its terminating zero.
    pub(crate) fn attr_str(&mut self, kind: u16, value: &str) -> &mut Self {
        self.attr(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// An attribute that holds attributes, preceded by `fixed` where the kernel wants that.
    pub(crate) fn nest(&mut self, kind: u16, fixed: &[u8], fill: impl FnOnce(&mut Self)) -> &mut Self {
        let start = self.bytes.len();
        self.attr(kind | NESTED, fixed);
        fill(self);
        let len = u16::try_from(self.bytes.len() - start).expect("attributes here are short");
        self.bytes[start..start + 2].copy_from_slice(&len.to_ne_bytes());
        self
    }

    /// The finished request.
    pub(crate) fn finish(mut self, sequence: u32) -> Vec<u8> {
        let len = u32::try_from(self.bytes.len()).expect("requests here are short");
        self.bytes[0..4].copy_from_slice(&len.to_ne_bytes());
        self.bytes[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.bytes
    }

    fn pad(&mut self) {
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }
}

/// The attributes of a payload; stops at the first that does not fit.
pub(crate) fn attributes(bytes: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let len = usize::from(u16::from_ne_bytes(rest.get(0..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & TYPE_MASK;
        let value = rest.get(ATTRIBUTE_HEADER_LEN..len)?;
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
        Some((kind, value))
    })
}

/// The value of the first attribute of a kind.
pub(crate) fn attribute(bytes: &[u8], kind: u16) -> Option<&[u8]> {
    attributes(bytes).find(|(found, _)| *found == kind).map(|(_, value)| value)
}

pub(crate) fn as_u32(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(value.get(0..4)?.try_into().ok()?))
}

/// Ports travel in network byte order.
pub(crate) fn as_be16(value: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(value.get(0..2)?.try_into().ok()?))
}

pub(crate) fn as_str(value: &[u8]) -> String {
    String::from_utf8_lossy(value.split(|b| *b == 0).next().unwrap_or_default()).into_owned()
}

/// An IPv4 or IPv6 address, told by its length.
pub(crate) fn as_ip(value: &[u8]) -> Option<std::net::IpAddr> {
    match value.len() {
        4 => Some(std::net::IpAddr::from(<[u8; 4]>::try_from(value).ok()?)),
        16 => Some(std::net::IpAddr::from(<[u8; 16]>::try_from(value).ok()?)),
        _ => None,
    }
}

pub(crate) fn ip_bytes(address: std::net::IpAddr) -> Vec<u8> {
    match address {
        std::net::IpAddr::V4(address) => address.octets().to_vec(),
        std::net::IpAddr::V6(address) => address.octets().to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_and_padding() {
        let mut message = Message::new(16, 5, &[1, 2, 3]);
        message.attr_str(3, "lo").nest(18, &[], |info| {
            info.attr_str(1, "veth").nest(2, &[9; 4], |data| {
                data.attr_u32(7, 42);
            });
        });
        let bytes = message.finish(77);
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(as_u32(&bytes), Some(bytes.len() as u32));
        let body = &bytes[HEADER_LEN + 4..];
        assert_eq!(attribute(body, 3).map(as_str).as_deref(), Some("lo"));
        let info = attribute(body, 18).unwrap();
        assert_eq!(attribute(info, 1).map(as_str).as_deref(), Some("veth"));
        let data = &attribute(info, 2).unwrap()[4..];
        assert_eq!(attribute(data, 7).and_then(as_u32), Some(42));
    }

    #[test]
    fn broken_attributes_end_the_list() {
        for bytes in [&[][..], &[1], &[3, 0, 1, 0], &[0, 0, 0, 0], &[200, 0, 1, 0, 5], &[4, 0]] {
            assert!(attributes(bytes).count() <= 1);
        }
    }
}
