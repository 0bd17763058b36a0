-- sources.find_request
select id, request_hash as "request_hash!" from source where project = $1 and idempotency_key = $2
