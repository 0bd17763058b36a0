#!/usr/bin/env bash
# Restores what backup.sh made into an empty database and an empty folder. No process of the service may run meanwhile.
#
#   DATABASE_URL=postgres://.. ARTIFACTS_DIR=/var/lib/mltraining/artifacts deploy/backup/restore.sh FOLDER/mltraining-TIME [ARGUMENTS OF pg_restore]
#
# DATABASE_URL is that of a superuser or of the owner of the database, with the roles made by deploy/postgres/roles.sql before; on a server
# without them add --no-owner --no-privileges. Afterwards: api-server migrate (when the backup is of an earlier version), grants.sql,
# api-server fsck.
#
# Files first, then rows, so that no row is there without its file. Both must be empty: an attempt of a restored job may get the number that
# another one had after the backup, and a file of that one in its place would be in its way, since nothing is overwritten.
set -euo pipefail

die() { echo "restore: $*" >&2; exit 1; }
[[ $# -ge 1 ]] || die "usage: restore.sh FOLDER/mltraining-TIME [ARGUMENTS OF pg_restore]"
: "${DATABASE_URL:?the URL of an empty database}" "${ARTIFACTS_DIR?an empty folder, or empty with a bucket}"
from=$1
[[ -f $from/database.dump && -f $from/artifacts.sha256 ]] || die "$from is no backup"
tables=$(psql "$DATABASE_URL" -qXAt -v ON_ERROR_STOP=1 -c "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'")
[[ $tables == 0 ]] || die "the database holds $tables tables; restore into an empty one"

if [[ -n $ARTIFACTS_DIR ]]; then
  mkdir -p "$ARTIFACTS_DIR"
  [[ -z $(ls -A "$ARTIFACTS_DIR") ]] || die "$ARTIFACTS_DIR is not empty"
  if [[ -s $from/artifacts.sha256 ]]; then
    (cd "$from/artifacts" && sha256sum --quiet -c ../artifacts.sha256) >&2 || die "the backup is damaged; nothing was restored"
    cp -R --reflink=auto --preserve=timestamps "$from/artifacts/." "$ARTIFACTS_DIR"
    [[ $(id -u) != 0 ]] || chown -R --reference="$ARTIFACTS_DIR" "$ARTIFACTS_DIR"
    sync -f "$ARTIFACTS_DIR"
  fi
fi
pg_restore --exit-on-error --single-transaction -d "$DATABASE_URL" "${@:2}" "$from/database.dump"
echo "restored $(wc -l <"$from/artifacts.sha256") files and the rows; now: api-server fsck"
