-- A key that is rotated has a new secret; the one before stays good for a while.
alter table api_key
  add column rotated_at timestamptz,
  add column previous_secret_hash bytea,
  add column previous_expires_at timestamptz,
  add constraint api_key_previous_secret_hash_length check (octet_length(previous_secret_hash) = 32),
  add constraint api_key_previous_complete check ((previous_secret_hash is null) = (previous_expires_at is null));
