-- I1-I7 and I9 of the job engine, over every job of the database. No row: all hold. (I8 reads files and I10 waits: both are Rust.)
create function invariant_violations() returns table (invariant text, job uuid, detail text)
language sql stable as $$
  -- I1: at most one committed result, so at most one set of artifacts
  select 'I1', r.job_id, count(*) || ' committed results'
    from result r where r.state = 'COMMITTED' group by r.job_id having count(*) > 1
  union all
  -- I2: SUCCEEDED exactly when the result of the last attempt is committed, with its files
  select 'I2', j.id, j.state || ' in epoch ' || j.lease_epoch || ', committed in epoch ' || coalesce(c.epochs, 'none')
    from job j
    left join lateral (select string_agg(r.lease_epoch::text, ',') as epochs,
                              bool_or(r.id = j.result_id and r.lease_epoch = j.lease_epoch
                                      and exists (select from artifact a where a.result_id = r.id)) as last
                         from result r where r.job_id = j.id and r.state = 'COMMITTED') c on true
   where case j.state when 'SUCCEEDED' then not coalesce(c.last, false) else c.epochs is not null end
  union all
  select 'I2', j.id, 'SUCCEEDED, and its last attempt says ' || coalesce(a.outcome, 'nothing')
    from job j left join job_attempt a on a.job_id = j.id and a.lease_epoch = j.lease_epoch
   where j.state = 'SUCCEEDED' and a.outcome is distinct from 'SUCCEEDED'
  union all
  select 'I2', j.id, j.state || ' ' || j.kind || ' with ' || count(v.job_id) || ' model versions'
    from job j left join model_version v on v.job_id = j.id
   where j.kind in ('TRAIN', 'TUNE') group by j.id having count(v.job_id) <> (j.state = 'SUCCEEDED')::int
  union all
  -- I2: the trials of a study that succeeded have ended, and none counts that its job has not written
  select 'I2', j.id, 'SUCCEEDED with ' || count(*) || ' trials that wait'
    from job j join trial t on t.study_id = j.id where j.state = 'SUCCEEDED' and t.state = 'WAITING' group by j.id
  union all
  -- I3: an attempt without an end is the running one's; a running job has such an attempt
  select 'I3', a.job_id, 'attempt ' || a.lease_epoch || ' has no end, the job is ' || j.state || ' in epoch ' || j.lease_epoch
    from job_attempt a join job j on j.id = a.job_id
   where a.ended_at is null and not (j.state = 'RUNNING' and a.lease_epoch = j.lease_epoch)
  union all
  select 'I3', j.id, 'runs in epoch ' || j.lease_epoch || ' without an open attempt'
    from job j where j.state = 'RUNNING'
     and not exists (select from job_attempt a
                      where a.job_id = j.id and a.lease_epoch = j.lease_epoch and a.ended_at is null
                        and a.worker_id = j.worker_id)
  union all
  -- I4: the epoch counts the attempts
  select 'I4', j.id, 'epoch ' || j.lease_epoch || ' and ' || count(a.job_id) || ' attempts'
    from job j left join job_attempt a on a.job_id = j.id group by j.id having j.lease_epoch <> count(a.job_id)
  union all
  -- I5: only legal transitions; +1 on each claim and no other change of the epoch
  select 'I5', t.job, coalesce(t.from_state, 'nothing') || ' ' || coalesce(t.from_epoch, 0) || ' -> ' || t.to_state || ' ' || t.to_epoch
    from invariants.transition t
   where not case
     when t.from_state is null then t.to_state = 'QUEUED' and t.to_epoch = 0
     when t.from_state = 'QUEUED' and t.to_state = 'RUNNING' then t.to_epoch = t.from_epoch + 1
     when t.to_epoch <> t.from_epoch then false
     when t.from_state = 'QUEUED' then t.to_state in ('QUEUED', 'CANCELLED')
     when t.from_state = 'RUNNING' then true -- to any state: success, failure, cancel, death, or back to the queue
     when t.from_state in ('FAILED', 'CANCELLED', 'DEAD') then t.to_state in (t.from_state, 'QUEUED')
     else false end -- SUCCEEDED never changes
  union all
  select 'I5', j.id, 'is ' || j.state || ' ' || j.lease_epoch || ', last recorded ' || t.to_state || ' ' || t.to_epoch
    from job j
    join lateral (select * from invariants.transition i where i.job = j.id order by i.id desc limit 1) t on true
   where (j.state, j.lease_epoch) is distinct from (t.to_state, t.to_epoch)
  union all
  -- I6: once a cancel stands, the job succeeds only after an operator's retry
  select 'I6', s.job, 'succeeded after the cancel of transition ' || c.id
    from invariants.transition s
    join invariants.transition c on c.job = s.job and c.id < s.id and c.cancelled
   where s.to_state = 'SUCCEEDED'
     and not exists (select from invariants.transition r
                      where r.job = s.job and r.id > c.id and r.id < s.id
                        and r.from_state in ('FAILED', 'CANCELLED', 'DEAD') and r.to_state = 'QUEUED')
  union all
  -- I7: RUNNING <= max_running, seen at every commit of a claim
  select 'I7', e.job, e.project || ' ran ' || e.running || ' jobs and may run ' || e.allowed from invariants.excess e
  union all
  -- I9: budgets hold, a claim and a release cost nothing, and a job never retried by hand was not lost more often than it may be
  select 'I9', j.id, format('failures %s/%s, infra %s/%s, lost %s/%s', j.failures, j.max_failures,
                            j.infra_failures, j.max_infra_failures, j.lost_count, j.max_lost)
    from job j
   where j.failures not between 0 and j.max_failures or j.infra_failures not between 0 and j.max_infra_failures
      or j.lost_count not between 0 and j.max_lost
  union all
  select 'I9', j.id, format('%s charges and %s attempts that cost something', j.failures + j.infra_failures + j.lost_count, count(a.job_id))
    from job j left join job_attempt a on a.job_id = j.id and a.outcome in ('FAILED', 'RETRIED', 'LOST', 'CANCELLED')
   group by j.id having j.failures + j.infra_failures + j.lost_count > count(a.job_id)
  union all
  select 'I9', j.id, count(*) || ' lost attempts, at most ' || j.max_lost || ' are allowed'
    from job j join job_attempt a on a.job_id = j.id and a.outcome = 'LOST'
   where not exists (select from invariants.transition r
                      where r.job = j.id and r.from_state in ('FAILED', 'CANCELLED', 'DEAD') and r.to_state = 'QUEUED')
   group by j.id having count(*) > j.max_lost
  union all
  -- What streams resume from: the events of a job are numbered without a gap
  select 'EVENTS', j.id, format('%s events, the last is %s, event_seq is %s', count(e.seq), max(e.seq), j.event_seq)
    from job j left join job_event e on e.job_id = j.id
   group by j.id having count(e.seq) <> coalesce(max(e.seq) - min(e.seq) + 1, 0) or max(e.seq) <> j.event_seq
$$;
