-- jobs.recent_events: the jobs of some projects with events made at a time or later (and before $3, when it is given), and from which
-- to which sequence; of these also what was made before $4. Two bounds of the time, so that an estimate without values still goes by
-- the index
select j.id, j.project, j.kind, j.model, j.created_by, j.created_at, j.labels, j.priority,
       e.first_seq as "first_seq!", e.last_seq as "last_seq!"
  from (select job_id, min(seq) as first_seq, max(seq) as last_seq from job_event
         where at >= $2 and at < coalesce($4, now() + interval '1 hour')
         group by job_id having $3::timestamptz is null or min(at) < $3) e
 cross join lateral (select * from job i where i.id = e.job_id and i.project = any($1::text[]) limit 1) j
