alter table job drop constraint job_result_fk;
drop table artifact;
drop table result;
