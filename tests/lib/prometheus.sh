# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash source-path=SCRIPTDIR
# A real Prometheus, for those who source this.
. "$(dirname "${BASH_SOURCE[0]}")/ports.sh"

# prometheus_in DIR OPTION...: one of DIR/prometheus.yml, which keeps its data in DIR/data. As soon as it answers
# DIR/url has its address. Its PID is added to pids.
prometheus_in()
{
	local dir=$1 port
	shift
	# another may take the port first
	for _ in 1 2 3; do
		port=$(free_ports)
		prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" \
			--web.listen-address="127.0.0.1:$port" "$@" >"$dir/log" 2>&1 &
		pids+=($!)
		echo "http://127.0.0.1:$port" >"$dir/url"
		while kill -0 $! 2>/dev/null; do
			curl -sfo "$dir/ready" "$(<"$dir/url")/-/ready" && return
			sleep 0.2
		done
	done
	tail -n 3 "$dir/log" >&2
	return 1
}
