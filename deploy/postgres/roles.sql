-- The roles of the service, each with only what it needs (docs/SECURITY.md, docs/adr/0049). Run it in the service's database with psql 15
-- or newer, as its owner or a superuser, who may create roles; as often as you like:
--
--   MIGRATOR_PASSWORD=.. API_PASSWORD=.. WORKER_PASSWORD=.. psql "$URL" -X -v ON_ERROR_STOP=1 -f deploy/postgres/roles.sql
--
-- A password that is not given stays as it is; a role without one can log in by other means alone (certificate, peer, a proxy).
-- `-v prefix=NAME_` puts another word than `mlts_` before each name, for two services on one server.
--
--   mlts_owner        owns the tables; nobody logs in as it
--   mlts_migrator     `api-server migrate` and grants.sql: becomes mlts_owner when it logs in
--   mlts_api          `api-server serve`, `api-server keys`
--   mlts_worker       `worker`
--   mlts_features_ro  reads the tables of sources and nothing else: database.source_role of both processes
--
-- Then: `api-server migrate` as mlts_migrator, and grants.sql after each migration.
\if :{?prefix}
\else
  \set prefix mlts_
\endif
\getenv migrator_password MIGRATOR_PASSWORD
\getenv api_password API_PASSWORD
\getenv worker_password WORKER_PASSWORD

select format('create role %I', :'prefix' || r) from unnest(array['owner', 'migrator', 'api', 'worker', 'features_ro']) r
 where not exists (select from pg_catalog.pg_roles where rolname = :'prefix' || r)
\gexec

-- NOINHERIT: a process reads sources as features_ro when it says so, not all the time.
select format('alter role %I nologin nosuperuser nocreatedb nocreaterole noreplication noinherit', :'prefix' || r)
  from unnest(array['owner', 'features_ro']) r
\gexec
select format('alter role %I login nosuperuser nocreatedb nocreaterole noreplication noinherit', :'prefix' || r)
  from unnest(array['migrator', 'api', 'worker']) r
\gexec
\if :{?migrator_password}
  select format('alter role %I password %L', :'prefix' || 'migrator', :'migrator_password')
  \gexec
\endif
\if :{?api_password}
  select format('alter role %I password %L', :'prefix' || 'api', :'api_password')
  \gexec
\endif
\if :{?worker_password}
  select format('alter role %I password %L', :'prefix' || 'worker', :'worker_password')
  \gexec
\endif

select format('grant %I to %I', :'prefix' || granted, :'prefix' || member)
  from (values ('owner', 'migrator'), ('features_ro', 'api'), ('features_ro', 'worker')) g (granted, member)
\gexec
-- What the migrator makes belongs to the owner, whatever the migrator is called tomorrow.
select format('alter role %I in database %I set role = %I', :'prefix' || 'migrator', current_database(), :'prefix' || 'owner')
\gexec

select format('grant connect on database %I to %I', current_database(), :'prefix' || r)
  from unnest(array['migrator', 'api', 'worker']) r
\gexec
revoke create on schema public from public;
select format('grant usage on schema public to %I', :'prefix' || r) from unnest(array['owner', 'api', 'worker', 'features_ro']) r
\gexec
select format('grant create on schema public to %I', :'prefix' || 'owner')
\gexec

-- Between a migration and grants.sql, processes of the version before go on, and triggers write the new tables in their name: until
-- grants.sql has said what each role needs of a new table, both may use it. (Made as the owner, so that no superuser is needed.)
select format('grant %I to %I', :'prefix' || 'owner', current_user) where not pg_has_role(:'prefix' || 'owner', 'member')
\gexec
select format('alter default privileges for role %I in schema public grant select, insert, update, delete on tables to %I, %I',
              :'prefix' || 'owner', :'prefix' || 'api', :'prefix' || 'worker')
\gexec
