-- migrate.exists
select to_regclass('_sqlx_migrations') is not null as "exists!"
