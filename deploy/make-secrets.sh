#!/usr/bin/env bash
# Makes the secrets that deploy/compose.yaml reads, once: random passwords in deploy/secrets/, which git and images leave out. Each file is
# readable for the user of its container, the folder for you alone. What is there already stays: remove a file to have a new one made.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
mkdir -p secrets && chmod 700 secrets

# Writes a secret unless it is there: name, content.
put() {
  [[ ! -e secrets/$1 ]] || return 0
  (umask 077 && printf '%s' "$2" >"secrets/$1")
  chmod 444 "secrets/$1"
  echo "made secrets/$1"
}
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

for role in postgres migrator api worker redis grafana; do put "${role}_password" "$(random)"; done
for role in migrator api worker; do
  put "database_url_$role" "postgres://mlts_$role:$(<"secrets/${role}_password")@postgres:5432/mltraining"
done
put redis.conf "requirepass $(<secrets/redis_password)
save \"\"
"
put redis_url "redis://:$(<secrets/redis_password)@redis:6379/0"
