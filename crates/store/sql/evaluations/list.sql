-- evaluations.list: evaluations of a project, newest first
select e.id, e.model, e.version, r.job_id, e.overall, e.skill, e.period_start, e.period_end, e.created_at
  from evaluation e join result r on r.id = e.result_id
 where e.project = $1
   and (e.created_at, e.id) < (coalesce($2, 'infinity'::timestamptz), coalesce($3, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
 order by e.created_at desc, e.id desc limit $4
