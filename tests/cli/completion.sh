#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Completions, in the shells that they are for: what each proposes at the end of a line.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

scripts=$build/completions
mkdir "$tmp/here" "$tmp/bin" && cd "$tmp/here" || exit 2
touch run.urb 'two words.pcapng'
mkdir folder

# There is no USB on most machines of tests: this one has some. What else is asked gets the real one.
cat >"$tmp/bin/urbscope" <<END
#!/bin/sh
case "\$*" in
"list --selectors") printf '%s\t%s\n' 17e9:6006 Dock 17e9:6007 'Dock: 2' 1-1.2 'Dock' driver=uas all 1-1.2/0x81 'bulk-in' ;;
*) exec $build/urbscope "\$@" ;;
esac
END
# One that the command behind "--" can be.
printf '#!/bin/sh\n' >"$tmp/bin/frobnicate-usb"
chmod +x "$tmp/bin/urbscope" "$tmp/bin/frobnicate-usb"
PATH=$tmp/bin:$PATH

# --- how each shell is asked: a candidate a line ------------------------------------------------

# bash parts the line at its own breaks; what it would put there is the proposal behind them.
ask_bash()
{
	bash --norc --noprofile -c '
		compopt() { :; }
		source "$1"
		COMP_LINE=$2 COMP_POINT=${#2}
		at=${2##*[[:blank:]]}
		read -ra COMP_WORDS <<<"${2%"$at"}"
		COMP_WORDS+=("$at") COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_urbscope
		printf "%s\n" "${COMPREPLY[@]}"' bash "$scripts/urbscope.bash" "$1" </dev/null 2>"$tmp/err"
}

ask_fish()
{
	HOME=$tmp XDG_DATA_HOME=$tmp/fish fish --no-config -c \
		'source $argv[1]; complete -C $argv[2]' "$scripts/urbscope.fish" "$1" </dev/null 2>"$tmp/err"
}

# A zsh in a terminal of its own. What compadd adds to the list is written to a file.
ask_zsh()
{
	: >"$tmp/proposed"
	HOME=$tmp PROPOSED=$tmp/proposed zsh -f "$tmp/ask.zsh" "$1" "$tmp/setup.zsh" </dev/null 2>"$tmp/err" &&
		sort -u "$tmp/proposed"
}

mkdir "$tmp/functions"
cp "$scripts/urbscope.zsh" "$tmp/functions/_urbscope"
cat >"$tmp/setup.zsh" <<END
PS1= PS2= fpath=($tmp/functions \$fpath)
autoload -Uz compinit
compinit -d $tmp/zcompdump -u
bindkey -e
bindkey '^I' complete-word
END
cat >>"$tmp/setup.zsh" <<'END'
compadd()
{
	local -a hits
	local hit
	# these ask what would be added
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	builtin compadd -A hits "$@"
	# and that is what they are for
	(( $@[(I)-d] )) && print -rl -- "${(@P)@[$@[(i)-d]+1]}" >>$PROPOSED.described
	for hit in $hits; do
		print -r -- "$hit"
	done >>$PROPOSED
	builtin compadd "$@"
}
done-line()
{
	print -r -- 'COMPLE''TED'
}
comppostfuncs=(done-line)
print -r -- 'REA''DY'
END
cat >"$tmp/ask.zsh" <<'END'
zmodload zsh/zpty
await()
{
	local said got=
	until [[ $got == *$1* ]]; do
		zpty -r asked said || return 1
		got+=$said
	done
}
zpty asked zsh -f -i
zpty -w asked "source $2"
await READY && zpty -w -n asked "$1"$'\t' && await COMPLETED
zpty -d asked
END

# --- what is asked ------------------------------------------------------------------------------

# proposes SHELL LINE: into $tmp/proposed.$shell: words, without what they are for
proposes()
{
	"ask_$1" "$2" | sed 's/\t.*//' >"$tmp/words"
	[ ! -s "$tmp/err" ] || {
		echo "$1 said of '$2':"
		cat "$tmp/err"
		return 1
	}
}

# all SHELL LINE WORD...: each of these is proposed, and nothing else.
all()
{
	local shell=$1 line=$2
	shift 2
	proposes "$shell" "$line" || return 1
	sort -u "$tmp/words" | grep . >"$tmp/got"
	[ $# = 0 ] || printf '%s\n' "$@" | sort -u | diff - "$tmp/got" >"$tmp/differs" || {
		echo "$shell, '$line':"
		cat "$tmp/differs"
		return 1
	}
	[ $# != 0 ] || [ ! -s "$tmp/got" ] || {
		echo "$shell, '$line': proposes"
		cat "$tmp/got"
		return 1
	}
}

# some SHELL LINE WORD...: these are among them.
some()
{
	local shell=$1 line=$2 word
	shift 2
	proposes "$shell" "$line" || return 1
	for word in "$@"; do
		grep -qxF -- "$word" "$tmp/words" || {
			echo "$shell, '$line': $word is not proposed, but"
			cat "$tmp/words"
			return 1
		}
	done
}

# never SHELL LINE WORD
never()
{
	proposes "$1" "$2" || return 1
	! grep -qxF -- "$3" "$tmp/words" || {
		echo "$1, '$2': $3 is proposed"
		return 1
	}
}

names()
{
	urbscope --help | sed -n 's/^  \([a-z]*\) .*/\1/p'
}

subcommands()
{
	# shellcheck disable=SC2046 # words
	some "$1" 'urbscope ' $(names) && all "$1" 'urbscope rec' record && never "$1" 'urbscope ' run.urb
}

# argp's own help is the witness.
options()
{
	local shell=$1 command
	for command in $(names); do
		urbscope "$command" --help | grep -oE '^ {2,6}(-., )?--[a-z0-9-]+' | grep -oE -- '--.*' | sort \
			>"$tmp/wanted"
		[ -s "$tmp/wanted" ] || return 1
		proposes "$shell" "urbscope $command --" || return 1
		grep -oE '^--[a-z0-9-]+' "$tmp/words" | sort -u | diff "$tmp/wanted" - || {
			echo "... by $shell, of $command"
			return 1
		}
	done
	some "$shell" 'urbtop --spe' "--speed${2-}" && never "$shell" 'urbtop --' "--junit${2-}"
}

# The values that a set is made of; and of the next option, once one has its value.
values()
{
	all "$1" 'urbscope report --source ' auto bpf kprobe usbmon usbmon-text &&
		all "$1" 'urbtop --level f' full &&
		all "$1" 'urbscope export -T pc' pcapng &&
		all "$1" 'urbscope export --of tr' transfers &&
		all "$1" 'urbscope completion ' bash fish zsh &&
		some "$1" 'urbscope report --source bpf ' run.urb
}

selectors()
{
	all "$1" 'urbtop -s 1-1' 1-1.2 1-1.2/0x81 &&
		all "$1" 'urbscope record --select dri' driver=uas &&
		some "$1" 'urbscope check -e ' 17e9:6006 1-1.2
}

files()
{
	some "$1" 'urbscope report ru' run.urb &&
		some "$1" 'urbscope diff run.urb ru' run.urb &&
		some "$1" 'urbtop ru' run.urb &&
		some "$1" 'urbscope check -f ru' run.urb &&
		some "$1" 'urbscope record -o ru' run.urb &&
		never "$1" 'urbscope report -t ru' run.urb
}

wrapped()
{
	some "$1" 'urbscope report -- frobnic' frobnicate-usb &&
		some "$1" 'urbscope record -o x -- frobnicate-usb ru' run.urb &&
		never "$1" 'urbscope report -- frobnicate-usb --js' "--json"
}

# A machine without USB, or one where urbscope is not to be found: nothing is proposed, and nothing is said.
silent()
{
	printf '#!/bin/sh\necho "urbscope: no USB" >&2\nexit 2\n' >"$tmp/bin/urbscope"
	all "$1" 'urbtop -s ' && all "$1" 'urbscope nosuch --x' || return 1
	rm "$tmp/bin/urbscope"
	PATH=${PATH//"$build:"/} all "$1" 'urbtop -s '
}

# What completes --select: each once, and all of them are selectors. The devices are umockdev's.
device()
{
	cat <<END
P: /devices/pci0000:00/0000:00:14.0/usb1/1-$1
N: bus/usb/001/00$1
E: DEVTYPE=usb_device
E: SUBSYSTEM=usb
E: DEVNAME=/dev/bus/usb/001/00$1
E: MAJOR=189
E: MINOR=$1
A: busnum=1\\n
A: devnum=$1\\n
A: idVendor=17e9\\n
A: idProduct=600$2\\n
A: speed=480\\n
A: product=Dock $1\\n
A: ep_00/bEndpointAddress=00\\n
A: ep_00/bmAttributes=00\\n
A: ep_00/wMaxPacketSize=0040\\n

END
}

selectors_of_a_machine()
{
	local selector
	{ device 1 6 && device 2 6 && device 3 7; } >"$tmp/devices"
	run umockdev-run -d "$tmp/devices" -- "$build/urbscope" list --selectors
	wants 0 && cut -f1 "$tmp/out" | sort | diff - <(printf '%s\n' 17e9:6006 17e9:6007 1-{1,2,3}{,/0x00} | sort) &&
		grep -qx $'1-2\t17e9:6006 Dock 2' "$tmp/out" || return 1
	cut -f1 "$tmp/out" >"$tmp/selectors"
	mkstream 7 50 >"$tmp/run.urb"
	while read -r selector; do
		run "$build/urbscope" report -s "$selector" "$tmp/run.urb"
		wants 0 || return 1
	done <"$tmp/selectors"
	fails 'two forms' "$build/urbscope" list --json --selectors
}

# Only bash parts words at ':' and '='.
bash_breaks()
{
	all bash 'urbtop -s 17e9:60' 6006 6007 &&
		all bash 'urbscope report --source=us' usbmon usbmon-text &&
		all bash 'urbscope check -e x --model=bulk-in' bulk-in-queue:depth= &&
		some bash 'urbscope report --select=driver=u' uas
}

fish_describes()
{
	ask_fish 'urbscope report --jso' | grep -qxe $'--json\tAs JSON (schema urbscope.report/1)' &&
		ask_fish 'urbtop -s 17e9:6006' | grep -qx $'17e9:6006\tDock' &&
		ask_fish 'urbscope li' | grep -q $'^list\tdevices and endpoints'
}

zsh_describes()
{
	ask_zsh 'urbscope report --jso' >"$tmp/words"
	grep -q -e '--json.*As JSON (schema urbscope.report/1)' "$tmp/proposed.described" || return 1
	ask_zsh 'urbtop -s 17e9:6007' >"$tmp/words"
	grep -q '17e9:6007.*Dock: 2' "$tmp/proposed.described" || return 1
	ask_zsh 'urbscope li' >"$tmp/words"
	grep -q 'list.*devices and endpoints' "$tmp/proposed.described"
}

each()
{
	local shell=$1 name
	command -v "$shell" >/dev/null || {
		for name in subcommands options values selectors files wrapped; do
			skip "$shell-completes-$name" "no $shell here"
		done
		skip "$shell-is-silent-without-usb" "no $shell here"
		return
	}
	cp "$tmp/bin/urbscope" "$tmp/with-usb"
	for name in subcommands options values selectors files wrapped; do
		ok "$shell-completes-$name" "$name" "$shell" "${@:2}"
	done
	ok "$shell-is-silent-without-usb" silent "$shell"
	cp "$tmp/with-usb" "$tmp/bin/urbscope"
}

if [ ! -d "$scripts" ]; then
	echo "no completions: make completions" >&2
	exit 2
fi
each bash =
ok bash-parts-words-at-colons bash_breaks
each zsh
each fish
if command -v umockdev-run >/dev/null; then
	ok selectors-are-told-once selectors_of_a_machine
else
	skip selectors-are-told-once "no umockdev here"
fi
! command -v fish >/dev/null || ok fish-tells-what-they-are fish_describes
! command -v zsh >/dev/null || ok zsh-tells-what-they-are zsh_describes
finish
