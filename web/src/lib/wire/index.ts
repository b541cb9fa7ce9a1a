// Made from crates/server/src/wire; do not edit.
// To make it again: UPDATE_WIRE=1 cargo test -p overcut-server --test wire_types

/**
 * How a time ranks: shown plain, green (personal best) or purple (best of the session).
 */
export type Colour = "plain" | "green" | "purple";

/**
 * A recording in the data folder.
 */
export type SessionSummary = {
/**
 * Key of the session in every path of this API.
 */
id: string,
/**
 * Name of the weekend, such as `Chinese Grand Prix`.
 */
meeting: string,
/**
 * Name of the session, such as `Sprint`.
 */
name: string,
/**
 * `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
 */
kind: string,
/**
 * Year.
 */
season: number | null,
/**
 * Circuit.
 */
circuit: string,
/**
 * Country.
 */
country: string,
/**
 * Planned start, ISO 8601 UTC.
 */
starts_at: string | null,
/**
 * Format of the recording, such as `archive` or `mcap`.
 */
format: string,
/**
 * True if it has car telemetry.
 */
has_car_data: boolean | null,
/**
 * Size on disk, bytes.
 */
size_bytes: number, };

/**
 * The session as a whole.
 */
export type Session = {
/**
 * Name of the weekend.
 */
meeting: string,
/**
 * Name of the session.
 */
name: string,
/**
 * `practice`, `qualifying`, `sprint_qualifying`, `sprint`, `race` or `unknown`.
 */
kind: string,
/**
 * Circuit.
 */
circuit: string,
/**
 * Country.
 */
country: string,
/**
 * Year.
 */
season: number | null,
/**
 * `inactive`, `started`, `aborted`, `finished`, `finalised` or `ends`.
 */
status: string,
/**
 * When it was first started.
 */
started_at_ms: number | null,
/**
 * Running qualifying part, 1–3.
 */
part: number | null,
/**
 * Cars that may take part in each qualifying part.
 */
n_entries: Array<number>,
/**
 * The leader's lap.
 */
lap: number | null,
/**
 * Laps in the race.
 */
n_laps: number | null,
/**
 * Time left at `clock_at_ms`.
 */
clock_remaining_ms: number | null,
/**
 * The moment at which that was so.
 */
clock_at_ms: number | null,
/**
 * True while the clock runs down.
 */
clock_is_running: boolean,
/**
 * UTC of the session clock's zero, milliseconds since 1970.
 */
utc_of_zero_ms: number | null,
/**
 * Local time at the track less UTC, in seconds.
 */
utc_offset_s: number | null, };

/**
 * A marshal sector under yellow.
 */
export type YellowSector = {
/**
 * Marshal sector, from 1.
 */
sector: number,
/**
 * True for double yellow.
 */
is_double: boolean, };

/**
 * The track as a whole.
 */
export type Track = {
/**
 * `clear`, `yellow`, `safety_car`, `red`, `virtual_safety_car` or `virtual_safety_car_ending`.
 */
status: string,
/**
 * Since when.
 */
since_ms: number,
/**
 * Marshal sectors under yellow.
 */
yellow_sectors: Array<YellowSector>,
/**
 * DRS (overtake mode from 2026) enabled.
 */
overtaking_aid: boolean | null, };

/**
 * A reading of the weather station.
 */
export type Weather = {
/**
 * Air temperature, °C.
 */
air_temperature_c: number | null,
/**
 * Track temperature, °C.
 */
track_temperature_c: number | null,
/**
 * Relative humidity, %.
 */
humidity_percent: number | null,
/**
 * Air pressure, mbar.
 */
pressure_mbar: number | null,
/**
 * True while it rains.
 */
is_raining: boolean | null,
/**
 * Where the wind comes from, degrees.
 */
wind_direction_deg: number | null,
/**
 * Wind speed, m/s.
 */
wind_speed_mps: number | null, };

/**
 * An entry of the entry list.
 */
export type Driver = {
/**
 * Racing number.
 */
driver: number,
/**
 * Three letters.
 */
tla: string,
/**
 * First and last name.
 */
full_name: string,
/**
 * Team.
 */
team: string,
/**
 * Team colour, six hexadecimal digits without `#`; empty if unknown.
 */
team_colour: string, };

