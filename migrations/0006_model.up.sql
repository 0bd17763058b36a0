-- A model is a name under which versions gather; it comes to exist with its first version.
create table model (
  project       text collate "C" not null,
  id            text collate "C" not null,
  uid           uuid not null default gen_random_uuid(),
  display_name  text not null,
  description   text not null default '',
  labels        jsonb not null default '{}',
  last_version  integer not null default 0,
  version_count integer not null default 0,
  created_at    timestamptz not null default now(),
  updated_at    timestamptz not null default now(),
  deleted_at    timestamptz,
  expire_at     timestamptz,
  revision      bigint not null default 1,
  constraint model_pk primary key (project, id),
  constraint model_uid_uq unique (uid),
  constraint model_project_fk foreign key (project) references project (id),
  constraint model_id_slug check (id ~ '^[a-z][a-z0-9_-]{0,62}$'),
  constraint model_display_name_length check (length(display_name) between 1 and 100),
  constraint model_description_length check (length(description) <= 4000),
  constraint model_labels_valid check (labels = '{}' or labels_valid(labels)),
  constraint model_version_count_range check (version_count between 0 and last_version),
  constraint model_expire_iff_deleted check ((deleted_at is null) = (expire_at is null)),
  constraint model_expire_later check (expire_at > deleted_at),
  constraint model_revision_positive check (revision > 0)
);
create index model_list_idx on model (project, created_at desc, id desc) where deleted_at is null;
create index model_list_all_idx on model (project, created_at desc, id desc);
create index model_expire_idx on model (expire_at) where expire_at is not null;

create table model_version (
  project    text collate "C" not null,
  model      text collate "C" not null,
  version    integer not null,
  job_id     uuid not null,
  result_id  uuid not null,
  spec       jsonb not null,
  facts      jsonb not null,
  created_at timestamptz not null default now(),
  constraint model_version_pk primary key (project, model, version),
  constraint model_version_job_uq unique (job_id),
  constraint model_version_result_uq unique (result_id),
  constraint model_version_model_fk foreign key (project, model) references model (project, id),
  constraint model_version_job_fk foreign key (job_id) references job (id),
  constraint model_version_result_fk foreign key (result_id) references result (id),
  constraint model_version_positive check (version > 0),
  constraint model_version_spec_object check (jsonb_typeof(spec) = 'object'),
  constraint model_version_facts_complete check (facts ?& array['source_fingerprint', 'model_sha256', 'rows']
    and facts ->> 'source_fingerprint' ~ '^[0-9a-f]{64}$' and facts ->> 'model_sha256' ~ '^[0-9a-f]{64}$')
);

-- An evaluation of one version: whole in `body`, the metrics over all folds in `overall` (lists read only these), and the
-- columns that leaderboards order by.
create table evaluation (
  id                uuid not null default gen_random_uuid(),
  project           text collate "C" not null,
  model             text collate "C" not null,
  version           integer not null,
  result_id         uuid not null,
  body              jsonb not null,
  overall           jsonb not null,
  rows              bigint not null,
  positives         bigint not null,
  roc_auc           double precision,
  average_precision double precision,
  log_loss          double precision,
  brier             double precision,
  skill             double precision,
  created_at        timestamptz not null default now(),
  constraint evaluation_pk primary key (id),
  constraint evaluation_result_uq unique (result_id),
  constraint evaluation_version_fk foreign key (project, model, version) references model_version (project, model, version),
  constraint evaluation_result_fk foreign key (result_id) references result (id),
  constraint evaluation_body_object check (jsonb_typeof(body) = 'object'),
  constraint evaluation_overall_object check (jsonb_typeof(overall) = 'object'),
  constraint evaluation_positives_range check (positives between 0 and rows),
  constraint evaluation_roc_auc_range check (roc_auc between 0 and 1),
  constraint evaluation_average_precision_range check (average_precision between 0 and 1),
  constraint evaluation_log_loss_not_negative check (log_loss >= 0 and log_loss < 'Infinity'),
  constraint evaluation_brier_range check (brier between 0 and 1),
  constraint evaluation_skill_range check (skill between -1 and 1)
);
create index evaluation_version_idx on evaluation (project, model, version, created_at desc, id desc);
