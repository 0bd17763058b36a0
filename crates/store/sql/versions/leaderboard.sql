-- versions.leaderboard: group by group in the order of an index, within a group the best first, a metric that is not known last. Of the
-- groups after the cursor only so many are looked at as the page needs; the cursor's own has perhaps been seen to its end
with recursive walk (test_key, seen) as (
  select k.test_key, case when $5::text is null then g.passing else 0 end
    from (select e.test_key from evaluation e where e.project = $1 and e.test_key >= coalesce($5, '') order by e.test_key limit 1) k
   cross join lateral (select count(*) as passing from evaluation e
                         join model_version v on v.result_id = e.result_id
                         join model m on m.project = e.project and m.id = e.model
                        where e.project = $1 and e.test_key = k.test_key and m.deleted_at is null
                          and ($3::text is null or v.spec ->> 'source' = $3) and ($4::text is null or e.model = $4)) g
   union all
  select k.test_key, w.seen + g.passing
    from walk w
   cross join lateral (select e.test_key from evaluation e
                        where e.project = $1 and e.test_key > w.test_key order by e.test_key limit 1) k
   cross join lateral (select count(*) as passing from evaluation e
                         join model_version v on v.result_id = e.result_id
                         join model m on m.project = e.project and m.id = e.model
                        where e.project = $1 and e.test_key = k.test_key and m.deleted_at is null
                          and ($3 is null or v.spec ->> 'source' = $3) and ($4 is null or e.model = $4)) g
   where w.seen < $10
)
select k.test_key as "test_key!", k.label_key as "label_key!", k.badness as "badness!", k.model, k.version, k.spec, k.created_at, k.overall,
       k.skill, k.body -> 'intervals' as intervals, (k.body #>> '{folds,0,test_start}')::timestamptz as test_start,
       (select max((f ->> 'test_end')::timestamptz) from jsonb_array_elements(k.body -> 'folds') f) as test_end,
       array(select a.id from model_alias a
              where a.project = $1 and a.model = k.model and a.version = k.version order by a.id) as "aliases!"
  from (select e.test_key, md5(concat(v.spec ->> 'source', ' ', v.spec -> 'label')) as label_key,
               coalesce(case $2 when 'roc_auc' then -e.roc_auc when 'average_precision' then -e.average_precision
                                when 'skill' then -e.skill when 'log_loss' then e.log_loss when 'brier' then e.brier end,
                        'Infinity'::float8) as badness,
               e.model, e.version, e.overall, e.skill, e.body, v.spec, v.created_at
          from walk w
          join evaluation e on e.project = $1 and e.test_key = w.test_key
          join model_version v on v.result_id = e.result_id
          join model m on m.project = e.project and m.id = e.model
         where m.deleted_at is null
           and ($3 is null or v.spec ->> 'source' = $3) and ($4 is null or e.model = $4)) k
 where (k.test_key, k.label_key, k.badness, k.model, k.version)
     > (coalesce($5, ''), coalesce($6::text, ''), coalesce($7::float8, '-Infinity'::float8), coalesce($8::text, ''), coalesce($9::integer, 0))
 order by k.test_key, k.label_key, k.badness, k.model, k.version
 limit $10
