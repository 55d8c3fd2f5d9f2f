//! The values of the language: small handles with fields and methods from a table.

use std::sync::LazyLock;

use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{Heap, StarlarkValue, Value, starlark_value};

use crate::call::Call;
use crate::clips::ClipHandle;
use crate::function::Function;
use crate::grid::GridHandle;
use crate::routing::GroupHandle;
use crate::segments::SegmentHandle;
use crate::song::SongHandle;
use crate::strips::Strip;

/// A kind of value with fields and methods.
pub(crate) trait Object: Clone + Sized + Send + Sync + 'static {
    /// The name of the kind.
    const KIND: &'static str;
    /// What it is, in a sentence or two.
    const ABOUT: &'static str;
    /// Its fields and methods.
    fn members() -> &'static Members<Self>;
    /// As the receiver of a method. Kinds without methods have none.
    fn receiver(&self) -> Option<Receiver> {
        None
    }
}

/// What stands behind the dot.
pub(crate) struct Members<T: 'static> {
    pub(crate) fields: Vec<Field<T>>,
    pub(crate) methods: Vec<Function>,
}

/// A field: a value that is read without brackets.
pub(crate) struct Field<T> {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Reads it; `None` when this value has no such field after all, or it could not be found out.
    pub(crate) get: Get<T>,
}

/// How a field is read.
type Get<T> = Box<dyn for<'v> Fn(&T, Heap<'v>) -> Option<Value<'v>> + Send + Sync>;

impl<T: 'static> Field<T> {
    pub(crate) fn new(
        name: &'static str,
        about: &'static str,
        get: for<'v> fn(&T, Heap<'v>) -> Option<Value<'v>>,
    ) -> Self {
        Field::with(name, about, get)
    }

    /// One of several that are read alike.
    pub(crate) fn with(
        name: &'static str,
        about: &'static str,
        get: impl for<'v> Fn(&T, Heap<'v>) -> Option<Value<'v>> + Send + Sync + 'static,
    ) -> Self {
        Field { name, about, get: Box::new(get) }
    }
}

/// What a method was called on.
#[derive(Clone, Debug)]
pub(crate) enum Receiver {
    Strip(Strip),
    Clip(ClipHandle),
    Segment(SegmentHandle),
    Song(SongHandle),
    Grid(GridHandle),
    Group(GroupHandle),
}

handle! {
    mod callable;
    /// Something that can be called: a function, or a method with its receiver.
    struct Callable { function: &'static Function, receiver: Option<Receiver> }
}

starlark_simple_value!(Callable);

impl std::fmt::Display for Callable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.function.name)
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

#[starlark_value(type = "function")]
impl<'v> StarlarkValue<'v> for Callable {
    fn invoke(
        &self,
        _me: Value<'v>,
        args: &Arguments<'v, '_>,
        eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Call::run(self, args, eval)
    }
}

/// Reads a field, or binds a method to its receiver.
pub(crate) fn attribute<'v, T: Object>(this: &T, name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
    let members = T::members();
    if let Some(field) = members.fields.iter().find(|field| field.name == name) {
        return (field.get)(this, heap);
    }
    let function = members.methods.iter().find(|method| method.name == name)?;
    Some(heap.alloc(Callable { function, receiver: this.receiver() }))
}

/// The names of all fields and methods.
pub(crate) fn attributes<T: Object>() -> Vec<String> {
    let members = T::members();
    let fields = members.fields.iter().map(|field| field.name);
    fields.chain(members.methods.iter().map(|method| method.name)).map(str::to_string).collect()
}

/// For kinds whose members are made once.
pub(crate) type Table<T> = LazyLock<Members<T>>;

/// Declares the data of a value. Whatever is in it is small, or shared.
macro_rules! handle {
    (mod $module:ident; $(#[$about:meta])* struct $type:ident { $($(#[$doc:meta])* $field:ident: $what:ty),* $(,)? }) => {
        // The runtime's derive writes an `unsafe impl` (of the type's identity); nothing unsafe is written here.
        #[allow(unsafe_code)]
        mod $module {
            #[allow(unused_imports)]
            use super::*;
            use starlark::values::{NoSerialize, ProvidesStaticType, StarlarkPagablePanic};

            $(#[$about])*
            #[derive(Clone, Debug, ProvidesStaticType, NoSerialize, StarlarkPagablePanic, allocative::Allocative)]
            pub(crate) struct $type {
                $(
                    $(#[$doc])*
                    #[allocative(skip)]
                    pub(crate) $field: $what,
                )*
            }
        }
        pub(crate) use $module::$type;
    };
}
pub(crate) use handle;

/// Makes a Rust type a value of the language. What stands in the brackets is added to its implementation.
macro_rules! object {
    ($type:ident, $kind:literal $(, { $($more:tt)* })?) => {
        starlark::starlark_simple_value!($type);

        #[starlark::values::starlark_value(type = $kind)]
        impl<'v> starlark::values::StarlarkValue<'v> for $type {
            fn get_attr(&self, name: &str, heap: starlark::values::Heap<'v>) -> Option<starlark::values::Value<'v>> {
                $crate::object::attribute(self, name, heap)
            }

            fn dir_attr(&self) -> Vec<String> {
                $crate::object::attributes::<$type>()
            }

            $($($more)*)?
        }
    };
}
pub(crate) use object;
