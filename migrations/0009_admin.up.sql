-- When a job of the project was last claimed: among projects that run equally many jobs, the one that waits longest goes next.
-- Each claim writes it; room in the page keeps that a HOT update.
alter table project add column served_at timestamptz;
alter table project set (fillfactor = 50);
