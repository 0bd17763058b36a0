-- workers.register
insert into worker (id, hostname, version, slots, memory_bytes) values ($1, $2, $3, $4, $5)
