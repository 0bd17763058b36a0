-- purge.remove_models: those that can no longer be undeleted and have no version left; their names are free then
with doomed as materialized (
  select m.project, m.id from model m
   where m.expire_at >= '-infinity' and m.expire_at <= now()
     and not exists (select from model_version v where v.project = m.project and v.model = m.id)
   order by m.expire_at limit $1
     for update of m skip locked
), moves as (
  delete from promotion p using doomed d where p.project = d.project and p.model = d.id
)
delete from model m using doomed d where m.project = d.project and m.id = d.id
