-- Names for versions within their model, such as champion.
create table model_alias (
  project    text collate "C" not null,
  model      text collate "C" not null,
  id         text collate "C" not null,
  version    integer not null,
  updated_at timestamptz not null default now(),
  constraint model_alias_pk primary key (project, model, id),
  constraint model_alias_version_fk foreign key (project, model, version) references model_version (project, model, version),
  constraint model_alias_id_slug check (id ~ '^[a-z][a-z0-9_-]{0,62}$')
);
create index model_alias_version_idx on model_alias (project, model, version);

-- Every move of an alias, numbered within the model. Rows are never changed.
create table promotion (
  project      text collate "C" not null,
  model        text collate "C" not null,
  number       integer not null,
  alias        text collate "C" not null,
  from_version integer,
  to_version   integer,
  conditions   jsonb not null default '[]',
  created_by   text not null,
  created_at   timestamptz not null default now(),
  constraint promotion_pk primary key (project, model, number),
  constraint promotion_model_fk foreign key (project, model) references model (project, id),
  constraint promotion_from_fk foreign key (project, model, from_version) references model_version (project, model, version),
  constraint promotion_to_fk foreign key (project, model, to_version) references model_version (project, model, version),
  constraint promotion_number_positive check (number > 0),
  constraint promotion_alias_slug check (alias ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint promotion_moves check (from_version is not null or to_version is not null),
  constraint promotion_conditions_list check (jsonb_typeof(conditions) = 'array' and jsonb_array_length(conditions) <= 32),
  constraint promotion_created_by_length check (length(created_by) between 1 and 128)
);

-- What an evaluation was tested on: periods of the folds, rows and positives. Kept by a trigger alone, so that a worker of the
-- version before goes on as it is.
alter table evaluation add column test_key text collate "C" not null default '';
create function evaluation_test_key() returns trigger language plpgsql as $$
begin
  new.test_key := md5(concat(jsonb_path_query_array(new.body, '$.folds[*].test_start'), ' ',
                             jsonb_path_query_array(new.body, '$.folds[*].test_end'), ' ', new.rows, ' ', new.positives));
  return new;
end $$;
create trigger evaluation_tested before insert or update of body, rows, positives on evaluation
  for each row execute function evaluation_test_key();
update evaluation set rows = rows;
create index evaluation_leaderboard_idx on evaluation (project, test_key);
