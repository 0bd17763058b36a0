create or replace function labels_valid(labels jsonb) returns boolean
language sql immutable parallel safe as $$
  select case when jsonb_typeof(labels) is distinct from 'object' then false else (
    select count(*) <= 64 and coalesce(bool_and(
             jsonb_typeof(value) = 'string' and key ~ '^[a-z][a-z0-9_-]{0,62}$' and length(value #>> '{}') <= 63), true)
      from jsonb_each(labels)) end
$$;
drop function claim_job(text, uuid, interval, text[], integer, bigint);
drop function claim_of_project(text, text, uuid, interval, text[], integer, bigint);
