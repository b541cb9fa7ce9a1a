//! MariaDB or MySQL, in a database of the test's own on the server behind `MYSQL_URL`.

use overcut_warehouse::{MySql, SessionId, Warehouse, WarehouseError};
use sqlx::mysql::MySqlPool;
use sqlx::{AssertSqlSafe, Row as _};

use crate::rig::{Rig, Shape};
use crate::suite;

struct Database {
    runtime: tokio::runtime::Runtime,
    pool: MySqlPool,
    url: String,
    name: String,
}

impl Database {
    /// `None`, with a word why, where no server is named.
    fn new(name: &str) -> Option<Database> {
        let url = overcut_testkit::service("MYSQL_URL")?;
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let name = format!("overcut_test_{name}_{}", std::process::id());
        let (server, _) = url.rsplit_once('/').unwrap();
        let own = format!("{server}/{name}");
        let pool = runtime.block_on(async {
            let pool = MySqlPool::connect(&url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(&pool).await.unwrap();
            MySqlPool::connect(&own).await.unwrap()
        });
        Some(Database { runtime, pool, url: own, name })
    }

    fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        self.runtime.block_on(async { sqlx::raw_sql(sql).execute(&self.pool).await.unwrap() });
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.execute(&format!("DROP DATABASE {}", self.name));
    }
}

impl Rig for Database {
    fn open(&self) -> Box<dyn Warehouse> {
        Box::new(MySql::new(&self.url).unwrap())
    }

    fn keeps(&self, table: &str) -> bool {
        ["sessions", "laps", "stints", "results", "alerts"].contains(&table)
    }

    fn rows(&self, session: &SessionId, shape: &Shape) -> Vec<Vec<String>> {
        let column = |(name, kind): &(&str, &str)| match *kind {
            "boolean" => format!("IF(`{name}`, 'true', IF(`{name}` IS NULL, NULL, 'false'))"),
            _ => format!("CAST(`{name}` AS CHAR)"),
        };
        let columns = shape.columns.iter().map(column).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {columns} FROM {} WHERE session_id = ?", shape.table);
        let query = sqlx::query(AssertSqlSafe(sql)).bind(session.as_str());
        let rows = self.runtime.block_on(query.fetch_all(&self.pool)).unwrap();
        let text = |row: &sqlx::mysql::MySqlRow, idx| row.get::<Option<String>, _>(idx).unwrap_or_default();
        rows.iter().map(|row| (0..row.len()).map(|idx| text(row, idx)).collect()).collect()
    }

    fn break_results(&self) {
        self.execute(
            "CREATE TRIGGER broken BEFORE INSERT ON results FOR EACH ROW \
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'broken'",
        );
    }

    fn mend_results(&self) {
        self.execute("DROP TRIGGER broken");
    }
}

#[test]
fn conforms() {
    let Some(rig) = Database::new("conforms") else { return };
    suite::run(&rig);
}

#[test]
fn tables_of_another_overcut() {
    let Some(rig) = Database::new("versions") else { return };
    rig.open().prepare().unwrap();
    rig.execute("ALTER TABLE laps DROP COLUMN compound");
    rig.open().prepare().unwrap();
    let (store, session, log) = (rig.open(), "older".parse().unwrap(), crate::log::Log::new(1, 20));
    store.write(&session, &log.batch(0, 0, 20)).unwrap();
    crate::rig::assert_same(&rig, &session, &log.states[20]);
    rig.execute("UPDATE overcut_layout SET version = 99");
    assert!(matches!(rig.open().prepare(), Err(WarehouseError::Newer { found: 99, .. })));
}
