-- backtests.get: what a job that walked through time has found
select j.created_at, r.body as "body!"
  from job j join result r on r.id = j.result_id
 where j.id = $2 and j.project = $1 and j.kind = 'BACKTEST' and j.state = 'SUCCEEDED' and r.body is not null
