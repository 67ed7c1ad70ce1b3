//! Structs that exist in Rust and in WGSL: written once as a table, proved equal by naga.

use crate::error::{Error, Result};

/// One field of a mirrored struct.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its WGSL type: `u32`, `i32` or `f32`.
    pub kind: &'static str,
}

/// A struct whose WGSL twin has the same fields in the same order, each of four bytes. Made by [`mirror!`](crate::mirror).
pub trait Mirror: Copy {
    /// The WGSL struct's name.
    const NAME: &'static str;
    /// The fields in order.
    const FIELDS: &'static [Field];
    /// The fields' bits in order.
    fn words(&self) -> Vec<u32>;
}

/// A field's type: its name in WGSL and its bits.
pub trait Word: Copy {
    /// The WGSL type.
    const KIND: &'static str;
    /// The bits.
    fn bits(self) -> u32;
}

impl Word for u32 {
    const KIND: &'static str = "u32";
    fn bits(self) -> u32 {
        self
    }
}

impl Word for i32 {
    const KIND: &'static str = "i32";
    fn bits(self) -> u32 {
        self.cast_unsigned()
    }
}

impl Word for f32 {
    const KIND: &'static str = "f32";
    fn bits(self) -> u32 {
        self.to_bits()
    }
}

/// Declares a struct of `u32`, `i32` and `f32` fields that mirrors the WGSL struct of the same name.
///
/// Whenever a pipeline is built, the WGSL struct's fields and offsets are compared with this table; a difference is
/// [`Error::Layout`](crate::Error::Layout), not a wrong number.
///
/// ```
/// spinfield::mirror! {
///     /// Parameters of a model.
///     pub struct Parameters { pub mass: f32, pub coupling: f32 }
/// }
/// use spinfield::shader::Mirror;
/// assert_eq!(Parameters { mass: 1.0, coupling: 0.0 }.words(), [0x3f80_0000, 0]);
/// ```
#[macro_export]
macro_rules! mirror {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident : $kind:ty),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        $vis struct $name { $($(#[$field_meta])* $field_vis $field: $kind),* }

        impl $crate::shader::Mirror for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [$crate::shader::Field] = &[$($crate::shader::Field {
                name: stringify!($field),
                kind: <$kind as $crate::shader::Word>::KIND,
            }),*];
            fn words(&self) -> Vec<u32> {
                vec![$($crate::shader::Word::bits(self.$field)),*]
            }
        }
    };
}

/// Compares a table of fields with a struct of a module.
pub(super) fn prove(module: &naga::Module, name: &str, fields: &[Field]) -> Result<()> {
    let rust: Vec<String> =
        fields.iter().enumerate().map(|(i, field)| format!("{}: {} @{}", field.name, field.kind, 4 * i)).collect();
    let declared = module.types.iter().find(|(_, kind)| kind.name.as_deref() == Some(name));
    let wgsl: Vec<String> = match declared.map(|(_, kind)| &kind.inner) {
        Some(naga::TypeInner::Struct { members, .. }) => members
            .iter()
            .map(|member| {
                let member_name = member.name.as_deref().unwrap_or_default();
                format!("{member_name}: {} @{}", kind_of(&module.types[member.ty].inner), member.offset)
            })
            .collect(),
        _ => vec!["no such struct".into()],
    };
    if rust == wgsl {
        return Ok(());
    }
    Err(Error::Layout { structure: name.into(), wgsl: wgsl.join(", "), rust: rust.join(", ") })
}

fn kind_of(kind: &naga::TypeInner) -> &'static str {
    match kind {
        naga::TypeInner::Scalar(naga::Scalar::U32) => "u32",
        naga::TypeInner::Scalar(naga::Scalar::I32) => "i32",
        naga::TypeInner::Scalar(naga::Scalar::F32) => "f32",
        _ => "not a word",
    }
}
