-- Versions that foresee numbers: their skill is a share of the best baseline's error, which a bad model may exceed many times. A
-- version of the service before this one stores no such evaluation.
alter table evaluation drop constraint evaluation_skill_range;
alter table evaluation
  add constraint evaluation_skill_range check (skill <= 1 and skill > '-Infinity');