/**
 * A distance to another car. Exactly one member is set, or none if unknown.
 */
export type Gap = {
/**
 * Milliseconds behind.
 */
ms?: number,
/**
 * Whole laps behind.
 */
laps?: number,
/**
 * This car leads, on this lap.
 */
leader_lap?: number, };

/**
 * A time and its colour.
 */
export type TimeCell = {
/**
 * Milliseconds.
 */
ms: number | null,
/**
 * How it ranks.
 */
colour: Colour, };

/**
 * One sector of a row.
 */
export type Sector = {
/**
 * Milliseconds.
 */
ms: number | null,
/**
 * How it ranks.
 */
colour: Colour,
/**
 * True while the time is that of the lap before.
 */
is_stale: boolean,
/**
 * Mini-sectors, one letter each: `.` not driven, `y` yellow, `g` green, `p` purple, `b` pit lane, `?` unknown.
 */
segments: string, };

/**
 * A trap speed.
 */
export type Speed = {
/**
 * km/h.
 */
kmh: number | null,
/**
 * How it ranks.
 */
colour: Colour, };

/**
 * A car's result in one qualifying part.
 */
export type Part = {
/**
 * Best lap, milliseconds.
 */
best_ms: number | null,
/**
 * Behind the fastest of the part.
 */
gap: Gap | null, };

/**
 * What the stewards have said about a car.
 */
export type Stewards = {
/**
 * Incidents noted or under investigation, not yet decided.
 */
n_under_investigation: number,
/**
 * Time penalties not yet served, seconds.
 */
penalty_s: number,
/**
 * Another pending penalty, in race control's words; empty if none.
 */
other_penalty: string,
/**
 * Laps deleted so far.
 */
n_deleted_laps: number,
/**
 * True once the black-and-white flag was shown.
 */
is_warned: boolean, };

/**
 * One car's row on the board.
 */
export type Car = {
/**
 * Racing number.
 */
driver: number,
/**
 * Place, from 1.
 */
position: number | null,
/**
 * Place on the grid.
 */
grid_position: number | null,
/**
 * Gap to the leader.
 */
gap: Gap | null,
/**
 * Interval to the car ahead.
 */
interval: Gap | null,
/**
 * True while the interval shrinks.
 */
is_catching: boolean,
/**
 * The lap the car is on.
 */
lap: number,
/**
 * Last lap.
 */
last_lap: TimeCell,
/**
 * Best lap.
 */
best_lap: TimeCell,
/**
 * The lap on which the best was driven.
 */
best_lap_number: number | null,
/**
 * Sectors.
 */
sectors: [Sector, Sector, Sector],
/**
 * Trap speeds: I1, I2, finish line, speed trap.
 */
speeds: [Speed, Speed, Speed, Speed],
/**
 * Compound, such as `SOFT`; `null` if unknown.
 */
compound: string | null,
/**
 * Age of the tyres, laps.
 */
tyre_age: number | null,
/**
 * True if the set was new when fitted.
 */
fresh_tyre: boolean | null,
/**
 * Stint, from 1.
 */
stint: number,
/**
 * Pit stops.
 */
n_pit_stops: number,
/**
 * `on_track`, `in_pit`, `out_lap`, `stopped`, `retired`, `knocked_out` or `finished`.
 */
status: string,
/**
 * In the drop zone of the running qualifying part.
 */
in_drop_zone: boolean,
/**
 * Q1 to Q3; empty outside qualifying.
 */
parts: Array<Part>,
/**
 * What the stewards have said.
 */
stewards: Stewards, };

/**
 * One lap of one car.
 */
