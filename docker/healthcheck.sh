#!/usr/bin/env bash
# healthcheck.sh PORT PATH: exit 0 when the server of this container answers PATH with status 200. The image has no
# curl; bash itself connects.
set -euo pipefail
port=$1
path=$2
exec 3<>"/dev/tcp/127.0.0.1/$port"
printf 'GET %s HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$path" "$port" >&3
IFS=' ' read -r -t 4 _ status _ <&3
[[ $status == 200 ]]
