# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154
# private-apt.sh: Debian packages of any suite, by apt, in a state and cache of their own: the
# machine's lists, pins and installed packages neither matter nor change.
#
# Who sources it has `die`, an empty folder in `tmp`, the suite in `suite` and, if it is not amd64, Debian's
# name of the architecture in `arch`; then calls private_update once, and what else it needs. Each function
# dies with a reason if it fails.
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

private_apt()
{
	local tool=$1
	shift
	"$tool" -q=2 -o Dir::State="$tmp/state" -o Dir::Cache="$tmp/cache" \
		-o Dir::State::status="$tmp/state/status" -o APT::Sandbox::User=root \
		-o APT::Architecture="${arch:-amd64}" -o APT::Architectures="${arch:-amd64}" \
		-o Dir::Etc::SourceList="$tmp/sources.list" -o Dir::Etc::SourceParts="$tmp/none" \
		-o Dir::Etc::Preferences="$tmp/none" -o Dir::Etc::PreferencesParts="$tmp/none" \
		-o APT::Default-Release= -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# One "URI SUITE" a line for each Debian index of main that the machine is configured with.
configured()
{
	# shellcheck disable=SC2016 # apt's own placeholders
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 2>/dev/null | awk '$3 == "main" { print $1, $2 }' | sort -u
}

# The private sources: the machine's own entries for the suite with its updates and security,
# else the suite from the mirror of the machine's own suite.
write_sources()
{
	local trust='' own mirror codename
	[ -r $keyring ] && trust="[signed-by=$keyring] "
	own=$(configured | awk -v s="$suite" \
		'$2 == s || $2 == s "-updates" || $2 == s "-security" { print $1, $2 }')
	if [ -z "$own" ]; then
		codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
		mirror=$(configured | awk -v s="$codename" '$2 == s { print $1; exit }')
		[ -n "$mirror" ] || die "no Debian mirror for $codename among the apt sources;" \
			"add one to /etc/apt and run apt-get update"
		own="$mirror $suite"
	fi
	echo "$own" | sed "s|^|deb $trust|; s|\$| main|" >"$tmp/sources.list"
}

private_update()
{
	mkdir -p "$tmp/state/lists/partial" "$tmp/cache/archives/partial" "$tmp/none" "$tmp/debs"
	: >"$tmp/state/status"
	write_sources
	private_apt apt-get update >"$tmp/log" 2>&1 ||
		die "apt-get update for $suite failed: $(grep -m1 '^[EW]:' "$tmp/log" ||
			echo 'no message'); check the network and /etc/apt"
}

# private_depends PACKAGE...: their names and those of all that they need, one a line.
private_depends()
{
	private_apt apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts \
		--no-breaks --no-replaces --no-enhances "$@" 2>/dev/null | grep -E '^[a-z0-9]' | sort -u
}

# private_download PACKAGE...: into $tmp/debs
private_download()
{
	(cd "$tmp/debs" && private_apt apt-get download "$@" >"$tmp/log" 2>&1) ||
		die "apt-get download of $* failed: $(grep -m1 '^[EW]:' "$tmp/log" ||
			echo 'no message'); try again"
}

# private_unpack ROOT: all that was downloaded; the packages go.
private_unpack()
{
	local deb
	mkdir -p "$1"
	for deb in "$tmp"/debs/*.deb; do
		dpkg-deb -x "$deb" "$1" || die "cannot unpack ${deb##*/}; free some disk space"
		rm "$deb"
	done
}
