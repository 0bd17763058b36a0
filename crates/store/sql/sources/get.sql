-- sources.get
select s.project, s.id, s.uid, s.display_name, s.schema_name, s.table_name, s.entity_column, s.time_column, s.phase_column,
       (extract(epoch from s.bar_interval) * 1000000)::bigint as "bar_interval_micros!", s.duplicate_rule, s.columns,
       (select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'display_name', p.display_name,
                 'bar_interval', (extract(epoch from p.bar_interval) * 1000000)::bigint) order by p.id), '[]')
          from source_phase p where p.project = s.project and p.source = s.id) as "phases!",
       s.created_at, s.updated_at, s.revision
  from source s where s.project = $1 and s.id = $2
