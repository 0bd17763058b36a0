-- What was noted: taken away and told by one statement, which sees all of a transaction or nothing.
with change as (delete from witness.change returning tx, relation, what),
     audit as (delete from witness.audit returning tx, method, request_id)
select 'changes ' || count(*) from change
union all
select distinct 'unaudited ' || relation || ' ' || what from change where tx not in (select tx from audit)
union all
select 'audited ' || coalesce(request_id, '') || ' ' || method from audit