export type Lap = {
/**
 * Racing number.
 */
driver: number,
/**
 * Lap, from 1.
 */
number: number,
/**
 * When it began.
 */
started_at_ms: number | null,
/**
 * When the car crossed the line; `null` while it runs.
 */
ended_at_ms: number | null,
/**
 * Lap time.
 */
time_ms: number | null,
/**
 * How it ranked when it was set.
 */
colour: Colour,
/**
 * Sector times.
 */
sectors_ms: [number | null, number | null, number | null],
/**
 * How each ranked when it was set.
 */
sector_colours: [Colour, Colour, Colour],
/**
 * Trap speeds I1, I2, finish line, speed trap, km/h.
 */
speeds_kmh: [number | null, number | null, number | null, number | null],
/**
 * Compound.
 */
compound: string | null,
/**
 * Age of the tyres at the end of the lap, laps.
 */
tyre_life: number | null,
/**
 * True if the set was new when fitted.
 */
fresh_tyre: boolean | null,
/**
 * Stint, from 1.
 */
stint: number | null,
/**
 * Place when the lap ended; races only.
 */
position: number | null,
/**
 * Gap to the leader when the lap ended; races only.
 */
gap_to_leader_ms: number | null,
/**
 * When the car entered the pit lane.
 */
pit_in_at_ms: number | null,
/**
 * When the car left the pit lane.
 */
pit_out_at_ms: number | null,
/**
 * Track status codes met, such as `124`: 1 clear, 2 yellow, 4 SC, 5 red, 6 VSC, 7 VSC ending.
 */
track_status: string,
/**
 * Qualifying part.
 */
part: number | null,
/**
 * True if the time was struck off.
 */
deleted: boolean,
/**
 * Why.
 */
deleted_reason: string,
/**
 * True if it was this car's best so far.
 */
is_personal_best: boolean,
/**
 * True if the time may be compared.
 */
is_accurate: boolean, };

/**
 * One run on one set of tyres.
 */
export type Stint = {
/**
 * Racing number.
 */
driver: number,
/**
 * Stint, from 1.
 */
number: number,
/**
 * Compound.
 */
compound: string,
/**
 * True if the set was new when fitted.
 */
fresh: boolean | null,
/**
 * First lap.
 */
first_lap: number,
/**
 * Last lap so far.
 */
last_lap: number,
/**
 * Laps the set had when fitted.
 */
age_at_start: number,
/**
 * Best lap.
 */
best_ms: number | null,
/**
 * True once another set is on.
 */
is_over: boolean, };

/**
 * One visit to the pit lane.
 */
export type PitStop = {
/**
 * Racing number.
 */
driver: number,
/**
 * Visit, from 1.
 */
number: number,
/**
 * Lap on which the car came in.
 */
lap: number,
/**
 * When it entered the lane.
 */
entered_at_ms: number | null,
/**
 * When it left the lane.
 */
left_at_ms: number | null,
/**
 * Entry to exit.
 */
lane_ms: number | null,
/**
 * Standing still.
 */
stop_ms: number | null,
/**
 * Compound before.
 */
from: string | null,
/**
 * Compound after.
 */
to: string | null,
/**
 * Track status on entry.
 */
track_status: string, };

/**
 * One message of race control.
 */
export type RaceControl = {
/**
 * Place in the session's list.
 */
index: number,
/**
 * When it became known.
 */
t_ms: number,
/**
 * When race control issued it, milliseconds since 1970.
 */
utc_ms: number | null,
/**
 * The leader's lap.
 */
lap: number | null,
/**
 * `flag`, `safety_car`, `drs`, `car_event`, `session_status` or `other`.
 */
category: string,
/**
 * `green`, `clear`, `yellow`, `double_yellow`, `red`, `blue`, `chequered`, `black_and_white`, …
 */
flag: string | null,
/**
 * Marshal sector of the flag.
 */
sector: number | null,
/**
 * The car it is about.
 */
driver: number | null,
/**
 * Every car the text names.
 */
drivers: Array<number>,
/**
 * The text, as issued.
 */
text: string, };

/**
 * A figure that speaks for an alert.
 */
export type Evidence = {
/**
 * What was measured.
 */
what: string,
/**
 * The figure.
 */
value: number,
/**
 * What it was held against.
 */
reference: number,
/**
 * Unit of both.
 */
unit: string, };

/**
 * An anomaly on one car.
 */
