//! What stands where a name is not defined or a value could not be made. The fault itself was reported; evaluation
//! goes on, and whatever follows from the fault alone is kept quiet.

use std::cmp::Ordering;

use starlark::eval::{Arguments, Evaluator};
use starlark::starlark_simple_value;
use starlark::values::{Heap, StarlarkValue, Value, starlark_value};

use crate::object::handle;

/// The name of its type, by which errors of the runtime are recognised that follow from another fault.
pub(crate) const UNKNOWN: &str = "unknown value";

handle! {
    mod unknown_handle;
    /// It takes part in everything and gives itself.
    struct Unknown {}
}

starlark_simple_value!(Unknown);

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(UNKNOWN)
    }
}

#[starlark_value(type = UNKNOWN)]
impl<'v> StarlarkValue<'v> for Unknown {
    fn invoke(
        &self,
        me: Value<'v>,
        _args: &Arguments<'v, '_>,
        _eval: &mut Evaluator<'v, '_, '_>,
    ) -> starlark::Result<Value<'v>> {
        Ok(me)
    }
    fn get_attr(&self, _name: &str, heap: Heap<'v>) -> Option<Value<'v>> {
        Some(heap.alloc(Unknown {}))
    }
    fn at(&self, _index: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn slice(
        &self,
        _start: Option<Value<'v>>,
        _stop: Option<Value<'v>>,
        _stride: Option<Value<'v>>,
        heap: Heap<'v>,
    ) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn iterate_collect(&self, _heap: Heap<'v>) -> starlark::Result<Vec<Value<'v>>> {
        Ok(Vec::new())
    }
    fn length(&self) -> starlark::Result<i32> {
        Ok(0)
    }
    fn to_bool(&self) -> bool {
        false
    }
    fn equals(&self, _other: Value<'v>) -> starlark::Result<bool> {
        Ok(false)
    }
    fn compare(&self, _other: Value<'v>) -> starlark::Result<Ordering> {
        Ok(Ordering::Equal)
    }
    fn plus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn minus(&self, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn add(&self, _other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Ok(heap.alloc(Unknown {})))
    }
    fn radd(&self, _other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Ok(heap.alloc(Unknown {})))
    }
    fn sub(&self, _other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn mul(&self, _other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Ok(heap.alloc(Unknown {})))
    }
    fn rmul(&self, _other: Value<'v>, heap: Heap<'v>) -> Option<starlark::Result<Value<'v>>> {
        Some(Ok(heap.alloc(Unknown {})))
    }
    fn div(&self, _other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn floor_div(&self, _other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
    fn percent(&self, _other: Value<'v>, heap: Heap<'v>) -> starlark::Result<Value<'v>> {
        Ok(heap.alloc(Unknown {}))
    }
}
