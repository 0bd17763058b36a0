-- sources.inspect: tables, views, materialised views, partitioned and foreign tables; a domain counts as its base type;
-- the service's own tables ($3) are those that its statements find by their names alone
select a.attname::text as "name!", coalesce(b.typname, t.typname)::text as "type_name!",
       -- what lies on another server has no part in an exported snapshot
       c.relkind in ('r', 'm', 'p') and not exists (
         with recursive kin as (
           select c.oid union select i.inhrelid from pg_catalog.pg_inherits i join kin on i.inhparent = kin.oid)
         select from kin join pg_catalog.pg_class k on k.oid = kin.oid where k.relkind = 'f') as "stored!",
       exists (select from unnest($3::text[]) as own (name) where to_regclass(quote_ident(own.name)) = c.oid) as "own!"
  from pg_catalog.pg_namespace n
  join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relkind in ('r', 'v', 'm', 'p', 'f')
  join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_type b on t.typtype = 'd' and b.oid = t.typbasetype
 where n.nspname = $1 and c.relname = $2 and has_schema_privilege(n.oid, 'usage')
   and has_column_privilege(c.oid, a.attnum, 'select')
 order by a.attnum
