-- claims.next_due
select (greatest(extract(epoch from min(run_at) - now()), 0) * 1000000)::bigint as due_in_micros
  from job where queue = $1 and state = 'QUEUED'
