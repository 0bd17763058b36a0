drop table job_event;
drop table job_attempt;
drop table job;
drop function job_record();
drop function job_guard();
drop function cancel_message(text, text);
drop table worker;
