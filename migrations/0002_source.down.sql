drop table source_phase;
drop table source;
