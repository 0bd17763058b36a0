-- store.source_role: for this transaction alone
select set_config('role', $1, true) as role
