-- claims.next_due: what is due already and was not claimed is held back by a limit or a pause, and no reason to hurry
select (extract(epoch from min(run_at) - now()) * 1000000)::bigint as due_in_micros
  from job where queue = $1 and state = 'QUEUED' and run_at > now()
