-- audit.list: newest first
select id, created_at, caller_key, caller_role, caller_project, method, resource, project, outcome, request_id, peer
  from audit_event
 where ($1::text is null or project = $1) and ($2::text is null or resource = $2)
   and ($3::text is null or method = $3) and ($4::text is null or caller_key = $4)
   and created_at >= coalesce($5::timestamptz, '-infinity') and created_at < coalesce($6::timestamptz, 'infinity')
   and (created_at, id) < (coalesce($7::timestamptz, 'infinity'), coalesce($8::bigint, 9223372036854775807))
 order by created_at desc, id desc limit $9
