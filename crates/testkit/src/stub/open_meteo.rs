//! Open-Meteo's forecast service.
//!
//! Answers `/v1/forecast` for one place with an object and for several with a list, with the variables and the number of
//! steps that were asked for, times as Unix seconds or ISO 8601, and a `null` in every series. Refuses as the real one
//! does: 400 for a question it does not understand, 429 in three wordings.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::http::{Answer, Request};

/// The first step of every forecast: 14 March 2026, 03:00 UTC.
const FIRST_STEP_S: i64 = 1_773_457_200;

/// What goes wrong with the next answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trouble {
    /// Nothing.
    #[default]
    None,
    /// The limit of a minute is reached.
    MinuteLimit,
    /// The limit of an hour is reached.
    HourLimit,
    /// The limit of a day is reached.
    DayLimit,
    /// The question is refused.
    BadRequest,
    /// The server is overloaded.
    Unavailable,
    /// The answer ends in the middle.
    CutOff,
    /// A page instead of data.
    Page,
}

/// A running server. It stops when this is dropped.
pub struct OpenMeteoStub {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    trouble: Mutex<Trouble>,
    /// Latitude and longitude of every question so far, as they were written.
    asked: watch::Sender<Vec<(String, String)>>,
}

impl OpenMeteoStub {
    /// Starts one on a free port.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn start() -> OpenMeteoStub {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port on loopback");
        let address = listener.local_addr().expect("the address it was bound to");
        let shared = Arc::new(Shared { trouble: Mutex::default(), asked: watch::channel(Vec::new()).0 });
        let task = tokio::spawn(accept_all(listener, shared.clone()));
        OpenMeteoStub { address, shared, task }
    }

    /// Its address, as a client is configured.
    pub fn url(&self) -> String {
        format!("http://{}/v1/forecast", self.address)
    }

    /// What goes wrong from now on.
    pub fn set_trouble(&self, trouble: Trouble) {
        *self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner) = trouble;
    }

    /// Latitude and longitude of every question, as they come.
    pub fn asked(&self) -> watch::Receiver<Vec<(String, String)>> {
        self.shared.asked.subscribe()
    }
}

impl Drop for OpenMeteoStub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept_all(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((socket, _)) = listener.accept().await {
        tokio::spawn(serve(socket, shared.clone()));
    }
}

async fn serve(mut socket: TcpStream, shared: Arc<Shared>) {
    let mut rest = Vec::new();
    while let Ok(Some(request)) = Request::read(&mut socket, &mut rest).await {
        let trouble = *shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answer(&request, trouble);
        let place = ["latitude", "longitude"].map(|name| request.parameter(name).unwrap_or_default());
        let is_written = answer.write(&mut socket).await.is_ok();
        shared.asked.send_modify(|asked| asked.push(place.into()));
        if !is_written || trouble == Trouble::CutOff {
            return;
        }
    }
}

fn answer(request: &Request, trouble: Trouble) -> Answer {
    let refused = |status, reason: &str| {
        let body = json!({ "error": true, "reason": reason }).to_string();
        Answer::of(status, body).with("content-type", "application/json; charset=utf-8")
    };
    match trouble {
        Trouble::MinuteLimit => {
            return refused(429, "Minutely API request limit exceeded. Please try again in one minute.");
        }
        Trouble::HourLimit => {
            return refused(429, "Hourly API request limit exceeded. Please try again in the next hour.");
        }
        Trouble::DayLimit => return refused(429, "Daily API request limit exceeded. Please try again tomorrow."),
        Trouble::BadRequest => return refused(400, "Cannot initialize WeatherVariable from invalid String value."),
        Trouble::Unavailable => return Answer::of(503, "Service Unavailable"),
        Trouble::Page => return Answer::of(200, "<html>Sign in</html>").with("content-type", "text/html"),
        Trouble::None | Trouble::CutOff => {}
    }
    if request.method != "GET" || request.path != "/v1/forecast" {
        return refused(404, "Not Found");
    }
    let list = |name: &str| {
        let text = request.parameter(name).unwrap_or_default();
        text.split(',').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let (latitudes, longitudes) = (list("latitude"), list("longitude"));
    if latitudes.is_empty() || latitudes.len() != longitudes.len() {
        return refused(400, "Parameter 'latitude' and 'longitude' must have the same number of elements");
    }
    let place = |(latitude, longitude): (&String, &String)| {
        let mut place = json!({
            "latitude": latitude.parse::<f64>().ok(), "longitude": longitude.parse::<f64>().ok(),
            "generationtime_ms": 0.2, "utc_offset_seconds": 0, "timezone": "GMT", "timezone_abbreviation": "GMT",
            "elevation": 8.0,
        });
        for (name, steps, step_s) in [("hourly", "forecast_hours", 3600), ("minutely_15", "forecast_minutely_15", 900)]
        {
            let variables = list(name);
            let n_steps = request.parameter(steps).and_then(|n| n.parse().ok()).unwrap_or(48_usize).min(2000);
            if !variables.is_empty() {
                let is_iso = request.parameter("timeformat").as_deref() != Some("unixtime");
                place[name] = series(&variables, n_steps, step_s, is_iso);
                place[format!("{name}_units")] = units(&variables, is_iso);
            }
        }
        place
    };
    let places: Vec<Value> = latitudes.iter().zip(&longitudes).map(place).collect();
    let body = if let [place] = places.as_slice() { place.to_string() } else { json!(places).to_string() };
    let mut answer = Answer::of(200, body).with("content-type", "application/json; charset=utf-8");
    if trouble == Trouble::CutOff {
        answer.headers.push(("transfer-encoding", "chunked".to_owned())); // and then no chunk, only an end
    }
    answer
}

fn series(variables: &[String], n_steps: usize, step_s: i64, is_iso: bool) -> Value {
    let mut columns = Map::new();
    let moment = |idx: usize| FIRST_STEP_S + idx as i64 * step_s;
    let time = |idx: usize| {
        let utc = overcut_domain::UtcTime::from_millis(moment(idx) * 1000).to_string();
        if is_iso { json!(utc.get(..16)) } else { json!(moment(idx)) }
    };
    columns.insert("time".to_owned(), (0..n_steps).map(time).collect());
    for (place, name) in variables.iter().enumerate() {
        let value = |idx: usize| if idx == 2 { Value::Null } else { json!((idx + 3 * place) % 40) };
        columns.insert(name.clone(), (0..n_steps).map(value).collect());
    }
    columns.into()
}

fn units(variables: &[String], is_iso: bool) -> Value {
    let unit = |name: &String| match name.as_str() {
        "temperature_2m" => "°C",
        "precipitation" | "rain" => "mm",
        "wind_speed_10m" => "m/s",
        "wind_direction_10m" => "°",
        "weather_code" => "wmo code",
        _ => "%",
    };
    let mut units: Map<_, _> = variables.iter().map(|name| (name.clone(), json!(unit(name)))).collect();
    units.insert("time".to_owned(), json!(if is_iso { "iso8601" } else { "unixtime" }));
    units.into()
}
