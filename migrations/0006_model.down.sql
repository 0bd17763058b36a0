drop table evaluation;
drop table model_version;
drop table model;