export type Alert = {
/**
 * Place in the session's list.
 */
index: number,
/**
 * `engine_over_rev`, `drs_open_out_of_zone`, `drs_open_under_braking`, `lock_up`, `sensor_stuck`,
 * `sensor_drop_out`, `power_loss`, `slow_puncture` or `tyre_cliff`.
 */
kind: string,
/**
 * Racing number.
 */
driver: number,
/**
 * Lap.
 */
lap: number | null,
/**
 * When it was concluded.
 */
t_ms: number,
/**
 * When it began.
 */
started_at_ms: number,
/**
 * When it was worst.
 */
peak_at_ms: number,
/**
 * When it ended.
 */
ended_at_ms: number | null,
/**
 * Where it was worst, metres from the line.
 */
distance_m: number | null,
/**
 * The figures.
 */
evidence: Array<Evidence>,
/**
 * How sure, 0–1.
 */
confidence: number,
/**
 * One line for people.
 */
text: string, };

/**
 * A radio recording.
 */
export type Radio = {
/**
 * Place in the session's list.
 */
index: number,
/**
 * When it became known.
 */
t_ms: number,
/**
 * Racing number.
 */
driver: number,
/**
 * Path below the session's folder in the publisher's archive.
 */
path: string, };

/**
 * Where the values of one feed come from, and how fresh they are, from `t_ms` on until the next word about it.
 *
 * Only a live session, or the recording of one, has feed states: an archived session is one source, whole.
 */
export type FeedState = {
/**
 * `session`, `timing`, `tyres`, `race_control`, `weather`, `cars`, `positions`, `pit_stops` or `extras`.
 */
feed: string,
/**
 * `signalr`, `archive`, `openf1`, `open_meteo` or `estimate`; `null` if from nowhere.
 */
source: string | null,
/**
 * `live`: as fresh as its best source can be. `late`: from a slower source, or behind its usual age. `estimated`:
 * concluded from other feeds. `missing`: not there, last values stand.
 */
liveness: string,
/**
 * How old values of this source usually are when they arrive.
 */
delay_ms: number | null,
/**
 * When something last came.
 */
last_at_ms: number | null,
/**
 * Why it is not live, in words for a person; empty if it is.
 */
reason: string,
/**
 * When this became known.
 */
t_ms: number, };

/**
 * A time in which some feeds came from nowhere.
 */
export type FeedGap = {
/**
 * Which gap of the session, from 0 in the order of beginning.
 */
index: number,
/**
 * The feeds that were missing, named as in [`FeedState`].
 */
feeds: Array<string>,
/**
 * The last moment before it.
 */
from_ms: number,
/**
 * The first moment after it; `null` while it lasts.
 */
to_ms: number | null,
/**
 * Which source gave afterwards what was missed; `null` if nothing did.
 */
filled_by: string | null,
/**
 * Why, in words for a person.
 */
reason: string,
/**
 * When this became known.
 */
t_ms: number, };

/**
 * One step of a forecast. What the forecaster does not say is `null`.
 */
export type ForecastStep = {
/**
 * The moment it is for, milliseconds since 1970. Rain and its probability are of the span that ends then.
 */
utc_ms: number,
/**
 * Air temperature two metres above the ground, °C.
 */
air_temperature_c: number | null,
/**
 * Rain, showers and snow in the step, mm.
 */
precipitation_mm: number | null,
/**
 * Probability of more than 0.1 mm, %.
 */
precipitation_percent: number | null,
/**
 * Cloud cover, %.
 */
cloud_percent: number | null,
/**
 * Wind ten metres above the ground, m/s.
 */
wind_speed_mps: number | null,
/**
 * Where the wind comes from, degrees from north.
 */
wind_direction_deg: number | null,
/**
 * Weather as the WMO's code 4677 has it.
 */
weather_code: number | null, };

/**
 * A weather forecast for the circuit: `/api/v1/sessions/{id}/forecast`.
 */
export type Forecast = {
/**
 * Whose data this is, to be shown wherever the forecast is: the licence demands it.
 */
attribution: string,
/**
 * What the attribution links to.
 */
attribution_url: string,
/**
 * The licence of the data.
 */
licence: string,
/**
 * When it was fetched, milliseconds since 1970.
 */
fetched_utc_ms: number,
/**
 * In order of time.
 */
steps: Array<ForecastStep>, };

