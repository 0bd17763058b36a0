-- Notes each change of a row of the service, and each audit row, with their transactions: what changed without an audit row in the same
-- transaction is found by joining the two. Independent of the store: the rule stands here a second time.
create schema witness;
create table witness.change (
  id       bigint generated always as identity primary key,
  tx       xid8 not null,
  relation text not null,
  what     text not null
);
create table witness.audit (
  id         bigint generated always as identity primary key,
  tx         xid8 not null,
  method     text not null,
  request_id text
);

-- The processes may not write here: what they cause is noted in the name of who tests. When a key was last used is no change.
create function witness.note_change() returns trigger language plpgsql security definer as $$
begin
  if tg_op = 'UPDATE' then
    if to_jsonb(old) - 'last_used_at' = to_jsonb(new) - 'last_used_at' then
      return null;
    end if;
  end if;
  insert into witness.change (tx, relation, what) values (pg_current_xact_id(), tg_table_name, tg_op);
  return null;
end $$;
create function witness.note_audit() returns trigger language plpgsql security definer as $$
begin
  insert into witness.audit (tx, method, request_id) values (pg_current_xact_id(), new.method, new.request_id);
  return null;
end $$;

do $$
declare
  relation text;
begin
  for relation in select tablename from pg_tables where schemaname = 'public' and tablename not in ('audit_event', '_sqlx_migrations', 'bars') loop
    execute format('create trigger witness_change after insert or update or delete on %I for each row execute function witness.note_change()', relation);
  end loop;
end $$;
create trigger witness_audit after insert on audit_event for each row execute function witness.note_audit();
