-- jobs.count_by_model: jobs for one model by what they are grouped by
select case when $2::bool then state end as state, case when $3::bool then kind end as kind,
       array(select labels ->> k.key from unnest($4::text[]) with ordinality as k (key, place) order by k.place)
         as "labels!: Vec<Option<String>>",
       count(*) as "jobs!"
  from job
 where project = $1 and state = any($6::text[]) and model = $15
   and created_at >= coalesce($7, '-infinity'::timestamptz) and created_at < coalesce($8, 'infinity'::timestamptz)
   and ($9::text[] is null or kind = any($9))
   and ($10::smallint[] is null or priority = any($10))
   and ($11::text is null or created_by = $11) and created_by <> all($12::text[])
   and labels @> $13::jsonb and not labels @> any($14::jsonb[])
 group by 1, 2, 3 order by 4 desc, 1, 2, 3 limit $5
