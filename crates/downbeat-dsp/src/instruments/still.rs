//! Settings of waves, envelopes and instruments stay what they are: a note is played as a whole.

use crate::{ParamError, Params, Value};

/// The settings of these values.
///
/// # Errors
/// When one of them moves, or is not accepted.
pub(super) fn still<P: Params>(values: &[Value]) -> Result<P, ParamError> {
    match P::params().iter().zip(values).find(|(_, value)| matches!(value, Value::Moving(_))) {
        Some((param, _)) => Err(ParamError::Fixed { name: param.name }),
        None => P::from_values(values),
    }
}
