-- studies.search: when a study began, whether its time is over, and how many of its jobs have not ended
select (select min(t.created_at) from trial t where t.study_id = $1) as started_at,
       coalesce((select min(t.created_at) from trial t where t.study_id = $1) + $2::bigint * interval '1 microsecond' <= now(),
                false) as "over!",
       (select count(*) from job c where c.parent_id = $1 and c.state in ('QUEUED', 'RUNNING')) as "open!"
