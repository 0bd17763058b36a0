-- sources.list
select s.project, s.id, s.uid, s.display_name, s.schema_name, s.table_name, s.entity_column, s.time_column, s.phase_column,
       s.recorded_time_column, (extract(epoch from s.bar_interval) * 1000000)::bigint as "bar_interval_micros!", s.duplicate_rule, s.columns,
       (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'display_name', p.display_name,
                 'bar_interval', (extract(epoch from p.bar_interval) * 1000000)::bigint) order by p.id), '[]')
          from source_phase p where p.project = s.project and p.source = s.id) as "phases!",
       (select coalesce(jsonb_agg(jsonb_build_object('name', k.name, 'source', k.context_source, 'entity', k.entity,
                 'availability_delay', (extract(epoch from k.availability_delay) * 1000000)::bigint,
                 'max_age', (extract(epoch from k.max_age) * 1000000)::bigint, 'spec', jsonb_build_object(
                   'schema', c.schema_name, 'table', c.table_name, 'entity_column', c.entity_column, 'time_column', c.time_column,
                   'phase_column', c.phase_column, 'recorded_time_column', c.recorded_time_column, 'columns', c.columns,
                   'bar_interval', (extract(epoch from c.bar_interval) * 1000000)::bigint, 'duplicate_rule', c.duplicate_rule,
                   'phases', (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'display_name', p.display_name,
                       'bar_interval', (extract(epoch from p.bar_interval) * 1000000)::bigint) order by p.id), '[]')
                      from source_phase p where p.project = c.project and p.source = c.id))) order by k.name), '[]')
          from source_context k join source c on c.project = k.project and c.id = k.context_source
         where k.project = s.project and k.source = s.id) as "contexts!",
       s.created_at, s.updated_at, s.revision
  from source s where s.project = $1 and s.id > coalesce($2::text, '')
 order by s.id limit $3
