-- claims.await_under_way: waits for the claims that have locked their project; those that lock one later see what was committed before
select id from project for share
