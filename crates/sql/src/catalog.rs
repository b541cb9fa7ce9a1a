//! The tables as the engine sees them: each is opened when a query names it, and there are no others.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::DataType;
use datafusion::catalog::{SchemaProvider, TableProvider};
use datafusion::datasource::TableType;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::{DataFusionError, Result};
use datafusion::object_store::ObjectStore;
use datafusion::object_store::local::LocalFileSystem;

use crate::tables::{Described, SEASON, described};

/// Where the engine finds the folder of tables. It knows no other place, the file system included.
pub(crate) const PLACE: &str = "overcut://tables";

/// The tables.
#[derive(Debug)]
pub(crate) struct Tables(Vec<Described>);

impl Tables {
    pub(crate) fn new() -> Tables {
        Tables(described())
    }

    fn get(&self, name: &str) -> Option<&Described> {
        self.0.iter().find(|table| table.name == name)
    }
}

#[async_trait]
impl SchemaProvider for Tables {
    fn table_names(&self) -> Vec<String> {
        self.0.iter().map(|table| table.name.to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>, DataFusionError> {
        let Some(table) = self.get(name) else { return Ok(None) };
        let options = ListingOptions::new(Arc::new(ParquetFormat::default()))
            .with_table_partition_cols(vec![(SEASON.0.to_owned(), DataType::Int32)]);
        let config = ListingTableConfig::new(ListingTableUrl::parse(format!("{PLACE}/{}/", table.name))?)
            .with_listing_options(options)
            .with_schema(table.file_schema());
        Ok(Some(Arc::new(ListingTable::try_new(config)?)))
    }

    async fn table_type(&self, name: &str) -> Result<Option<TableType>> {
        Ok(self.table_exist(name).then_some(TableType::Base))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// The folder of tables, from within which no path leads out.
pub(crate) fn files(folder: &Path) -> Result<Arc<dyn ObjectStore>> {
    Ok(Arc::new(LocalFileSystem::new_with_prefix(folder)?))
}
