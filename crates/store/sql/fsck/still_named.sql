-- fsck.still_named: which of these keys a committed result still names
select a.storage_key from artifact a join result r on r.id = a.result_id
 where a.storage_key = any($1::text[]) and r.state = 'COMMITTED'
