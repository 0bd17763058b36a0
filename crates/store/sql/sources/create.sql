-- sources.create
with created as (
  insert into source (project, id, display_name, schema_name, table_name, entity_column, time_column, phase_column,
                      bar_interval, duplicate_rule, columns, idempotency_key, request_hash, created_by, recorded_time_column)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9::bigint * interval '1 microsecond', $10, $11, $12, $13, $14, $18)
  on conflict do nothing
  returning project, id
), phases as (
  insert into source_phase (project, source, id, display_name, bar_interval)
  select c.project, c.id, p.id, p.display_name, p.micros * interval '1 microsecond'
    from created c cross join unnest($15::int[], $16::text[], $17::bigint[]) as p (id, display_name, micros)
), contexts as (
  insert into source_context (project, source, name, context_source, entity, availability_delay, max_age)
  select c.project, c.id, k.name, k.source, k.entity, k.delay * interval '1 microsecond', k.age * interval '1 microsecond'
    from created c cross join unnest($19::text[], $20::text[], $21::text[], $22::bigint[], $23::bigint[]) as k (name, source, entity, delay, age)
)
select exists (select from created) as "created!"
