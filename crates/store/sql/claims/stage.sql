-- claims.stage
with held as (
  select id, lease_epoch, project from job where id = $2 and lease_epoch = $3 and state = 'RUNNING' for share
), staged as (
  insert into result (id, job_id, lease_epoch, project) select $1, id, lease_epoch, project from held
  on conflict (job_id, lease_epoch) do nothing
  returning id
), files as (
  insert into artifact (result_id, file_name, storage_key, media_type, size_bytes, sha256)
  select s.id, f.file_name, f.storage_key, f.media_type, f.size_bytes, f.sha256
    from staged s
   cross join unnest($4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[])
              as f (file_name, storage_key, media_type, size_bytes, sha256)
)
select exists (select from held) as "held!", exists (select from staged) as "staged!"
