//! The syntax tree of a script, asked for places: where an argument stands, what a statement defines.

use std::collections::BTreeSet;
use std::ops::Range;

use starlark::codemap::Span;
use starlark::syntax::ast::{ArgumentP, AssignTargetP, AstExpr, AstStmt, ExprP, StmtP};
use starlark::syntax::{AstModule, Dialect, DialectTypes};

use crate::scan;

/// The dialect of a mix: Starlark with statements at the top level, f-strings and keyword-only arguments. A text that
/// is nested too deeply is not parsed at all.
pub(crate) fn parse(file: &str, text: &str) -> starlark::Result<AstModule> {
    if scan::too_deep(text).is_some() {
        return Err(starlark::Error::new_other(anyhow::anyhow!("this is nested too deeply")));
    }
    let dialect = Dialect {
        enable_top_level_stmt: true,
        enable_f_strings: true,
        enable_keyword_only_arguments: true,
        enable_types: DialectTypes::Enable,
        ..Dialect::Standard
    };
    AstModule::parse(file, text.to_string(), &dialect)
}

/// One argument as it is written.
pub(crate) struct Written {
    /// Where the keyword stands, if there is one.
    pub(crate) name: Option<Range<usize>>,
    /// The value.
    pub(crate) value: Range<usize>,
    /// Whether it is a `*list` or a `**dict`, which stand for any number of arguments.
    pub(crate) spread: bool,
}

/// A call as it is written.
pub(crate) struct WrittenCall {
    /// The name that is called: of `hats.fader(-6)`, the word `fader`.
    pub(crate) name: Range<usize>,
    /// The arguments in order.
    pub(crate) arguments: Vec<Written>,
}

/// All calls of a script, sorted by the bytes that they cover.
#[derive(Default)]
pub(crate) struct Calls(Vec<((usize, usize), WrittenCall)>);

impl Calls {
    /// Finds them.
    pub(crate) fn of(module: &AstModule) -> Self {
        let mut calls = Vec::new();
        expressions(module.statement(), &mut |expr| {
            if let ExprP::Call(callee, args) = &expr.node {
                let arguments = args.args.iter().map(|argument| {
                    let value = range(argument.expr().span);
                    match &argument.node {
                        ArgumentP::Named(name, _) => Written { name: Some(range(name.span)), value, spread: false },
                        ArgumentP::Positional(_) => Written { name: None, value, spread: false },
                        ArgumentP::Args(_) | ArgumentP::KwArgs(_) => Written { name: None, value, spread: true },
                    }
                });
                let Range { start, end } = range(expr.span);
                calls.push(((start, end), WrittenCall { name: callee_name(callee), arguments: arguments.collect() }));
            }
        });
        calls.sort_by_key(|(bytes, _)| *bytes);
        Calls(calls)
    }

    /// The call that covers exactly these bytes.
    pub(crate) fn at(&self, bytes: &Range<usize>) -> Option<&WrittenCall> {
        let index = self.0.binary_search_by_key(&(bytes.start, bytes.end), |(bytes, _)| *bytes).ok()?;
        Some(&self.0[index].1)
    }
}

/// Finds the word after the dot in the innermost expression `something.word` that lies in these bytes.
pub(crate) fn attribute(module: &AstModule, bytes: &Range<usize>, word: &str) -> Option<Range<usize>> {
    let mut found: Option<Range<usize>> = None;
    expressions(module.statement(), &mut |expr| {
        if let ExprP::Dot(_, name) = &expr.node
            && name.node == word
            && bytes.start <= range(expr.span).start
            && range(expr.span).end <= bytes.end
        {
            // The last one: of `a.x(b.x)`, a fault in the outer call is reported with a span that ends with it.
            let place = range(name.span);
            if found.as_ref().is_none_or(|found| found.end < place.end) {
                found = Some(place);
            }
        }
    });
    found
}

/// The statement at the top level that holds this byte, and the names it defines.
pub(crate) fn top_statement(module: &AstModule, at: usize) -> Option<(Range<usize>, BTreeSet<String>)> {
    let statement = top_statements(module.statement()).into_iter().find(|statement| {
        let bytes = range(statement.span);
        bytes.start <= at && at < bytes.end
    })?;
    let mut names = BTreeSet::new();
    defined(statement, &mut names);
    Some((range(statement.span), names))
}

fn top_statements(statement: &AstStmt) -> Vec<&AstStmt> {
    match &statement.node {
        StmtP::Statements(statements) => statements.iter().flat_map(top_statements).collect(),
        _ => vec![statement],
    }
}

fn defined(statement: &AstStmt, names: &mut BTreeSet<String>) {
    let mut target = |target: &AssignTargetP<_>| {
        target.visit_lvalue(|name| {
            names.insert(name.node.ident.clone());
        });
    };
    match &statement.node {
        StmtP::Assign(assign) => target(&assign.lhs.node),
        StmtP::AssignModify(lhs, _, _) => target(&lhs.node),
        StmtP::For(each) => target(&each.var.node),
        StmtP::Def(def) => {
            names.insert(def.name.node.ident.clone());
            return;
        }
        StmtP::Load(load) => names.extend(load.args.iter().map(|arg| arg.local.node.ident.clone())),
        _ => {}
    }
    statement.node.visit_stmt(|inner| defined(inner, names));
}

fn callee_name(callee: &AstExpr) -> Range<usize> {
    match &callee.node {
        ExprP::Dot(_, name) => range(name.span),
        _ => range(callee.span),
    }
}

/// Visits every expression, outer ones before inner ones.
fn expressions(statement: &AstStmt, visit: &mut dyn FnMut(&AstExpr)) {
    fn below(expr: &AstExpr, visit: &mut dyn FnMut(&AstExpr)) {
        visit(expr);
        expr.node.visit_expr(|inner| below(inner, visit));
    }
    statement.node.visit_expr(|expr| below(expr, visit));
}

fn range(span: Span) -> Range<usize> {
    span.begin().get() as usize..span.end().get() as usize
}

/// Every name that a script defines anywhere, for suggestions.
pub(crate) fn defined_names(module: &AstModule) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    defined(module.statement(), &mut names);
    names
}
