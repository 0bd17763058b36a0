-- backtests.list: what jobs that walked through time have found, newest first, without their periods
select j.id, j.created_at, r.body - 'periods' as "body!"
  from job j join result r on r.id = j.result_id
 where j.project = $1 and j.kind = 'BACKTEST' and j.state = 'SUCCEEDED' and r.body is not null
   and (j.created_at, j.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
 order by j.created_at desc, j.id desc limit $4
