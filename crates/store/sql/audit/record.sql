-- audit.record: in the transaction of the change
insert into audit_event (caller_key, caller_role, caller_project, method, request_id, peer, resource, project, outcome)
select $1, $2, $3, $4, $5, $6, t.resource, t.project, t.outcome
  from unnest($7::text[], $8::text[], $9::text[]) as t (resource, project, outcome)
