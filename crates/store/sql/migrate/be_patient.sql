-- migrate.be_patient
set statement_timeout = 0
