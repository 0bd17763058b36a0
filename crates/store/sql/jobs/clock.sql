-- jobs.clock
select now() as "now!"