/**
 * One part of what a client may see, whole. Each replaces the part with the same key: kind, and driver, number or
 * index where there are several.
 */
export type Item = { "kind": "session", "value": Session } | { "kind": "track", "value": Track } | { "kind": "weather", "value": Weather } | { "kind": "driver", "value": Driver } | { "kind": "car", "value": Car } | { "kind": "gone", "value": number } | { "kind": "lap", "value": Lap } | { "kind": "stint", "value": Stint } | { "kind": "pit_stop", "value": PitStop } | { "kind": "race_control", "value": RaceControl } | { "kind": "alert", "value": Alert } | { "kind": "radio", "value": Radio } | { "kind": "feed", "value": FeedState } | { "kind": "gap", "value": FeedGap } | { "kind": "forecast", "value": Forecast };

/**
 * A mark on the scrubber: what kind of thing happened when. Only marks up to the client's clock are sent.
 */
export type Mark = {
/**
 * When.
 */
t_ms: number,
/**
 * When it was over, for spans (safety car, red flag, gap in the data).
 */
until_ms: number | null,
/**
 * `start`, `finish`, `yellow`, `safety_car`, `virtual_safety_car`, `red`, `retirement`, `alert`, `part`, `gap` (a
 * time without some feeds) or `filled_gap` (another source has since told what was missed).
 */
kind: string,
/**
 * One line for people.
 */
text: string, };

/**
 * Where a client's clock stands.
 */
export type Clock = {
/**
 * The client's clock: nothing later has been sent.
 */
t_ms: number,
/**
 * First moment of the recording.
 */
start_ms: number,
/**
 * Last moment available now (grows while live).
 */
head_ms: number,
/**
 * False while paused.
 */
is_playing: boolean,
/**
 * Speed, 0.25–60.
 */
speed: number,
/**
 * Delay behind the head when following it, seconds, 0–300.
 */
delay_s: number,
/**
 * True while the client follows the head (less its delay).
 */
is_following: boolean,
/**
 * True if the head still grows: a live session, or a replay run as if live.
 */
is_live: boolean, };

/**
 * One car in a telemetry frame, as an array to be short:
 * `[driver, x_dm, y_dm, speed_kmh, rpm, gear, throttle, brake, drs, lap_distance_m, flags]`.
 *
 * Absent values are `null`. `drs`: 0 closed, 1 eligible, 2 open. `flags` bit 0: car channels measured at this moment
 * (else estimated); bit 1: position measured; bit 2: position is old (no fix for over a second); bit 3: off track; bit 4:
 * position concluded from the timing screen, because the session has no fixes now.
 */
export type CarFrame = [number, number | null, number | null, number | null, number | null, number | null, number | null, number | null, number | null, number | null, number];

/**
 * What the server sends on `/ws/v1/timeline`. JSON text frames, or MessagePack binary frames with `?format=msgpack`.
 */
export type ServerMessage = { "type": "snapshot",
/**
 * Session shown.
 */
session_id: string,
/**
 * Version: the last change included.
 */
version: number,
/**
 * The moment.
 */
t_ms: number,
/**
 * Every part there is.
 */
items: Array<Item>,
/**
 * Marks on the scrubber up to now.
 */
marks: Array<Mark>, } | { "type": "delta",
/**
 * Version.
 */
version: number,
/**
 * When it became known.
 */
t_ms: number,
/**
 * The new value.
 */
item: Item, } | { "type": "marks",
/**
 * In order of time.
 */
marks: Array<Mark>, } | { "type": "clock" } & Clock | { "type": "telemetry",
/**
 * The moment of the frame: about 0.3 s behind the client's clock (one sample of look-ahead), and in a live session
 * as far behind it as samples come late.
 */
t_ms: number,
/**
 * Cars with anything to show.
 */
cars: Array<CarFrame>, } | { "type": "successor",
/**
 * Which.
 */
session_id: string, } | { "type": "error",
/**
 * One line for people.
 */
message: string, };

/**
 * What a client sends on `/ws/v1/timeline`.
 */
