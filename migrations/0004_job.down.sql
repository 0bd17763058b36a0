drop table job_event;
drop table job_attempt;
drop table job;
drop function job_guard();
drop table worker;
