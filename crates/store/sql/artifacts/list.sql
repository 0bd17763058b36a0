-- artifacts.list
select a.file_name, a.storage_key, a.media_type, a.size_bytes, a.sha256,
       (select r.committed_at from result r where r.id = a.result_id) as "committed_at!"
  from artifact a
 where a.result_id = (select r.id from result r where r.job_id = $2 and r.project = $1 and r.state = 'COMMITTED')
   and a.file_name > coalesce($3::text, '')
 order by a.file_name limit $4
