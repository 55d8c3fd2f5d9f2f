//! The declarations of settings and of choices.

/// Declares settings: each parameter once, with its doc comment, name, type, default and range.
///
/// ```
/// downbeat_dsp::params! {
///     /// Turns the level up or down.
///     pub struct Volume: "volume" {
///         /// The change of level.
///         db: f64 = 0.0, in -120.0..=60.0;
///         /// Whether the polarity is turned around.
///         invert: bool = false;
///     }
/// }
/// use downbeat_dsp::{Params, Value};
/// assert_eq!(Volume::params()[0].name, "db");
/// assert_eq!(Volume::default().values(), [Value::Number(0.0), Value::Switch(false)]);
/// ```
///
/// `as fixed` after the range marks a number that has to stay the same while the sound runs, because memory is sized by it
/// (a longest delay, an order).
///
/// A last clause `check = function;` names a `fn(&Self) -> Result<(), ParamError>` for what depends on several
/// parameters at once.
#[macro_export]
macro_rules! params {
    (
        $(#[doc = $about:literal])*
        pub struct $type:ident: $name:literal {
            $(
                $(#[doc = $help:literal])*
                $field:ident: $kind:ty = $default:expr $(, in $min:literal ..= $max:literal $(as $fixed:ident)?)?;
            )*
        }
        $(check = $check:path;)?
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, PartialEq, Debug)]
        pub struct $type {
            $(
                $(#[doc = $help])*
                pub $field: $kind,
            )*
        }

        impl Default for $type {
            fn default() -> Self {
                $type { $($field: $default,)* }
            }
        }

        impl $crate::Params for $type {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = concat!($($about, "\n"),*);

            fn params() -> &'static [$crate::ParamInfo] {
                static PARAMS: std::sync::LazyLock<Vec<$crate::ParamInfo>> = std::sync::LazyLock::new(|| vec![
                    $($crate::ParamInfo {
                        name: stringify!($field),
                        about: concat!($($help, "\n"),*),
                        kind: <$kind as $crate::ParamType>::kind($crate::params!(@range $($min, $max)?)),
                        default: $crate::ParamType::to_value(&{ let default: $kind = $default; default }),
                        is_fixed: $crate::params!(@fixed $($($fixed)?)?),
                    },)*
                ]);
                &PARAMS
            }

            #[allow(unused_mut, unused_variables)]
            fn from_values(values: &[$crate::Value]) -> Result<Self, $crate::ParamError> {
                let mut settings = $type::default();
                let mut given = <Self as $crate::Params>::params().iter().zip(values);
                $(
                    if let Some((info, value)) = given.next() {
                        let value = info.accept(value.clone())?;
                        if let Some(field) = <$kind as $crate::ParamType>::from_value(&value) {
                            settings.$field = field;
                        }
                    }
                )*
                $($check(&settings)?;)?
                Ok(settings)
            }

            fn values(&self) -> Vec<$crate::Value> {
                vec![$($crate::ParamType::to_value(&self.$field),)*]
            }

            #[allow(unused_mut, unused_variables, unused_assignments)]
            fn set_number(&mut self, index: usize, value: f64) {
                let mut at = 0;
                $(
                    if at == index {
                        $crate::ParamType::set_number(&mut self.$field, value);
                    }
                    at += 1;
                )*
            }
        }
    };
    (@fixed) => { false };
    (@fixed fixed) => { true };
    (@range) => { None };
    (@range $min:literal, $max:literal) => { Some(($min, $max)) };
}

/// Declares a choice between names, to be the type of a parameter.
///
/// ```
/// downbeat_dsp::choice! {
///     /// Which way round.
///     pub enum Way {
///         /// Forwards.
///         Forwards = "forwards",
///         /// Backwards.
///         Backwards = "backwards",
///     }
/// }
/// use downbeat_dsp::{ParamType, Value};
/// assert_eq!(Way::Backwards.to_value(), Value::Choice("backwards".into()));
/// ```
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $about:literal])*
        pub enum $type:ident {
            $($(#[doc = $help:literal])* $variant:ident = $name:literal,)*
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum $type {
            $($(#[doc = $help])* $variant,)*
        }

        impl $crate::ParamType for $type {
            type Bound = ();
            fn kind(_: Option<((), ())>) -> $crate::Kind {
                $crate::Kind::Choice(&[$($name),*])
            }
            fn from_value(value: &$crate::Value) -> Option<Self> {
                match value {
                    $($crate::Value::Choice(name) if name == $name => Some($type::$variant),)*
                    _ => None,
                }
            }
            fn to_value(&self) -> $crate::Value {
                match self {
                    $($type::$variant => $crate::Value::Choice($name.to_string()),)*
                }
            }
        }
    };
}
