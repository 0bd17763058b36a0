-- evaluations.slices: the parts of the rows of one evaluation
select e.body -> 'slices' as slices from evaluation e where e.id = $2 and e.project = $1
