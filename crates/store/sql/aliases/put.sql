-- aliases.put
insert into model_alias (project, model, id, version) values ($1, $2, $3, $4)
on conflict (project, model, id) do update set version = excluded.version, updated_at = now()
