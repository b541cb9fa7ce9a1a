//! One query, from text to rows.

use std::path::Path;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider};
use datafusion::common::TableReference;
use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryConsumer};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use futures_util::StreamExt;

use crate::catalog::{PLACE, Tables, files};
use crate::fault::{Fault, query_error};
use crate::query::{Limits, MAX_QUERY_BYTES, QueryError};
use crate::reading::beyond_reading;

/// The engine over a folder of tables.
pub(crate) struct Engine {
    context: SessionContext,
    limits: Limits,
}

/// What a query found.
#[derive(Debug)]
pub(crate) struct Rows {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
    pub n_rows: usize,
    pub is_truncated: bool,
}

impl Engine {
    /// An engine that sees the tables below `folder` and works on so many threads.
    pub(crate) fn open(folder: &Path, limits: Limits, n_threads: usize) -> Result<Engine, QueryError> {
        let failed = |error: DataFusionError| QueryError::Failed(error.strip_backtrace());
        let mut config = SessionConfig::new()
            .with_create_default_catalog_and_schema(false)
            .with_default_catalog_and_schema("overcut", "tables")
            .with_information_schema(true)
            .with_target_partitions(n_threads);
        let options = config.options_mut();
        options.sql_parser.collect_spans = true;
        options.execution.parquet.pushdown_filters = true;
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(GreedyMemoryPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
            .build_arc()
            .map_err(failed)?;
        let place = ObjectStoreUrl::parse(PLACE).map_err(failed)?;
        runtime.register_object_store(place.as_ref(), files(folder).map_err(failed)?);
        let everywhere = ObjectStoreUrl::local_filesystem();
        runtime.deregister_object_store(everywhere.as_ref()).map_err(failed)?;
        let context = SessionContext::new_with_config_rt(config, runtime);
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema("tables", Arc::new(Tables::new())).map_err(failed)?;
        context.register_catalog("overcut", Arc::new(catalog));
        Ok(Engine { context, limits })
    }

    /// Answers a query.
    pub(crate) async fn run(&self, text: &str) -> Result<Rows, QueryError> {
        let plan = self.plan(text).await?;
        let is_about_rows =
            !matches!(plan, LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_));
        let refer = |error| query_error(error, Fault { text, limits: &self.limits, unknown_table: None });
        let found = self.context.execute_logical_plan(plan).await.map_err(refer)?;
        let found = match is_about_rows {
            // One more than wanted tells whether there are more.
            true => found.limit(0, Some(self.limits.n_rows.saturating_add(1))),
            false => Ok(found),
        };
        self.collect(found.map_err(refer)?, refer).await
    }

    /// The plan of a text, if all it does is read.
    async fn plan(&self, text: &str) -> Result<LogicalPlan, QueryError> {
        if text.len() > MAX_QUERY_BYTES {
            let message = format!("the query has {} bytes, want at most {MAX_QUERY_BYTES}", text.len());
            return Err(QueryError::invalid(message, None));
        }
        let state = self.context.state();
        let refer =
            |unknown_table| move |error| query_error(error, Fault { text, limits: &self.limits, unknown_table });
        let dialect = state.config().options().sql_parser.dialect;
        let statement = state.sql_to_statement(text, &dialect).map_err(refer(None))?;
        let named = state.resolve_table_references(&statement).map_err(refer(None))?;
        let is_unknown = |name: &&TableReference| {
            let schema = name.schema().unwrap_or("tables");
            let catalog = name.catalog().unwrap_or("overcut");
            let found = self.context.catalog(catalog).and_then(|catalog| catalog.schema(schema));
            let is_function = state.table_functions().contains_key(name.table());
            !is_function
                && schema != "information_schema"
                && !found.is_some_and(|schema| schema.table_exist(name.table()))
        };
        let unknown_table = named.iter().find(is_unknown).cloned();
        let plan = state.statement_to_plan(statement).await.map_err(refer(unknown_table))?;
        match beyond_reading(&plan).map_err(refer(None))? {
            None => Ok(plan),
            Some(name) => Err(QueryError::Refused(name)),
        }
    }

    /// Takes rows until there are too many, counting what they occupy as the engine's own memory.
    async fn collect(
        &self,
        found: DataFrame,
        refer: impl Fn(DataFusionError) -> QueryError,
    ) -> Result<Rows, QueryError> {
        let held = MemoryConsumer::new("answer").register(&self.context.runtime_env().memory_pool);
        let mut stream = found.execute_stream().await.map_err(&refer)?;
        let mut rows = Rows { schema: stream.schema(), batches: Vec::new(), n_rows: 0, is_truncated: false };
        while let Some(batch) = stream.next().await {
            let batch = batch.map_err(&refer)?;
            held.try_grow(batch.get_array_memory_size()).map_err(&refer)?;
            let n_free = self.limits.n_rows - rows.n_rows;
            rows.is_truncated = batch.num_rows() > n_free;
            let batch = batch.slice(0, batch.num_rows().min(n_free));
            rows.n_rows += batch.num_rows();
            rows.batches.push(batch);
            if rows.is_truncated {
                break;
            }
        }
        Ok(rows)
    }
}
