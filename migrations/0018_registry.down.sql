drop index evaluation_leaderboard_idx;
drop trigger evaluation_tested on evaluation;
drop function evaluation_test_key();
alter table evaluation drop column test_key;
drop table promotion;
drop table model_alias;
