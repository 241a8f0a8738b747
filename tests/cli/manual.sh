#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Manual pages and --help: they are there, they are well formed, they name every option, and what they
# give as examples runs.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

man=$build/man
sources=$cli/../../docs/man

commands()
{
	urbscope --help | sed -n 's/^  \([a-z]*\) .*/\1/p'
}

# page FILE: leaves in $tmp/page what a reader sees, without what makes it bold.
page()
{
	mandoc -T ascii "$1" | sed 's/.\x08//g' >"$tmp/page"
}

# page_of COMMAND: the file.
page_of()
{
	[ "$1" = top ] && echo "$man/urbtop.1" || echo "$man/urbscope-$1.1"
}

each_command_has_a_page()
{
	local command
	[ "$(commands | wc -l)" -ge 9 ] || return 1
	for command in $(commands); do
		[ -s "$man/urbscope-$command.1" ] || {
			echo "no page for $command"
			return 1
		}
		page "$man/urbscope.1"
		grep -q "^ *urbscope-$command(1)" "$tmp/page" || {
			echo "urbscope(1) does not name urbscope-$command(1)"
			return 1
		}
	done
	grep -qx '\.so man1/urbtop\.1' "$man/urbscope-top.1"
}

# argp's own help is the witness: it is not made by what makes the pages. Texts stand further right.
each_option_is_in_its_page()
{
	local command
	for command in $(commands); do
		urbscope "$command" --help | grep -oE '^ {2,6}(-., )?--[a-z0-9-]+' | grep -oE -- '--.*' | sort \
			>"$tmp/wanted"
		[ -s "$tmp/wanted" ] || return 1
		page "$(page_of "$command")"
		sed -n '/^OPTIONS$/,/^EXIT STATUS$/p' "$tmp/page" | grep -oE '^ {7}(-., )?--[a-z0-9-]+' | grep -oE -- '--.*' | sort | diff "$tmp/wanted" - || {
			echo "... of $command"
			return 1
		}
	done
}

pages_have_their_sections()
{
	local command section
	for command in $(commands); do
		page "$(page_of "$command")"
		for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
			grep -qx "$section" "$tmp/page" || {
				echo "$command has no $section"
				return 1
			}
		done
	done
}

