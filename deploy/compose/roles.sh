#!/bin/sh
# Makes or mends the roles (before the migrations), or says what they may do (after them). Runs in the image of postgres.
#   roles.sh roles | grants
set -eu
secret() { cat "/run/secrets/$1"; }
case $1 in
  roles)
    MIGRATOR_PASSWORD=$(secret migrator_password)
    API_PASSWORD=$(secret api_password)
    WORKER_PASSWORD=$(secret worker_password)
    PGPASSWORD=$(secret postgres_password)
    export MIGRATOR_PASSWORD API_PASSWORD WORKER_PASSWORD PGPASSWORD
    exec psql -X -q -h postgres -U postgres -d mltraining -v ON_ERROR_STOP=1 -f /postgres/roles.sql
    ;;
  grants)
    exec psql -X -q -1 "$(secret database_url_migrator)" -v ON_ERROR_STOP=1 -f /postgres/grants.sql
    ;;
esac
