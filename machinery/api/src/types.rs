//! The schema of every built-in type, as static data generated from the facts of the API.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::generated::types::TYPES;
use crate::key::KnownKey;

/// A struct type: its fields in Go's order of declaration, embedded structs laid flat.
#[derive(Debug)]
pub struct TypeDef {
    /// `<group>/<version>.<Name>`, such as `core/v1.PodSpec`.
    pub name: &'static str,
    /// The fields.
    pub fields: &'static [Field],
    /// Their JSON names, side by side: a search that went from field to field would miss the cache for
    /// each of them.
    pub keys: &'static [KnownKey],
    /// Whether the whole struct is one unit to server-side apply.
    pub atomic: bool,
}

/// A type by its place in the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct TypeId(pub(crate) u16);

/// One field of a struct.
#[derive(Debug)]
pub struct Field {
    /// The JSON name.
    pub key: KnownKey,
    /// The type of the value.
    pub ty: Ty,
    /// [`flags`] bits.
    pub flags: u8,
    /// Protobuf field numbers from the struct down through embedded messages; empty where the type
    /// has no protobuf form.
    pub proto: &'static [u16],
    /// How server-side apply merges it.
    pub merge: Merge,
    /// How a strategic merge patch merges it.
    pub patch: Patch,
    /// The declared default, as JSON; empty where there is none.
    pub default: &'static str,
}

/// Bits of [`Field::flags`].
pub mod flags {
    /// A pointer in Go: absent and zero differ.
    pub const POINTER: u8 = 1;
    /// Zero values are not written (structs that are no pointers are).
    pub const OMITEMPTY: u8 = 2;
    /// Clients need not set it.
    pub const OPTIONAL: u8 = 4;
    /// The struct is not written when it is zero.
    pub const OMITZERO: u8 = 8;
}

/// The type of a value.
#[derive(Debug, Clone, Copy)]
pub enum Ty {
    /// Text.
    String,
    /// One of a closed set of texts.
    Enum(&'static [&'static str]),
    /// `true` or `false`.
    Bool,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Floating point.
    Double,
    /// Base64 text in JSON.
    Bytes,
    /// `resource.Quantity`.
    Quantity,
    /// `intstr.IntOrString`.
    IntOrString,
    /// `metav1.Time`.
    Time,
    /// `metav1.MicroTime`.
    MicroTime,
    /// `metav1.Duration`.
    Duration,
    /// `runtime.RawExtension`: any object.
    RawExtension,
    /// `metav1.FieldsV1`: any object.
    FieldsV1,
    /// Any JSON.
    Any,
    /// A struct of the table.
    Struct(TypeId),
    /// A list.
    List(&'static Ty),
    /// A list that is a message of its own in protobuf (`ExtraValue`, `Verbs`).
    WrappedList(&'static Ty),
    /// A map with text keys.
    Map(&'static Ty),
}

/// How server-side apply treats a field (`x-kubernetes-list-type`, `x-kubernetes-map-type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Lists are atomic, maps and structs are granular.
    Default,
    /// Replaced as a whole.
    Atomic,
    /// A list of scalars without duplicates.
    Set,
    /// A list of structs, told apart by these keys.
    Keys(&'static [KnownKey]),
}

/// How a strategic merge patch treats a field (`patchStrategy`, `patchMergeKey`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patch {
    /// Lists are replaced, objects merged.
    Default,
    /// Lists of scalars are merged as sets.
    Merge,
    /// Lists of structs are merged by this key.
    MergeBy(KnownKey),
    /// As `MergeBy`, and keys that the patch does not retain go.
    MergeByRetainKeys(KnownKey),
    /// An object of which only the keys named in `$retainKeys` stay.
    RetainKeys,
}

impl TypeId {
    /// The type's definition.
    pub fn def(self) -> &'static TypeDef {
        &TYPES[usize::from(self.0)]
    }

    /// The type with this name, such as `core/v1.Pod`.
    pub fn find(name: &str) -> Option<TypeId> {
        BY_NAME.get(name).copied()
    }
}

impl TypeDef {
    /// The field with this JSON name.
    pub fn field(&self, key: KnownKey) -> Option<&'static Field> {
        self.keys.iter().position(|known| *known == key).map(|place| &self.fields[place])
    }

    /// The place of the field with this JSON name, looked for from `start` on and then before it.
    pub(crate) fn place(&self, key: KnownKey, start: usize) -> Option<usize> {
        let (before, after) = self.keys.split_at(start);
        let find = |keys: &[KnownKey]| keys.iter().position(|known| *known == key);
        find(after).map(|place| place + start).or_else(|| find(before))
    }

    /// Go's name of the type, without package.
    pub fn go_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

impl Field {
    /// Whether all of `bits` are set.
    pub fn has(&self, bits: u8) -> bool {
        self.flags & bits == bits
    }
}

static BY_NAME: LazyLock<HashMap<&'static str, TypeId>> = LazyLock::new(|| {
    TYPES
        .iter()
        .enumerate()
        .map(|(i, def)| (def.name, TypeId(u16::try_from(i).expect("fewer than 65,536 types"))))
        .collect()
});
