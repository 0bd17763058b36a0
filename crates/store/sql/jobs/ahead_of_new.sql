-- jobs.ahead_of_new
select count(*) as "ahead!" from job
 where queue = $2 and project = $1 and state = 'QUEUED' and priority <= $3
