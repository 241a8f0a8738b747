# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Ports of this machine, for those who source this.

# free_ports [N]: N of them, one unless told; nobody listens there now
free_ports()
{
	local port found=()
	while [ ${#found[@]} -lt "${1:-1}" ]; do
		port=$((20000 + RANDOM % 10000))
		case " ${found[*]} " in *" $port "*) continue ;; esac
		(: <>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || found+=("$port")
	done
	echo "${found[@]}"
}
