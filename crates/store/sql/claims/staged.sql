-- claims.staged: read after an insert that met another row, which a statement's own snapshot may not show
select exists (select from result where id = $1 and job_id = $2 and lease_epoch = $3 and state = 'STAGED') as "staged!"
