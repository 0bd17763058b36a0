-- Evaluations that the constraint of before does not let in keep it out.
alter table evaluation drop constraint evaluation_skill_range;
alter table evaluation
  add constraint evaluation_skill_range check (skill between -1 and 1);
