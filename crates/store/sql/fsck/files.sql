-- fsck.files: files of committed results, in the order of their rows
select a.result_id, a.file_name, a.storage_key, a.size_bytes, a.sha256
  from artifact a join result r on r.id = a.result_id
 where r.state = 'COMMITTED'
   and (a.result_id, a.file_name) > (coalesce($1, '00000000-0000-0000-0000-000000000000'::uuid), coalesce($2::text, ''))
 order by a.result_id, a.file_name limit $3
