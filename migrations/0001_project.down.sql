drop function labels_valid(jsonb);
drop table queue;
drop table project;
