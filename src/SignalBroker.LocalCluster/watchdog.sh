#!/bin/sh
# Ends what one LocalCluster started and removes its data, as soon as LocalCluster closes our standard input:
# at its orderly end, and just as well when it crashes or is killed.
# usage: watchdog.sh <data folder> <log>
data=$1
exec >>"$2" 2>&1
trap '' HUP INT TERM

# Reads /proc/<id>/stat into $state, $parent and $started; false when there is no such process.
inspect() {
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  # shellcheck disable=SC2086 # the fields after the process's name
  set -- ${stat##*) }
  state=$1 parent=$2 started=${20}
  [ "$state" != Z ]
}

# A process id may be used again; together with the start time it names one process for good.
is_alive() { inspect "$1" && [ "$started" = "$2" ]; }

# Prints "<id> <start time>" for a process and everything below it.
tree() {
  inspect "$1" || return 0
  echo "$1 $started"
  for folder in /proc/[0-9]*; do
    inspect "${folder#/proc/}" && [ "$parent" = "$1" ] && tree "${folder#/proc/}"
  done
}

any_alive() {
  while read -r id begun; do
    is_alive "$id" "$begun" && return 0
  done <"$data/ending"
  return 1
}

while read -r _; do :; done

touch "$data/processes"
while read -r id begun signal; do
  is_alive "$id" "$begun" && tree "$id"
done <"$data/processes" >"$data/ending"

# A paused process would not hear the others.
while read -r id begun; do
  is_alive "$id" "$begun" && kill -CONT "$id"
done <"$data/ending"
while read -r id begun signal; do
  is_alive "$id" "$begun" && kill "-$signal" "$id"
done <"$data/processes"

for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
  any_alive || break
  sleep 0.2
done
while read -r id begun; do
  is_alive "$id" "$begun" && kill -KILL "$id"
done <"$data/ending"

# A killed PostgreSQL leaves its shared memory segment behind; line 7 of the file says which.
if [ -f "$data/postgres/data/postmaster.pid" ]; then
  segment=$(sed -n 7p "$data/postgres/data/postmaster.pid")
  [ -z "$segment" ] || ipcrm -m "${segment##* }"
fi

rm -rf "$data"
