-- artifacts.get
select a.file_name, a.storage_key, a.media_type, a.size_bytes, a.sha256, r.committed_at as "committed_at!"
  from result r join artifact a on a.result_id = r.id
 where r.job_id = $2 and r.project = $1 and r.state = 'COMMITTED' and a.file_name = $3
