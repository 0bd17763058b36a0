-- api_keys.note_use: at most one write a minute, and no waiting for another one that does the same
update api_key set last_used_at = now()
 where id = (select id from api_key
              where short_id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')
                for no key update skip locked)
