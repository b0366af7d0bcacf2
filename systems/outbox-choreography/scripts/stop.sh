#!/bin/sh
# Stops what start.sh has started and removes its embedded data, so that the next start begins anew; --keep leaves the
# data. Databases and queues on servers stay as they are.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../../.." && pwd)
run=${MAKEGOOD_RUN:-$root/.data}
pid_file=$run/outbox-choreography.pid
# It ends by itself within ten.
waits_s=15

if [ ! -f "$pid_file" ]; then
  echo 'It does not run.'
  exit 0
fi

pid=$(cat "$pid_file")
# Another process may have the number by now.
if ps -p "$pid" -o args= 2>/dev/null | grep -q 'outbox-choreography'; then
  kill -TERM "$pid"
  waited_s=0
  while kill -0 "$pid" 2>/dev/null; do
    if [ "$waited_s" -ge "$waits_s" ]; then
      echo "Process $pid has not stopped after $waits_s s." >&2
      exit 1
    fi
    sleep 1
    waited_s=$((waited_s + 1))
  done
fi
rm -f "$pid_file" "$run/outbox-choreography.out"
[ "${1:-}" = --keep ] || rm -rf "$run/outbox-choreography"
echo 'It has stopped.'
