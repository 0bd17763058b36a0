alter table api_key
  drop constraint api_key_previous_complete,
  drop constraint api_key_previous_secret_hash_length,
  drop column previous_expires_at,
  drop column previous_secret_hash,
  drop column rotated_at;
