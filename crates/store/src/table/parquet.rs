//! Parquet, through the column writers: our tables are flat, so no detour over Arrow is needed.

use std::borrow::Borrow;
use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, Encoding, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, FloatType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{WriterProperties, WriterPropertiesPtr};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{ColumnPath, Type};

use super::{Cell, Column, Constant, Table};

/// Rows per row group: what is held in memory, and what a reader can skip at once.
const ROWS_PER_GROUP: usize = 1 << 17;

pub(super) fn write<R, I>(
    table: &Table<R>,
    of: Option<&Constant<'_>>,
    rows: I,
    out: impl Write + Send,
) -> Result<u64, ParquetError>
where
    I: IntoIterator<Item: Borrow<R>>,
{
    let mut file = SerializedFileWriter::new(out, schema(table, of)?, properties(table, of)?)?;
    let mut rows = rows.into_iter();
    let mut n_rows = 0;
    loop {
        let group: Vec<I::Item> = rows.by_ref().take(ROWS_PER_GROUP).collect();
        if group.is_empty() {
            break;
        }
        write_group(table, of, &group, &mut file)?;
        n_rows += group.len() as u64;
    }
    file.close()?;
    Ok(n_rows)
}

fn write_group<R, T: Borrow<R>>(
    table: &Table<R>,
    of: Option<&Constant<'_>>,
    rows: &[T],
    file: &mut SerializedFileWriter<impl Write + Send>,
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    if let Some(constant) = of
        && let Some(mut writer) = group.next_column()?
    {
        let value = ByteArray::from(constant.value);
        write_values::<ByteArrayType>(&mut writer, rows.iter().map(|_| Some(value.clone())))?;
        writer.close()?;
    }
    for column in &table.columns {
        let Some(mut writer) = group.next_column()? else { break };
        write_column(&column.cell, rows, &mut writer)?;
        writer.close()?;
    }
    group.close().map(drop)
}

fn write_column<R, T: Borrow<R>>(
    cell: &Cell<R>,
    rows: &[T],
    writer: &mut SerializedColumnWriter<'_>,
) -> Result<(), ParquetError> {
    let rows = rows.iter().map(Borrow::borrow);
    match cell {
        Cell::Whole(get) => write_values::<Int32Type>(writer, rows.map(get)),
        Cell::Millis(get) => write_values::<Int64Type>(writer, rows.map(get)),
        Cell::Utc(get) => write_values::<Int64Type>(writer, rows.map(|row| get(row).map(|utc| utc.as_millis()))),
        Cell::Real(get) => write_values::<FloatType>(writer, rows.map(|row| get(row).filter(|n| n.is_finite()))),
        Cell::Flag(get) => write_values::<BoolType>(writer, rows.map(get)),
        Cell::Text(get) => {
            write_values::<ByteArrayType>(writer, rows.map(|row| get(row).map(|text| ByteArray::from(&*text))))
        }
    }
}

fn write_values<T: DataType>(
    writer: &mut SerializedColumnWriter<'_>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    // A definition level of 1 says that there is a value, 0 that it is absent.
    let (mut present, mut levels) = (Vec::new(), Vec::new());
    for value in values {
        levels.push(i16::from(value.is_some()));
        present.extend(value);
    }
    writer.typed::<T>().write_batch(&present, Some(&levels), None).map(drop)
}

fn schema<R>(table: &Table<R>, of: Option<&Constant<'_>>) -> Result<Arc<Type>, ParquetError> {
    let text = |constant: &Constant<'_>| optional(constant.name, Physical::BYTE_ARRAY, Some(LogicalType::String));
    let fields = of.map(text).into_iter().chain(table.columns.iter().map(field));
    let fields = fields.map(|field| field.map(Arc::new)).collect::<Result<_, _>>()?;
    Type::group_type_builder(table.name).with_fields(fields).build().map(Arc::new)
}

fn field<R>(column: &Column<R>) -> Result<Type, ParquetError> {
    let (physical, logical) = match column.cell {
        Cell::Whole(_) => (Physical::INT32, None),
        Cell::Millis(_) => (Physical::INT64, None),
        Cell::Utc(_) => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
        Cell::Real(_) => (Physical::FLOAT, None),
        Cell::Flag(_) => (Physical::BOOLEAN, None),
        Cell::Text(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
    };
    optional(column.name, physical, logical)
}

fn optional(name: &str, physical: Physical, logical: Option<LogicalType>) -> Result<Type, ParquetError> {
    Type::primitive_type_builder(name, physical)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical)
        .build()
}

/// Zstandard; times and places as differences, which are small and hardly ever the same twice; the meaning of each column in
/// the file's own metadata.
fn properties<R>(table: &Table<R>, of: Option<&Constant<'_>>) -> Result<WriterPropertiesPtr, ParquetError> {
    let about = of.map(|constant| (constant.name, constant.about)).into_iter();
    let about = about.chain(table.columns.iter().map(|column| (column.name, column.about)));
    let about = about.map(|(name, about)| KeyValue::new(name.to_owned(), about.to_owned()));
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
        .set_created_by(concat!("overcut ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_key_value_metadata(Some(about.collect()));
    for column in &table.columns {
        if matches!(column.cell, Cell::Millis(_) | Cell::Utc(_)) || is_place(column) {
            let path = ColumnPath::from(column.name);
            properties = properties
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
        }
    }
    Ok(Arc::new(properties.build()))
}

/// True for a coordinate, by its unit.
fn is_place<R>(column: &Column<R>) -> bool {
    matches!(column.cell, Cell::Whole(_)) && column.name.ends_with("_dm")
}
