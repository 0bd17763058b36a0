-- Sources that the form before cannot say (single series) must be gone; contexts and times of recording are forgotten.
drop table source_context;
alter table source
  alter column entity_column set not null,
  drop constraint source_key_columns_differ,
  drop column recorded_time_column,
  add constraint source_key_columns_differ check (entity_column <> time_column
    and phase_column is distinct from entity_column and phase_column is distinct from time_column);
