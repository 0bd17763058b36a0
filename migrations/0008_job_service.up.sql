-- Events by the time of their making: WatchJobs looks for new ones (ADR 12), retention for old ones.
create index job_event_at_idx on job_event (at);
-- Log lines of a job without its progress between them: ListJobLogs, TailJobLogs.
create index job_event_log_idx on job_event (job_id, seq) where kind = 'log';
