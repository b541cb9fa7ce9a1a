//! What may be asked: plans that read, and nothing else.

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;

/// The first thing in a plan, subqueries included, that does more than read, by its name in SQL.
///
/// The list is exhaustive on purpose: what a new version of the engine learns to do is refused by the compiler first.
///
/// # Errors
///
/// If the plan cannot be walked.
pub(crate) fn beyond_reading(plan: &LogicalPlan) -> Result<Option<String>> {
    let mut found = None;
    plan.apply_with_subqueries(|node| {
        found = match node {
            LogicalPlan::Projection(_)
            | LogicalPlan::Filter(_)
            | LogicalPlan::Window(_)
            | LogicalPlan::Aggregate(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Join(_)
            | LogicalPlan::Repartition(_)
            | LogicalPlan::Union(_)
            | LogicalPlan::TableScan(_)
            | LogicalPlan::EmptyRelation(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Values(_)
            | LogicalPlan::Explain(_)
            | LogicalPlan::Analyze(_)
            | LogicalPlan::Distinct(_)
            | LogicalPlan::DescribeTable(_)
            | LogicalPlan::Unnest(_)
            | LogicalPlan::RecursiveQuery(_) => None,
            LogicalPlan::Dml(statement) => Some(in_capitals(statement.name())),
            LogicalPlan::Ddl(statement) => Some(in_capitals(statement.name())),
            LogicalPlan::Copy(_) => Some("COPY".to_owned()),
            LogicalPlan::Statement(statement) => Some(in_capitals(statement.name())),
            LogicalPlan::Extension(extension) => Some(extension.node.name().to_owned()),
        };
        Ok(if found.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    Ok(found)
}

/// The engine's `CreateExternalTable` as `CREATE EXTERNAL TABLE`.
fn in_capitals(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && words.ends_with(char::is_alphabetic) {
            words.push(' ');
        }
        words.push(letter);
    }
    words.to_uppercase()
}
