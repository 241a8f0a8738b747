#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What the Debian packages are made of agrees with the rest of the tree, and the units are such as
# systemd understands and finds safe. That packages build and run is for `make test-packages`.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

cd "$cli/../.." || exit 2

# make, a compiler and the C library are there wherever Debian packages are built.
needed_to_build()
{
	awk '/^\[/ { on = $0 == "[build]"; next } on && NF && !/^#/ { print $1 }' tests/packages |
		grep -vxE 'make|gcc|libc6-dev'
}

# What is only for tests, or for debhelper's own sake, is not in that list.
build_depends()
{
	awk '/^[^ ]/ { on = /^Build-Depends:/ } on' debian/control | sed 's/^Build-Depends://' |
		tr ',' '\n' | grep -vE '<!nocheck>|debhelper-compat' | awk 'NF { print $1 }'
}

build_dependencies_agree()
{
	diff <(needed_to_build | sort) <(build_depends | sort)
}

# The first entry of the changelog is this version.
version_agrees()
{
	local ours theirs
	ours=$(sed -n 's/^VERSION *:= *//p' Makefile)
	theirs=$(sed -n '1s/.*(\([^)-]*\).*/\1/p' debian/changelog)
	[ -n "$ours" ] && [ "$ours" = "$theirs" ] || {
		echo "Makefile: '$ours', debian/changelog: '$theirs'"
		return 1
	}
}

install_there()
{
	make -s --no-print-directory install B="$build" DESTDIR="$tmp/dest" PREFIX=/usr unitdir=/unit
}

# Each line of debian/*.install names what `make install` has put there, and nothing is left out;
# debian/rules hands the units to debhelper.
every_file_has_its_package()
{
	local file
	install_there || return 1
	(cd "$tmp/dest" && find . -type f | sed 's|^\./||' | sort) >"$tmp/files"
	[ -s "$tmp/files" ] || return 1
	sed 's/[[:space:]].*//' debian/*.install >"$tmp/named"
	while read -r file; do
		compgen -G "$tmp/dest/$file" >/dev/null || {
			echo "debian/*.install names $file, which is not installed"
			return 1
		}
	done <"$tmp/named"
	while read -r file; do
		case $file in
		unit/*) grep -q "cp debian/tmp/$file " debian/rules && continue ;;
		esac
		awk -v file="$file" '$0 == file || index(file, $0 "/") == 1 { found = 1 }
			END { exit !found }' "$tmp/named" || {
			echo "$file is installed, but in no package"
			return 1
		}
	done <"$tmp/files"
}

# That the program is there matters to systemd-analyze: it is this build's.
units()
{
	make -s --no-print-directory install-units DESTDIR="$tmp/units" PREFIX=/usr bindir="$build" \
		unitdir=/
}

# It complains of units of this machine, too.
units_are_understood()
{
	local unit
	units || return 1
	for unit in urbscope-exporter urbscope-record; do
		systemd-analyze verify --man=no "$tmp/units/$unit.service" >"$tmp/verify" 2>&1
		if grep "$unit" "$tmp/verify"; then
			return 1
		fi
	done
}

# In tenths; systemd's own words: up to 2.0 is "OK" with margin, 9.6 what a service is that says nothing.
units_are_confined()
{
	local unit
	units || return 1
	for unit in urbscope-exporter urbscope-record; do
		systemd-analyze security --no-pager --offline=true --threshold=25 \
			"$tmp/units/$unit.service" >"$tmp/security" 2>&1 || {
			tail -n 1 "$tmp/security"
			return 1
		}
	done
}

ok build-dependencies-are-those-of-the-tests build_dependencies_agree
ok package-has-the-version-of-the-program version_agrees
ok every-installed-file-has-its-package every_file_has_its_package
if command -v systemd-analyze >/dev/null; then
	ok systemd-understands-the-units units_are_understood
	ok units-confine-what-they-run units_are_confined
else
	skip systemd-understands-the-units "no systemd-analyze"
	skip units-confine-what-they-run "no systemd-analyze"
fi
finish
