-- projects.ensure
insert into project (id) values ($1) on conflict (id) do nothing
