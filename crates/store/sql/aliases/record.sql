-- aliases.record: the lock on the model keeps numbers apart
insert into promotion (project, model, number, alias, from_version, to_version, conditions, created_by)
select $1, $2, coalesce((select p.number from promotion p where p.project = $1 and p.model = $2 order by p.number desc limit 1), 0) + 1,
       $3, $4, $5, $6, $7
returning number, created_at
