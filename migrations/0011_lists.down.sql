drop trigger job_label_gone on job;
drop trigger job_label_changed on job;
drop trigger job_label_made on job;
drop function job_label_keep();
drop table job_label;
drop index job_creator_list_idx;