export type ClientMessage = { "type": "play" } | { "type": "pause" } | { "type": "seek",
/**
 * The moment.
 */
t_ms: number, } | { "type": "speed",
/**
 * 0.25–60.
 */
value: number, } | { "type": "delay",
/**
 * Seconds, 0–300.
 */
seconds: number, } | { "type": "follow" } | { "type": "telemetry",
/**
 * Frames per second of wall time, 0 (off) to 50.
 */
hz: number,
/**
 * Cars; all if empty.
 */
drivers: Array<number>, };

/**
 * A corner of the track.
 */
export type Corner = {
/**
 * Number as painted.
 */
number: number,
/**
 * Letter after the number; usually empty.
 */
letter: string,
/**
 * Where, decimetres.
 */
x_dm: number,
/**
 * Where, decimetres.
 */
y_dm: number,
/**
 * Metres from the start line.
 */
distance_m: number, };

/**
 * The map of a session's track.
 */
export type TrackMap = {
/**
 * The centre line as driven, one lap from the start line: x and y in decimetres, in pairs.
 */
points_dm: Array<[number, number]>,
/**
 * Metres from the start line of each point.
 */
distances_m: Array<number>,
/**
 * Length of a lap, metres.
 */
length_m: number,
/**
 * How far to turn the picture counter-clockwise for the usual view, degrees.
 */
rotation_deg: number,
/**
 * Corners in driving order; empty if none could be found.
 */
corners: Array<Corner>,
/**
 * The pit lane as driven, decimetres; empty if nobody drove it.
 */
pit_lane_dm: Array<[number, number]>,
/**
 * Where each marshal sector begins, metres from the start line, sector 1 first; empty if unknown.
 */
marshal_sectors_m: Array<number>,
/**
 * Where timing sectors 1 and 2 end, metres from the start line; empty if unknown.
 */
sectors_m: Array<number>,
/**
 * `circuit_file`, `derived` (from the session's own laps) or `designed` (a circuit of our own).
 */
origin: string, };

/**
 * One lap's channels on distance. All arrays have one element per step, the first at the start line; a channel without
 * any value in the lap is empty.
 */
export type Trace = {
/**
 * Racing number.
 */
driver: number,
/**
 * Lap.
 */
lap: number,
/**
 * Lap time as timed, milliseconds.
 */
time_ms: number | null,
/**
 * Metres between elements.
 */
step_m: number,
/**
 * Seconds since the start of the lap.
 */
elapsed_s: Array<number>,
/**
 * km/h.
 */
speed_kmh: Array<number>,
/**
 * 0–100 %.
 */
throttle_percent: Array<number>,
/**
 * 0–100 %.
 */
brake_percent: Array<number>,
/**
 * Gear.
 */
gear: Array<number>,
/**
 * 1/min.
 */
rpm: Array<number>,
/**
 * 0 closed, 1 eligible, 2 open; `null` if the season has no such channel.
 */
drs: Array<number> | null,
/**
 * Decimetres; empty without positions.
 */
x_dm: Array<number>,
/**
 * Decimetres; empty without positions.
 */
y_dm: Array<number>,
/**
 * Mean time between measured samples of this lap, milliseconds.
 */
sample_interval_ms: number, };

/**
 * What one corner or straight costs.
 */
export type SectionDelta = {
/**
 * Name, such as `T9` or `T9–T10` for the straight between them.
 */
name: string,
/**
 * True for a corner, false for a straight.
 */
is_corner: boolean,
/**
 * Where it begins, metres.
 */
from_m: number,
/**
 * Where it ends, metres.
 */
to_m: number,
/**
 * Slowest speed of lap `a` and `b`, km/h.
 */
min_speed_kmh: [number | null, number | null],
/**
 * Time lost by `b` to `a` in it, seconds; negative if gained. The sections sum up to the difference of lap times.
 */
delta_s: number, };

/**
 * Two laps aligned by distance.
 */
export type Comparison = {
/**
 * The reference.
 */
a: Trace,
/**
 * The lap held against it, on the same steps.
 */
b: Trace,
/**
 * Seconds that `b` is behind `a` at each step; negative if ahead. The last one is the difference of lap times.
 */
delta_s: Array<number>,
/**
 * Corner by corner.
 */
sections: Array<SectionDelta>, };

