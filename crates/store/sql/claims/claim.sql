-- claims.claim: the function locks a project, then looks and claims with what is committed by then, all in one call
select id, lease_epoch, project, kind, spec, spec_version, traceparent, request_id, created_at, run_at, started_at,
       (extract(epoch from timeout) * 1000000)::bigint as time_left_micros, memory_bytes
  from claim_job($1, $2, $3::bigint * interval '1 microsecond', $4::text[], $5, $6,
                 $7::bigint * interval '1 microsecond')
