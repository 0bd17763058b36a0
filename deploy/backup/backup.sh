#!/usr/bin/env bash
# Backs up the rows and the files of the service as one consistent pair, while it runs.
#
#   DATABASE_URL=postgres://.. ARTIFACTS_DIR=/var/lib/mltraining/artifacts deploy/backup/backup.sh FOLDER
#
# makes FOLDER/mltraining-TIME/ with
#   database.dump     pg_dump -Fc of the whole database, the tables of sources included
#   artifacts/        the files of committed results
#   artifacts.sha256  what each of them is, by its row; `sha256sum -c` in artifacts/ reads it
# and prints that folder. DATABASE_URL is that of a role that may read all tables (a superuser, or a member of pg_read_all_data),
# best without its password: PGPASSWORD or ~/.pgpass gives it where no list of processes shows it.
# Other arguments go to pg_dump, e.g. --exclude-table-data=coin_metrics for sources that are kept elsewhere.
#
# Rows first, then files. A file is stored before the row that names it, is never overwritten, and goes before its row does: each file that a
# row of the dump names was there when the dump's snapshot was taken, and a copy that begins later finds it. The other way round every result
# that was committed between the copy and the dump would lack its files. What retention removes between the two is missing in the copy;
# its rows are looked up once more, and only a file whose row is still there is an error.
#
# With a bucket (artifacts.s3) only the rows are backed up here: ARTIFACTS_DIR='' says so. Turn on versioning in the bucket, with a time that
# is longer than the age of the oldest backup.
set -euo pipefail

die() { echo "backup: $*" >&2; exit 1; }
[[ $# -ge 1 ]] || die "usage: backup.sh FOLDER [ARGUMENTS OF pg_dump]"
: "${DATABASE_URL:?the URL of the database}" "${ARTIFACTS_DIR?the folder of artifacts.dir, or empty with a bucket}"
into=$1/mltraining-$(date -u +%Y%m%dT%H%M%SZ)
part=$into.part
umask 077
mkdir -p "$1"
mkdir "$part"
sql() { psql "$DATABASE_URL" -qXAt -v ON_ERROR_STOP=1 "$@"; }

# One snapshot for the dump and for the list of files: a session keeps it open until the dump is done.
coproc SNAPSHOT { exec psql "$DATABASE_URL" -qXAt -v ON_ERROR_STOP=1 2>&1; }
trap 'kill "$SNAPSHOT_PID" 2>/dev/null || true' EXIT
# shellcheck disable=SC2153 # the coprocess sets it
asks=${SNAPSHOT[1]} answers=${SNAPSHOT[0]}
echo "begin transaction isolation level repeatable read read only; select pg_export_snapshot();" >&"$asks"
read -r snapshot <&"$answers" || die "Postgres does not answer"
[[ $snapshot =~ ^[0-9A-F-]+$ ]] || die "no snapshot: $snapshot"
pg_dump "$DATABASE_URL" -Fc --snapshot="$snapshot" -f "$part/database.dump" "${@:2}"
sql -c "begin transaction isolation level repeatable read read only" -c "set transaction snapshot '$snapshot'" -c "
  select encode(a.sha256, 'hex') || '  ' || a.storage_key from artifact a join result r on r.id = a.result_id
   where r.state = 'COMMITTED' order by a.storage_key" >"$part/artifacts.sha256"
echo "commit;" >&"$asks"

if [[ -n $ARTIFACTS_DIR ]]; then
  mkdir "$part/artifacts"
  gone=()
  while read -r _ key; do
    mkdir -p "$part/artifacts/${key%/*}"
    cp --reflink=auto --preserve=timestamps "$ARTIFACTS_DIR/$key" "$part/artifacts/$key" 2>/dev/null || gone+=("$key")
  done <"$part/artifacts.sha256"
  for key in "${gone[@]}"; do
    # Keys are of a-z 0-9 . _ - / alone.
    still=$(sql -c "select count(*) from artifact a join result r on r.id = a.result_id where a.storage_key = '$key' and r.state = 'COMMITTED'")
    [[ $still == 0 ]] || die "$key cannot be copied, and its row is there: see api-server fsck"
    echo "backup: removed meanwhile by retention: $key" >&2
    (cd "$part/artifacts" && rmdir -p --ignore-fail-on-non-empty "${key%/*}")
    sed -i "\|  $key\$|d" "$part/artifacts.sha256"
  done
  if [[ -s $part/artifacts.sha256 ]]; then
    (cd "$part/artifacts" && sha256sum --quiet -c ../artifacts.sha256) >&2 || die "copied files are not what their rows say"
  fi
fi
pg_restore -l "$part/database.dump" >/dev/null || die "the dump cannot be read back"
sync -f "$part"
mv "$part" "$into"
echo "$into"
