-- sources.allow_time: for this transaction alone
select set_config('statement_timeout', $1, true) as timeout
