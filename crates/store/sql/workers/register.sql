-- workers.register
insert into worker (id, hostname, version, slots) values ($1, $2, $3, $4)
