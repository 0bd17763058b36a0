drop index job_event_log_idx;
drop index job_event_at_idx;