/**
 * The board at one moment: `/api/v1/sessions/{id}/board?t_ms=`.
 */
export type Board = {
/**
 * The moment.
 */
t_ms: number,
/**
 * The session.
 */
session: Session,
/**
 * The track.
 */
track: Track,
/**
 * The weather.
 */
weather: Weather | null,
/**
 * Rows in order of position; cars without one last.
 */
cars: Array<Car>, };

/**
 * A page of a list.
 */
export type Page<T> = {
/**
 * The elements.
 */
items: Array<T>,
/**
 * How many there are in all.
 */
total: number,
/**
 * Index of the first one here.
 */
offset: number,
/**
 * Most that a page may hold.
 */
limit: number, };

/**
 * A reading of the weather station and when it came: `/api/v1/sessions/{id}/weather`.
 */
export type WeatherReading = {
/**
 * When it became known.
 */
t_ms: number,
/**
 * The reading.
 */
weather: Weather, };

/**
 * One reading of a car's channels, as measured.
 */
export type CarSample = {
/**
 * When the car was sampled.
 */
t_ms: number,
/**
 * km/h.
 */
speed_kmh: number | null,
/**
 * 1/min.
 */
rpm: number | null,
/**
 * Gear.
 */
gear: number | null,
/**
 * 0–100 %.
 */
throttle_percent: number | null,
/**
 * 0–100 %.
 */
brake_percent: number | null,
/**
 * 0 closed, 1 eligible, 2 open.
 */
drs: number | null, };

/**
 * One position fix, as measured.
 */
export type PositionSample = {
/**
 * When the position was taken.
 */
t_ms: number,
/**
 * East, decimetres.
 */
x_dm: number,
/**
 * North, decimetres.
 */
y_dm: number,
/**
 * Height, decimetres.
 */
z_dm: number,
/**
 * False when the feed says that the car is off the track.
 */
on_track: boolean, };

/**
 * The samples of one car in a window of time: `/api/v1/sessions/{id}/telemetry`.
 */
export type TelemetryWindow = {
/**
 * Racing number.
 */
driver: number,
/**
 * First moment of the window.
 */
from_ms: number,
/**
 * The moment before which it ends.
 */
to_ms: number,
/**
 * Readings of the car's channels, in order of time.
 */
cars: Array<CarSample>,
/**
 * Position fixes, in order of time.
 */
positions: Array<PositionSample>, };

/**
 * A session and how far it goes: `/api/v1/sessions/{id}`.
 */
export type SessionDetail = {
/**
 * The recording.
 */
summary: SessionSummary,
/**
 * First moment.
 */
start_ms: number,
/**
 * Last moment available now.
 */
head_ms: number,
/**
 * Where clients are that follow without delay.
 */
house_ms: number,
/**
 * True while the head grows.
 */
is_live: boolean,
/**
 * Changes in the log up to the head.
 */
version: number, };

/**
 * Latest sample of one car: `/api/v1/telemetry/live`.
 */
export type LiveSample = {
/**
 * Racing number.
 */
driver: number,
/**
 * Three letters.
 */
tla: string,
/**
 * When it was measured.
 */
t_ms: number,
/**
 * How old it is at the session's clock, milliseconds.
 */
age_ms: number,
/**
 * Where it comes from, such as `archive`.
 */
source: string,
/**
 * True if measured at `t_ms`, false if estimated.
 */
is_measured: boolean,
/**
 * km/h.
 */
speed_kmh: number | null,
/**
 * 1/min.
 */
rpm: number | null,
/**
 * Gear.
 */
gear: number | null,
/**
 * 0–100 %.
 */
throttle_percent: number | null,
/**
 * 0–100 %.
 */
brake_percent: number | null,
/**
 * 0 closed, 1 eligible, 2 open.
 */
drs: number | null,
/**
 * Decimetres.
 */
x_dm: number | null,
/**
 * Decimetres.
 */
y_dm: number | null, };

/**
 * A credential that a live source uses: what became of it, never the credential itself.
 */
