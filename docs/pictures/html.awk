# SPDX-License-Identifier: GPL-2.0
# html.awk: what `tmux capture-pane -ep` prints, as a page that looks like a terminal:
#
#   awk -f html.awk -v theme=dark SCREEN
#
# theme: dark or light.

function escaped(s)
{
	gsub(/&/, "\\&amp;", s)
	gsub(/</, "\\&lt;", s)
	gsub(/>/, "\\&gt;", s)
	return s
}

# The span that the attributes make.
function opening(   name, front, back, hold)
{
	name = ""
	front = fg
	back = bg
	if (reverse) {
		hold = front == "" ? "fg" : front
		front = back == "" ? "bg" : back
		back = hold
	}
	if (front != "")
		name = name " f-" front
	if (back != "")
		name = name " b-" back
	if (bold)
		name = name " bold"
	if (dim)
		name = name " dim"
	return name == "" ? "" : "<span class=\"" substr(name, 2) "\">"
}

function reset()
{
	fg = bg = ""
	bold = dim = reverse = 0
}

function attribute(n)
{
	if (n == 0)
		reset()
	else if (n == 1)
		bold = 1
	else if (n == 2)
		dim = 1
	else if (n == 7)
		reverse = 1
	else if (n == 22)
		bold = dim = 0
	else if (n == 27)
		reverse = 0
	else if (n == 39)
		fg = ""
	else if (n == 49)
		bg = ""
	else if (n >= 30 && n <= 37)
		fg = n - 30
	else if (n >= 40 && n <= 47)
		bg = n - 40
}

function say(text,   open)
{
	if (text == "")
		return
	open = opening()
	printf "%s%s%s", open, escaped(text), open == "" ? "" : "</span>"
}

# The colours of a theme: front, back, and the eight of ECMA-48.
function colours(list,   color, i)
{
	split(list, color, " ")
	printf ":root { --fg: %s; --bg: %s }\n", color[1], color[2]
	printf ".f-fg { color: var(--fg) } .f-bg { color: var(--bg) } .b-fg { background: var(--fg) }\n"
	for (i = 0; i < 8; i++)
		printf ".f-%d { color: %s } .b-%d { background: %s }\n", i, color[i + 3], i, color[i + 3]
}

BEGIN {
	print "<!doctype html><meta charset=utf-8><style>"
	if (theme == "light")
		colours("#171421 #ffffff #171421 #c01c28 #26a269 #a2734c #12488b #a347ba #2aa1b3 #d0cfcc")
	else
		colours("#d0cfcc #171421 #171421 #d8393d #33d17a #e5c07b #6c9fe0 #c678dd #33c7de #ffffff")
	# a cell of 10 by 19: blocks of neighbours meet
	print "html { background: var(--bg); color: var(--fg) } body { margin: 12px }"
	print "pre { margin: 0; font: 16.61px/19px 'DejaVu Sans Mono', monospace }"
	print "span { display: inline-block; height: 19px } .bold { font-weight: bold } .dim { opacity: .62 }"
	print "</style><pre>"
	reset()
}

{
	line = $0
	while (match(line, /\033\[[0-9;]*m/)) {
		say(substr(line, 1, RSTART - 1))
		n = split(substr(line, RSTART + 2, RLENGTH - 3), list, ";")
		if (!n)
			reset()
		for (i = 1; i <= n; i++)
			attribute(list[i] + 0)
		line = substr(line, RSTART + RLENGTH)
	}
	say(line)
	printf "\n"
}

END { print "</pre>" }
