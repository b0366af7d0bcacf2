#!/bin/sh
# Starts the whole system in the background and waits until it is ready. Options are those of `npm start`: none for
# everything in one process, --servers for the PostgreSQL and the RabbitMQ that the environment names, --port-offset N.
# Data, output and the process id are kept in .data, or in the folder that MAKEGOOD_RUN names.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
run=${MAKEGOOD_RUN:-$root/.data}
pid_file=$run/outbox-choreography.pid
output=$run/outbox-choreography.out
waits_s=180

if [ -f "$pid_file" ] && kill -0 "$(cat "$pid_file")" 2>/dev/null; then
  echo "It runs already, as process $(cat "$pid_file"): stop it with $(dirname -- "$0")/stop.sh." >&2
  exit 1
fi

mkdir -p "$run"
# What npm starts stops with it; this is to go on.
unset npm_lifecycle_event
node "$root/scripts/start.mjs" outbox-choreography --data "$run/outbox-choreography" "$@" >"$output" 2>&1 </dev/null &
pid=$!
echo "$pid" >"$pid_file"

waited_s=0
until grep -q 'is ready after' "$output"; do
  if ! kill -0 "$pid" 2>/dev/null; then
    cat "$output" >&2
    rm -f "$pid_file" "$output"
    exit 1
  fi
  if [ "$waited_s" -ge "$waits_s" ]; then
    cat "$output" >&2
    echo "It is not ready after $waits_s s, and goes on trying: see $output, or stop it with $(dirname -- "$0")/stop.sh." >&2
    exit 1
  fi
  sleep 1
  waited_s=$((waited_s + 1))
done
cat "$output"
