//! PostgreSQL, in a schema of the test's own behind `DATABASE_URL`.

use overcut_warehouse::{Postgres, SessionId, Warehouse, WarehouseError};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row as _};

use crate::rig::{Rig, Shape};
use crate::suite;

struct Database {
    runtime: tokio::runtime::Runtime,
    pool: PgPool,
    url: String,
    schema: String,
}

impl Database {
    /// `None`, with a word why, where no server is named.
    fn new(name: &str) -> Option<Database> {
        let url = overcut_testkit::service("DATABASE_URL")?;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let schema = format!("overcut_test_{name}_{}", std::process::id());
        let separator = if url.contains('?') { '&' } else { '?' };
        let url_of_schema = format!("{url}{separator}options[search_path]={schema}");
        let pool = runtime.block_on(async {
            let pool = PgPool::connect(&url_of_schema).await.unwrap();
            sqlx::query(AssertSqlSafe(format!("CREATE SCHEMA {schema}"))).execute(&pool).await.unwrap();
            pool
        });
        Some(Database { runtime, pool, url: url_of_schema, schema })
    }

    fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        self.runtime.block_on(async { sqlx::raw_sql(sql).execute(&self.pool).await.unwrap() });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.execute(&format!("DROP SCHEMA {} CASCADE", self.schema));
    }
}

impl Rig for Database {
    fn open(&self) -> Box<dyn Warehouse> {
        Box::new(Postgres::new(&self.url).unwrap())
    }

    fn keeps(&self, _: &str) -> bool {
        true
    }

    fn rows(&self, session: &SessionId, shape: &Shape) -> Vec<Vec<String>> {
        let column = |(name, kind): &(&str, &str)| match *kind {
            "UTC timestamp" => format!("(extract(epoch FROM \"{name}\") * 1000)::int8::text"),
            _ => format!("\"{name}\"::text"),
        };
        let columns = shape.columns.iter().map(column).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {columns} FROM {} WHERE session_id = $1", shape.table);
        let query = sqlx::query(AssertSqlSafe(sql)).bind(session.as_str());
        let rows = self.runtime.block_on(query.fetch_all(&self.pool)).unwrap();
        let text = |row: &sqlx::postgres::PgRow, idx| row.get::<Option<String>, _>(idx).unwrap_or_default();
        rows.iter().map(|row| (0..row.len()).map(|idx| text(row, idx)).collect()).collect()
    }

    fn break_results(&self) {
        self.execute("ALTER TABLE results ADD CONSTRAINT broken CHECK (driver < 0) NOT VALID");
    }

    fn mend_results(&self) {
        self.execute("ALTER TABLE results DROP CONSTRAINT broken");
    }

    /// Its texts hold no NUL.
    fn text(&self, text: &str) -> String {
        text.replace('\0', "\u{fffd}")
    }
}

#[test]
fn conforms() {
    let Some(rig) = Database::new("conforms") else { return };
    suite::run(&rig);
}

#[test]
fn tables_of_an_older_overcut_are_brought_up_to_date() {
    let Some(rig) = Database::new("older") else { return };
    rig.open().prepare().unwrap();
    rig.execute("ALTER TABLE laps DROP COLUMN compound; ALTER TABLE telemetry DROP COLUMN rpm CASCADE;");
    rig.open().prepare().unwrap();
    let (store, session, log) = (rig.open(), "older".parse().unwrap(), crate::log::Log::new(1, 20));
    store.write(&session, &log.batch(0, 0, 20)).unwrap();
    crate::rig::assert_same(&rig, &session, &log.states[20]);
}

#[test]
fn tables_of_a_newer_overcut_are_left_alone() {
    let Some(rig) = Database::new("newer") else { return };
    rig.open().prepare().unwrap();
    rig.execute("UPDATE overcut_layout SET version = 99");
    assert!(matches!(rig.open().prepare(), Err(WarehouseError::Newer { found: 99, .. })));
}

#[test]
fn a_server_that_is_away_may_come_back() {
    let store = Postgres::new("postgres://somebody:hunter2@127.0.0.1:1/nowhere").unwrap();
    let error = store.progress(&"any".parse().unwrap()).unwrap_err();
    assert!(matches!(error, WarehouseError::Unavailable { .. }), "{error:?}");
    assert!(!format!("{error:?} {store:?}").contains("hunter2"));
}
