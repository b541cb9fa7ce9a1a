select session_id, count(*) as laps, min(lap_time_ms) as best_ms from laps
  where not deleted group by session_id order by session_id;

select l.session_id, d.tla, min(l.lap_time_ms) as best_ms, avg(l.lap_time_ms) as mean_ms from laps l
  join drivers d on d.session_id = l.session_id and d.driver = l.driver
  where l.is_accurate group by l.session_id, d.tla order by l.session_id, best_ms, d.tla;

select session_id, driver, count(*) as samples, max(speed_kmh) as top_kmh, avg(throttle_percent) as throttle_percent from telemetry
  where lap_number > 0 group by session_id, driver order by session_id, driver;

select session_id, driver, lap_number, lap_time_ms from (
  select *, row_number() over (partition by session_id, driver order by lap_time_ms, lap_number) as place from laps
  where lap_time_ms is not null) where place = 1 order by session_id, lap_time_ms, driver;

select s.session_id, s.compound, count(*) as stints, avg(s.n_laps) as mean_laps from (
  select session_id, driver, stint, compound, count(*) as n_laps from laps group by session_id, driver, stint, compound) s
  where s.compound is not null group by s.session_id, s.compound order by s.session_id, s.compound
