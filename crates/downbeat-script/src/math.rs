//! Numbers: what Starlark leaves out of Python's builtins and of its `math`. The functions are those of the `libm`
//! crate, so that a script computes the same on every machine.

use starlark::environment::GlobalsBuilder;
use starlark::values::Value;

use crate::call::Call;
use crate::function::{Function, Param, Run, Takes};

/// The functions beside Starlark's own.
pub(crate) fn functions() -> Vec<Function> {
    vec![
        Function::new(
            "round",
            "The nearest number with so many digits after the point; halves go to the even neighbour, as in Python.",
            [
                Param::any_number("x", "The number."),
                Param::whole("digits", -300, 15, "How many digits; with 0 the result is a whole number.").or(0_i64),
            ],
            "a number",
            Run::Plain(round),
        ),
        Function::new(
            "fixed",
            "A number as text, with so many digits after the point: fixed(math.pi, 2) is \"3.14\".",
            [
                Param::any_number("x", "The number."),
                Param::whole("digits", 0, 17, "How many digits after the point.").or(2_i64),
            ],
            "a string",
            Run::Plain(|call| {
                let digits = usize::try_from(call.whole("digits")).unwrap_or(0);
                call.give(format!("{:.digits$}", call.number("x")))
            }),
        ),
        Function::new(
            "sum",
            "The sum of a list of numbers.",
            [Param::new("values", Takes::Numbers, "The numbers.")],
            "a number",
            Run::Plain(|call| whole_if_exact(call, call.numbers("values").iter().sum())),
        ),
    ]
}

/// The functions of the namespace `math`.
pub(crate) fn namespace() -> Vec<Function> {
    macro_rules! one {
        ($name:literal, $about:literal, $compute:expr) => {
            Function::new(
                $name,
                $about,
                [Param::any_number("x", "The number.")],
                "a number",
                Run::Plain(|call| {
                    let compute: fn(f64) -> f64 = $compute;
                    finite(call, compute(call.number("x")))
                }),
            )
        };
    }
    macro_rules! whole {
        ($name:literal, $about:literal, $compute:expr) => {
            Function::new(
                $name,
                $about,
                [Param::any_number("x", "The number.")],
                "a whole number",
                Run::Plain(|call| {
                    let compute: fn(f64) -> f64 = $compute;
                    whole_if_exact(call, compute(call.number("x")))
                }),
            )
        };
    }
    vec![
        one!("sin", "The sine of an angle in radians.", libm::sin),
        one!("cos", "The cosine of an angle in radians.", libm::cos),
        one!("tan", "The tangent of an angle in radians.", libm::tan),
        one!("asin", "The angle in radians that has this sine.", libm::asin),
        one!("acos", "The angle in radians that has this cosine.", libm::acos),
        one!("atan", "The angle in radians that has this tangent.", libm::atan),
        one!("tanh", "The hyperbolic tangent.", libm::tanh),
        one!("sqrt", "The square root.", libm::sqrt),
        one!("exp", "e to this power.", libm::exp),
        one!("log", "The natural logarithm.", libm::log),
        one!("log10", "The logarithm to base 10.", libm::log10),
        one!("log2", "The logarithm to base 2.", libm::log2),
        Function::new(
            "pow",
            "x to the power y.",
            [Param::any_number("x", "The base."), Param::any_number("y", "The exponent.")],
            "a number",
            Run::Plain(|call| finite(call, libm::pow(call.number("x"), call.number("y")))),
        ),
        whole!("floor", "The largest whole number that is not above.", f64::floor),
        whole!("ceil", "The smallest whole number that is not below.", f64::ceil),
    ]
}

/// The constants of the namespace `math`.
pub(crate) fn constants(builder: &mut GlobalsBuilder) {
    builder.set("pi", std::f64::consts::PI);
    builder.set("e", std::f64::consts::E);
    builder.set("tau", std::f64::consts::TAU);
}

fn round<'v>(call: &Call<'v, '_>) -> Value<'v> {
    let (x, digits) = (call.number("x"), call.whole("digits"));
    if digits == 0 {
        return whole_if_exact(call, x.round_ties_even());
    }
    // The decimal text rounds exactly; scaling by a power of ten would not (2.675 is not 2.675).
    match usize::try_from(digits) {
        Ok(digits) => call.give(format!("{x:.digits$}").parse().unwrap_or(x)),
        Err(_) => {
            let unit = libm::pow(10.0, -digits as f64);
            whole_if_exact(call, (x / unit).round_ties_even() * unit)
        }
    }
}

/// A whole number where the result is one that can be counted exactly.
fn whole_if_exact<'v>(call: &Call<'v, '_>, x: f64) -> Value<'v> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if x == x.trunc() && x.abs() <= EXACT { call.give(x as i64) } else { call.give(x) }
}

/// A result that is a number; else an error: a root of a negative number, a logarithm of zero, an overflow.
fn finite<'v>(call: &Call<'v, '_>, result: f64) -> Value<'v> {
    if result.is_finite() {
        return call.give(result);
    }
    call.error(call.place("x"), format!("`math.{}` has no result here", call.function.name), |d| {
        d.label(if result.is_nan() { "it is not defined for this number" } else { "the result is infinite" })
    })
}
