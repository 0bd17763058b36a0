-- jobs.recent_events: the jobs of some projects with events made at a time or later, and from which to which sequence. Two bounds of
-- the time, so that an estimate without values still goes by the index
select j.id, j.project, j.kind, j.model, j.created_by, j.created_at, j.labels, j.priority,
       e.first_seq as "first_seq!", e.last_seq as "last_seq!"
  from (select job_id, min(seq) as first_seq, max(seq) as last_seq from job_event
         where at >= $2 and at < now() + interval '1 hour' group by job_id) e
 cross join lateral (select * from job i where i.id = e.job_id and i.project = any($1::text[]) limit 1) j