pages_are_well_formed()
{
	local file
	for file in "$man"/*.[17]; do
		[ "$file" != "$man/urbscope-top.1" ] || continue
		# scdoc begins paragraphs that it has nothing for; whether its lines are long is no matter
		mandoc -T lint "$file" | grep -vE 'skipping paragraph macro: PP|line longer than 80|lower case' &&
			return 1
		! grep -q '@' "$file" || {
			grep -n '@' "$file"
			return 1
		}
	done
}

references_are_there()
{
	local reference
	cat "$man"/*.[17] | sed 's/\\f[A-Z]//g; s/\\-/-/g' | grep -oE 'urb(scope|top)[a-z-]*\([17]\)' | sort -u \
		>"$tmp/references"
	[ "$(wc -l <"$tmp/references")" -ge 10 ] || return 1
	while read -r reference; do
		[ -s "$man/${reference%(*}.${reference: -2:1}" ] || {
			echo "no page $reference"
			return 1
		}
	done <"$tmp/references"
}

help_fits_the_screen()
{
	local command
	for command in $(commands); do
		urbscope "$command" --help >"$tmp/help"
		grep -qx EXAMPLES "$tmp/help" && grep -qx 'EXIT STATUS' "$tmp/help" || {
			echo "$command --help lacks examples or exit status"
			return 1
		}
		# argp breaks lines that are too long, those of tables, too
		awk -v command="$command" '
			/^[A-Z ]+$/ { on = 1; next }
			/^$/ { on = 0 }
			length > 79 || (on && !/^  /) { print command ": " $0; bad = 1 }
			END { exit bad }' "$tmp/help" || return 1
	done
}

# --- examples ----------------------------------------------------------------------------------

# What --help and the pages give, a line each. A remark stands behind five blanks.
examples()
{
	local command
	for command in $(commands); do
		urbscope "$command" --help | sed -n '/^EXAMPLES$/,/^[A-Z ]*$/p; /^EXAMPLES$/,/^$/p' | sed -n 's/^  //p'
	done
	awk '/^# / { on = $0 == "# EXAMPLES" } /^```$/ { inside = !inside; next } on && inside' "$sources"/*.scd
}

# What the examples name.
make_files()
{
	mkdir -p "$tmp/files" "$tmp/shims" && cd "$tmp/files" || return 1
	local name
	# a millisecond each: longer than any part that is taken
	mkqueue in 8 15000 >run.urb
	for name in before after before1 before2 before3 after1 after2 after3 host board; do
		ln run.urb $name.urb
	done
	urbscope export run.urb -o capture.pcapng || return 1
	for name in bug good new; do
		ln capture.pcapng $name.pcapng
	done
	gzip -c capture.pcapng >capture.pcapng.gz
	mktext 0 4 200 >mail-with-a-usbmon-log.txt
	printf -- '- endpoint: "*/in"\n  min-transfers: 1\n' >queue.yaml
	# a board that has a recording, and otherwise does what it is told
	cat >"$tmp/shims/ssh" <<-'END'
		#!/bin/sh
		shift
		case "$*" in *record*) cat board.urb ;; *) "$@" ;; esac
	END
	printf '#!/bin/sh\nexec "$@"\n' >"$tmp/shims/sudo"
	chmod +x "$tmp/shims"/*
	chmod 755 "$tmp" "$tmp/files" "$tmp/shims"
}

# Who may watch nothing: what is live ends before anything is watched, or run.
as_nobody=()
[ "$(id -u)" != 0 ] ||
	as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all)

# Is what an example says done to the running kernel?
is_live()
{
	case $1 in
	*' -- '* | *' -t '* | *record* | *doctor* | *list* | 'urbtop' | 'urbtop -s'* | 'urbtop --batch --seconds 5' | 'urbscope serve'*) ;;
	*) return 1 ;;
	esac
	[[ $1 != ssh* ]]
}

# Usage errors begin with the name of the command ("urbscope report: "), others with "urbscope: ".
is_no_usage_error()
{
	! grep -qE '^(urbscope [a-z]+|urbtop): ' "$tmp/err"
}

run_example()
{
	local example=$1
	if is_live "$example"; then
		run "${as_nobody[@]}" bash -c "PATH=$tmp/shims:\$PATH; $example"
		is_no_usage_error && [[ $status == [012] ]]
	elif [[ $example == *urbtop* && $example != *--json* && $example != *--batch* ]]; then
		# it wants a screen, and looks for one first
		run bash -c "PATH=$tmp/shims:\$PATH; $example"
		grep -q '^urbscope: no terminal' "$tmp/err"
	else
		run bash -o pipefail -c "PATH=$tmp/shims:\$PATH; $example"
		[[ $status == 0 || ($example == *check* && $status == [13]) || ($example == *diff* && $status == [13]) ]] &&
			is_no_usage_error
	fi
}

examples_run()
{
	local example n=0 read=0
	make_files || return 1
	examples | sed 's/      *.*//' | sort -u >"$tmp/examples"
	while read -r example; do
		# a shell that it is not
		[[ $example != *fish* ]] || continue
		n=$((n + 1))
		is_live "$example" || read=$((read + 1))
		run_example "$example" </dev/null || {
			echo "ended with status $status: $example"
			cat "$tmp/err"
			return 1
		}
	done <"$tmp/examples"
	echo "$n examples, $read of them read recordings"
	[ $n -ge 40 ] && [ $read -ge 20 ]
}

# --- installing --------------------------------------------------------------------------------

installs_all_and_takes_it_away()
{
	local root=$tmp/root
	cd "$cli/../.." || return 1
	make --no-print-directory B="$build" DESTDIR="$root" PREFIX=/usr install >"$tmp/made" 2>&1 || {
		cat "$tmp/made"
		return 1
	}
	[ -x "$root/usr/bin/urbscope" ] && [ "$root/usr/bin/urbtop" -ef "$root/usr/bin/urbscope" ] || return 1
	(cd "$man" && ls ./*.1) | sort >"$tmp/wanted"
	(cd "$root/usr/share/man/man1" && ls ./*) | sort | diff "$tmp/wanted" - &&
		[ -s "$root/usr/share/man/man7/urbscope-selectors.7" ] &&
		[ -s "$root/usr/share/bash-completion/completions/urbtop" ] &&
		[ -s "$root/usr/share/zsh/site-functions/_urbscope" ] &&
		[ -s "$root/usr/share/fish/vendor_completions.d/urbtop.fish" ] || return 1
	make --no-print-directory B="$build" DESTDIR="$root" PREFIX=/usr uninstall >"$tmp/made" 2>&1
	[ -z "$(find "$root" ! -type d)" ] || {
		find "$root" ! -type d
		return 1
	}
}

if [ ! -d "$man" ]; then
	echo "no manual pages: make man" >&2
	exit 2
fi
ok each-command-has-a-page each_command_has_a_page
ok each-option-is-in-its-page each_option_is_in_its_page
ok pages-have-their-sections pages_have_their_sections
ok pages-are-well-formed pages_are_well_formed
ok references-are-there references_are_there
ok help-fits-the-screen help_fits_the_screen
ok examples-run examples_run
ok installs-all-and-takes-it-away installs_all_and_takes_it_away
finish
