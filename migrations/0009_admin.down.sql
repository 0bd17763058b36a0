alter table project reset (fillfactor);
alter table project drop column served_at;
