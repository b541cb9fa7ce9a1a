//! Servers that speak TLS, known by certificates that were named, and refused without.

use std::process::Command;

use overcut_testkit::stub::tls::TlsFront;

use crate::broker::{Broker, PROGRAM};
use crate::stage::{Role, Stage, said};
use crate::tables::{Schema, until_equal, until_files_equal, write_single};
use crate::{BROKERS, ID, RECORDING, SPRINT, alone};

/// What the system's certificates are looked for in, in their place.
const TRUSTED: &str = "SSL_CERT_FILE";

#[test]
fn a_broker_and_a_cache_behind_tls_are_spoken_to_if_they_are_trusted() {
    let Some(_) = overcut_testkit::recording(SPRINT) else { return };
    let (Some(program), Some(host), Some(port)) = (
        overcut_testkit::service(PROGRAM),
        overcut_testkit::service("REDIS_HOST"),
        overcut_testkit::service("REDIS_PORT"),
    ) else {
        return;
    };
    let _alone = alone();
    let (front, redis) = (TlsFront::new(), TlsFront::new());
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    std::fs::write(&trusted, format!("{}{}", front.certificate.pem, redis.certificate.pem)).unwrap();
    let address = format!("127.0.0.1:{}", front.port);
    let broker = Broker::known_as(&program, &address, "memory://tansu/");
    let tls = ["fetch_wait_ms = 10", "tls = true"];
    let stage = |more: &[&str]| {
        let stage = Stage::set(&[&tls[..], more].concat()).with(BROKERS, &address);
        stage.with("REDIS_HOST", "127.0.0.1").with("REDIS_PORT", redis.port.to_string())
    };
    let friends = stage(&["[stores]", "redis_tls = true"]).with(TRUSTED, trusted.to_str().unwrap());
    let strangers = stage(&[]);
    let named = stage(&[&format!("certificates = {trusted:?}"), "[stores]", "redis_tls = true"]);
    let (_front, _redis) = (front.pass_to(broker.listens()), redis.pass_to(format!("{host}:{port}")));

    let stranger = Role::start(&strangers, "stranger", &["ingest", RECORDING]);
    stranger.until_said(&["certificate verify failed", "bus.certificates"]);
    drop(stranger);
    Role::start(&named, "named", &["ingest", RECORDING]).end();
    let stranger = Role::start(&named, "stranger to Redis", &["sink", "--to", "redis"]);
    stranger.until_said(&["Redis does not take boards", "certificate"]);
    drop(stranger);

    let roles = [
        Role::start(&friends, "engine", &["engine"]),
        Role::start(&friends, "sink", &["sink"]),
        Role::start(&friends, "sink redis", &["sink", "--to", "redis"]),
    ];
    Role::start(&friends, "ingest", &["ingest", RECORDING]).end();
    until_files_equal(&friends, &roles);
    let board = || {
        let key = format!("overcut:session:{ID}:board");
        let answer = Command::new("redis-cli").args(["-h", &host, "-p", &port, "hlen", &key]).output().unwrap();
        [("lines", String::from_utf8(answer.stdout).unwrap().trim().to_owned())].into()
    };
    // Twenty-two cars, the session, the track and the weather.
    until_equal(&roles, board, &[("lines", "25".to_owned())].into(), String::clone);
    assert!(!said(&roles).contains("does not answer"), "{}", said(&roles));
}

#[test]
fn stores_behind_tls_are_spoken_to_if_they_are_trusted() {
    let Some(_) = overcut_testkit::recording(SPRINT) else { return };
    let names = ["DATABASE_URL", "POSTGRES_CERTIFICATE", "MYSQL_URL", "MYSQL_CERTIFICATE", "S3_ENDPOINT"];
    let Some(found) = names.iter().map(|name| overcut_testkit::service(name)).collect::<Option<Vec<_>>>() else {
        return;
    };
    let [postgres, postgres_pem, mysql, mysql_pem, s3] = <[String; 5]>::try_from(found).unwrap();
    let _alone = alone();
    let front = TlsFront::new();
    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join("trusted.pem");
    let pems = [postgres_pem, mysql_pem].map(|file| std::fs::read_to_string(file).unwrap());
    std::fs::write(&trusted, format!("{}{}", pems.concat(), front.certificate.pem)).unwrap();

    let endpoint = format!("s3_endpoint = \"https://127.0.0.1:{}\"", front.port);
    let bucket = std::env::var("S3_BUCKET").unwrap_or_else(|_| "overcut".to_owned());
    let stage = Stage::set(&["[stores]", &endpoint, &format!("s3_bucket = {bucket:?}")]);
    let schema = Schema::make(&postgres, &stage, "tls");
    let stage = stage.with("DATABASE_URL", format!("{}&sslmode=verify-full", schema.url()));
    let stage = stage.with("MYSQL_URL", format!("{mysql}?ssl-mode=VERIFY_IDENTITY"));
    let _front = front.pass_to(s3.trim_start_matches("http://").to_owned());

    let stores = ["postgres", "mysql", "s3"].map(|store| (store, folder.path().join(store)));
    for (store, data) in &stores {
        let words = ["--data", data.to_str().unwrap(), "tables", RECORDING, "--to", store];
        Role::start(&stage, "stranger", &words).until_said(&["certificate"]);
    }
    let stage = stage.with(TRUSTED, trusted.to_str().unwrap());
    for (store, data) in &stores {
        write_single(&stage, RECORDING, data, store);
    }
    assert!(!schema.digests()["laps"].starts_with("0|"), "{:?}", schema.digests());
}
