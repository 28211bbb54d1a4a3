#!/bin/sh
# Ends what one LocalCluster started and removes its data, as soon as LocalCluster closes our standard input:
# at its orderly end, and just as well when it crashes or is killed.
# usage: watchdog.sh <data folder> <log>

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

end_all() {
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

  tries=25
  while any_alive && [ $tries -gt 0 ]; do
    sleep 0.2
    tries=$((tries - 1))
  done
  while read -r id begun; do
    is_alive "$id" "$begun" && kill -KILL "$id"
  done <"$data/ending"
}

# A node that starts while ours ends detaches an epmd of its own. Nobody else's environment names our data.
end_detached() {
  tries=25
  while [ $tries -gt 0 ]; do
    detached=$(grep -lsF "$data/" /proc/[0-9]*/environ) || [ -n "$detached" ] || break
    for file in $detached; do
      id=${file#/proc/}
      kill -KILL "${id%/environ}"
    done
    sleep 0.2
    tries=$((tries - 1))
  done
}

# A killed PostgreSQL leaves its shared memory segment behind; line 7 of its file says which.
remove_shared_memory() {
  [ -f "$data/postgres/data/postmaster.pid" ] || return 0
  segment=$(sed -n 7p "$data/postgres/data/postmaster.pid")
  [ -z "$segment" ] || ipcrm -m "${segment##* }"
}

# One function, so that the shell has read all of this file before it waits.
main() {
  data=$1
  exec >>"$2" 2>&1
  trap '' HUP INT TERM
  while read -r _; do :; done
  end_all
  end_detached
  remove_shared_memory
  rm -rf "$data"
  exit
}

main "$@"
