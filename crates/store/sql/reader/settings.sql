-- reader.settings: for this transaction alone; work_mem keeps the sort of a usual range in memory, and compiling a statement that only
-- copies costs each of its processes more than it saves
select set_config('statement_timeout', $1, true) as timeout, set_config('work_mem', '64MB', true) as work_mem,
       set_config('jit', 'off', true) as jit,
       set_config($2, $3, true) as entities
