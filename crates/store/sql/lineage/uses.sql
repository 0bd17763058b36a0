-- lineage.uses: what goes forward from a version, newest first: jobs that name it, moves of aliases to it and away from it
select u.created_at as "created_at!", u.key as "key!", j.id as "job?", j.kind as "kind?", j.state as "state?", e.id as "evaluation?",
       p.number as "number?", p.alias as "alias?", p.from_version, p.to_version, p.conditions as "conditions?", p.created_by as "created_by?"
  from (
    (select n.created_at, 'job/' || n.job_id as key, n.job_id, null::integer as number from job_version n
      where n.project = $1 and n.model = $2 and n.version = $3 and n.created_at <= coalesce($4, 'infinity'::timestamptz)
        and (n.created_at, ('job/' || n.job_id) collate "C") < (coalesce($4, 'infinity'::timestamptz), coalesce($5::text, '~') collate "C")
      order by n.created_at desc, n.job_id desc limit $6)
     union all
    (select m.created_at, 'move/' || lpad(m.number::text, 10, '0'), null, m.number from promotion m
      where m.project = $1 and m.model = $2 and m.to_version = $3 and m.created_at <= coalesce($4, 'infinity'::timestamptz)
        and (m.created_at, ('move/' || lpad(m.number::text, 10, '0')) collate "C")
            < (coalesce($4, 'infinity'::timestamptz), coalesce($5, '~') collate "C")
      order by m.created_at desc, m.number desc limit $6)
     union all
    (select m.created_at, 'move/' || lpad(m.number::text, 10, '0'), null, m.number from promotion m
      where m.project = $1 and m.model = $2 and m.from_version = $3 and m.to_version is distinct from $3
        and m.created_at <= coalesce($4, 'infinity'::timestamptz)
        and (m.created_at, ('move/' || lpad(m.number::text, 10, '0')) collate "C")
            < (coalesce($4, 'infinity'::timestamptz), coalesce($5, '~') collate "C")
      order by m.created_at desc, m.number desc limit $6)
  ) u
  left join job j on j.id = u.job_id
  left join evaluation e on e.result_id = j.result_id
  left join promotion p on p.project = $1 and p.model = $2 and p.number = u.number
 order by u.created_at desc, u.key collate "C" desc limit $6
