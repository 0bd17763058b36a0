-- evaluations.curves: of one evaluation, and whether numbers are foreseen, of which there are none
select e.curves, e.overall -> 'regression' is not null as "is_of_numbers!" from evaluation e where e.id = $2 and e.project = $1
