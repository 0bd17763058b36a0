-- models.get: models of one project by id; place is that of the id in the request
select wanted.place as "place!", m.project, m.id, m.uid, m.display_name, m.description, m.labels, m.last_version,
       m.version_count, m.created_at, m.updated_at, m.deleted_at, m.expire_at, m.revision, e.overall as "overall?",
       (select jsonb_object_agg(a.id, a.version) from model_alias a where a.project = m.project and a.model = m.id) as aliases
  from unnest($2::text[]) with ordinality as wanted (id, place)
  join model m on m.project = $1 and m.id = wanted.id
  left join model_version v on v.project = m.project and v.model = m.id and v.version = m.last_version
  left join evaluation e on e.result_id = v.result_id