export type CredentialHealth = {
/**
 * `good` (as far as is known), `expiring` (within a day), `expired` or `rejected`.
 */
state: string,
/**
 * When it ends, milliseconds since 1970, if that is known.
 */
expires_utc_ms: number | null, };

/**
 * What one live source is doing.
 */
export type SourceHealth = {
/**
 * `signalr`, `archive`, `openf1` or `open_meteo`.
 */
source: string,
/**
 * `off` (by choice, or something it needs is missing), `idle` (a better source gives everything), `connecting`,
 * `connected` or `waiting` (it failed and tries again).
 */
phase: string,
/**
 * For how long, seconds.
 */
since_s: number,
/**
 * More about it, in words for a person.
 */
detail: string,
/**
 * How long ago something last came.
 */
last_message_age_ms: number | null,
/**
 * Messages so far.
 */
n_messages: number,
/**
 * Bytes so far.
 */
n_bytes: number,
/**
 * How often a connection or request failed.
 */
n_failures: number,
/**
 * How long until it tries again; `null` unless it waits.
 */
retry_in_ms: number | null,
/**
 * The credential it uses; `null` if none.
 */
credential: CredentialHealth | null, };

/**
 * What the recorder of a live session is doing.
 */
export type RecorderHealth = {
/**
 * `waiting` (nothing was heard yet), `recording` or `stopped` (messages are being lost).
 */
state: string,
/**
 * Why it stopped or is held up, in words for a person; empty if all is well.
 */
reason: string,
/**
 * Name of the file in the data folder; `null` before the first.
 */
file: string | null,
/**
 * Size of the file, bytes.
 */
size_bytes: number,
/**
 * Messages in it.
 */
n_messages: number,
/**
 * Age of the oldest message that is not safe on the disk yet: what a loss of power would take. `null` if all are.
 */
unflushed_age_ms: number | null,
/**
 * Messages that could not be recorded.
 */
n_lost_messages: number,
/**
 * Bytes that could not be recorded.
 */
n_lost_bytes: number, };

/**
 * A feed at the head of the live session.
 */
export type FeedHealth = {
/**
 * Its state.
 */
state: FeedState,
/**
 * How long ago something last came, on the session clock; `null` if nothing did.
 */
age_ms: number | null, };

/**
 * The live session: `/api/v1/live`, and part of `/api/v1/health`.
 */
export type LiveHealth = {
/**
 * `ok` or `degraded`.
 */
status: string,
/**
 * Why it is degraded, worst first, each one line for a person; empty if it is not.
 */
reasons: Array<string>,
/**
 * The session that is live now, or was last; `null` before the first.
 */
session_id: string | null,
/**
 * The sources, best first.
 */
sources: Array<SourceHealth>,
/**
 * The recorder; `null` if nothing is recorded.
 */
recorder: RecorderHealth | null,
/**
 * The feeds as they are now, whatever any client's clock says.
 */
feeds: Array<FeedHealth>, };

/**
 * Health of the service: `/api/v1/health`. The answer is 200 whatever it says: read `status`.
 */
export type Health = {
/**
 * `ok` or `degraded`.
 */
status: string,
/**
 * Why it is degraded, worst first, each one line for a person; empty if it is not.
 */
reasons: Array<string>,
/**
 * Version of Overcut.
 */
version: string,
/**
 * Seconds since start.
 */
uptime_s: number,
/**
 * Connected WebSocket clients.
 */
clients: number,
/**
 * Sessions in the data folder.
 */
sessions: number,
/**
 * The session that `/api/v1/telemetry/live` and the feed port follow.
 */
current_session: string | null,
/**
 * The live session with its sources and its recorder; `null` unless the program runs one.
 */
live: LiveHealth | null, };

/**
 * Why a request was refused: RFC 9457 problem details, `application/problem+json`.
 */
export type Problem = {
/**
 * What kind of problem: a path below this server's `/problems/`.
 */
type: string,
/**
 * The same for people, always the same words for one kind.
 */
title: string,
/**
 * HTTP status.
 */
status: number,
/**
 * What is wrong with this request and what to do.
 */
detail: string, };
