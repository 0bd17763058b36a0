//! A project with the same number of everything that lists show.

use crate::house::{House, create_bars};
use crate::support::requests::JOB;
use crate::support::world::{furnish, usable_model};

/// Source `bars`, and what [`furnish`] makes with `rows` copies of it: jobs with attempts, events and versions of model `x`,
/// more files of its job, models and sources.
pub(crate) async fn fill(house: &House, rows: u32) {
    house.make_bars();
    house.catalog().create_source(create_bars()).await.unwrap();
    let (store, artifacts) = (&house.api.store, &house.api.context.artifacts);
    furnish(store, artifacts, &"default".parse().unwrap()).await;
    house.sql(&format!(
        "begin;
         create temp table made as select n, gen_random_uuid() as job, gen_random_uuid() as result from generate_series(1, {rows}) n;
         create temp table old as select result_id as result from job where id = '{JOB}';
         insert into job select (jsonb_populate_record(j, jsonb_build_object('id', m.job, 'result_id', m.result,
             'created_at', j.created_at + m.n * interval '1 s'))).* from job j, made m where j.id = '{JOB}';
         insert into job_attempt select (jsonb_populate_record(a, jsonb_build_object('job_id', m.job))).*
           from job_attempt a, made m where a.job_id = '{JOB}';
         insert into job_event select (jsonb_populate_record(e, jsonb_build_object('job_id', m.job))).*
           from job_event e, made m where e.job_id = '{JOB}';
         insert into result select (jsonb_populate_record(r, jsonb_build_object('id', m.result, 'job_id', m.job))).*
           from result r, old, made m where r.id = old.result;
         insert into artifact select (jsonb_populate_record(a, jsonb_build_object('file_name', 'copy' || m.n,
             'storage_key', 'copy' || m.n))).* from artifact a, old, made m where a.result_id = old.result;
         insert into artifact select (jsonb_populate_record(a, jsonb_build_object('result_id', m.result, 'storage_key', 'made' || m.n))).*
           from artifact a, old, made m where a.result_id = old.result and a.file_name = 'model.mlts';
         insert into model_version select (jsonb_populate_record(v, jsonb_build_object('version', m.n + 1, 'job_id', m.job,
             'result_id', m.result))).* from model_version v, old, made m where v.result_id = old.result;
         insert into evaluation select (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid(), 'version', m.n + 1,
             'result_id', m.result))).* from evaluation e, old, made m where e.result_id = old.result;
         update model set last_version = {rows} + 1, version_count = {rows} + 1 where id = 'x';
         insert into model select (jsonb_populate_record(o, jsonb_build_object('id', 'm' || m.n, 'uid', gen_random_uuid(),
             'created_at', o.created_at + m.n * interval '1 s'))).* from model o, made m where o.id = 'x';
         insert into promotion (project, model, number, alias, to_version, created_by)
           select 'default', 'x', m.n, 'champion', 1, 'test' from made m;
         insert into source select (jsonb_populate_record(s, jsonb_build_object('id', 's' || m.n, 'uid', gen_random_uuid(),
             'idempotency_key', null, 'request_hash', null))).* from source s, made m where s.id = 'bars';
         insert into source_phase select (jsonb_populate_record(p, jsonb_build_object('id', 100 + m.n))).*
           from source_phase p, made m
            where p.source = 'bars' and p.id = (select min(id) from source_phase where source = 'bars');
         insert into worker (id, hostname, version, slots) select gen_random_uuid(), 'h', '1', 1 from made;
         commit;"
    ));
    house.sql(&usable_model(artifacts, &"default".parse().unwrap()).await);
}
