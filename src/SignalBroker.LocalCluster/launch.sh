#!/bin/sh
# Becomes one part of a cluster, after recording it for the watchdog.
# usage: launch.sh <records> <last signal> <process id of LocalCluster> <log> <command> [argument...]
records=$1 signal=$2 parent=$3 log=$4
shift 4

# The parent and the start time of this process.
describe() {
  read -r stat <"/proc/$$/stat"
  # shellcheck disable=SC2086 # the fields after the process's name
  set -- ${stat##*) }
  echo "$2 ${20}"
}

identity=$(describe)
echo "$$ ${identity#* } $signal" >>"$records" || exit 1

# Only now, after recording: if LocalCluster is still alive here, its watchdog will read the record.
identity=$(describe)
[ "${identity% *}" = "$parent" ] || exit 1

# A session of its own, so that a terminal's Ctrl-C reaches LocalCluster alone.
exec setsid "$@" </dev/null >>"$log" 2>&1
