#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The page of `report --html` in a browser: of one endpoint and of 500, each with a million transfers
# behind it, on a phone and on a desk, light and dark, by keys alone.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/lib.sh"

make_pages()
{
	genload 1 1000000 2 >"$tmp/capture" &&
		urbscope report --html -o "$tmp/1.html" "$tmp/capture" &&
		urbscope report --json -o "$tmp/1.json" "$tmp/capture" &&
		genload 500 1000000 >"$tmp/capture" &&
		urbscope report --html -o "$tmp/500.html" "$tmp/capture" &&
		urbscope report --json -o "$tmp/500.json" "$tmp/capture" || return 1
	rm "$tmp/capture"
}

# A parser that is none of ours agrees that it is XML.
well_formed()
{
	xmllint --noout "$tmp/1.html" && xmllint --noout "$tmp/500.html"
}

# Half a kilobyte an endpoint would say nothing; what is bounded is that it can be mailed.
is_bounded()
{
	local one many
	one=$(stat -c %s "$tmp/1.html") many=$(stat -c %s "$tmp/500.html")
	echo "$one and $many bytes"
	[ "$one" -le 200000 ] && [ "$many" -le 8000000 ]
}

no_complaint()
{
	! grep -E '"Runtime.exceptionThrown"|"level":"(error|warning)"|"type":"(error|warning)"' "$tmp/events"
}

# opens N WIDTH: no error, one request (its own), nothing wider than the screen, in both schemes.
opens()
{
	local scheme
	for scheme in light dark; do
		look "$2" 800 $scheme && open_page "$tmp/$1.html" && no_complaint || return 1
		[ "$(grep -c '"Network.requestWillBeSent"' "$tmp/events")" = 1 ] || {
			grep '"Network.requestWillBeSent"' "$tmp/events"
			return 1
		}
		holds 'document.documentElement.scrollWidth <= innerWidth' || return 1
		holds "matchMedia('(prefers-color-scheme: $scheme)').matches" || return 1
		screenshot "$tmp/$1-$2-$scheme.png" || return 1
	done
	! cmp -s "$tmp/$1-$2-light.png" "$tmp/$1-$2-dark.png"
}

# The page's own policy holds even against a script that got into it.
asks_nobody()
{
	open_page "$tmp/1.html" || return 1
	eval_js "new Promise(done => {
		window.blocked = [];
		document.addEventListener('securitypolicyviolation', e => blocked.push(e.effectiveDirective));
		fetch('http://127.0.0.1:9/').catch(() => 0);
		const image = document.createElement('img');
		image.src = 'http://127.0.0.1:9/x.png';
		document.body.append(image);
		const frame = document.createElement('iframe');
		frame.src = 'http://127.0.0.1:9/';
		document.body.append(frame);
		const script = document.createElement('script');
		script.textContent = 'window.spoke = 1';
		document.body.append(script);
		image.setAttribute('onerror', 'window.spoke = 2');
		setTimeout(() => done('done'), 300);
	})" || return 1
	holds 'window.spoke === undefined' || return 1
	local what
	for what in connect-src img-src frame-src script-src-elem; do
		holds "blocked.includes('$what')" || return 1
	done
}

# Contrast by WCAG 2.1 of all text that is shown, with what is behind it.
contrast="(() => {
	const lum = c => c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
		.map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
		.reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
	const behind = e => {
		for (; e; e = e.parentElement) {
			const c = getComputedStyle(e).backgroundColor;
			if (!/, 0\\)\$/.test(c))
				return c;
		}
		return 'rgb(255, 255, 255)';
	};
	const bad = [];
	for (const e of document.querySelectorAll('body *')) {
		if (e.closest('svg, script') || !e.getClientRects().length)
			continue;
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
			continue;
		const a = lum(getComputedStyle(e).color), b = lum(behind(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5)
			bad.push(e.outerHTML.slice(0, 60) + ' ' + ratio.toFixed(2));
	}
	return bad.length ? bad.slice(0, 5).join(' ; ') : 'true';
})()"

can_be_read()
{
	local scheme
	for scheme in light dark; do
		look 1280 800 $scheme && open_page "$tmp/1.html" && holds "$contrast" || return 1
	done
}

by_keys_alone()
{
	look 1280 800 light && open_page "$tmp/500.html" || return 1
	press Tab && holds "document.activeElement.className === 'skip'" || return 1
	press Enter && becomes "document.activeElement.tagName === 'MAIN'" || return 1
	# a heading sorts, and says so
	eval_js "[...document.querySelectorAll('#all thead button')].find(b => b.textContent === 'SHARE').focus()"
	press Enter || return 1
	holds "document.activeElement.closest('th').getAttribute('aria-sort') === 'descending'" || return 1
	holds "document.querySelector('#all tbody tr').textContent.includes('50.0%')" || return 1
	press Enter || return 1
	holds "document.querySelector('#all tbody tr').textContent.includes('50.0%') === false" || return 1
	# the filter leaves what has all of its words
	eval_js "document.querySelector('#filter').focus()"
	type_text '1:99 sync' || return 1
	holds "[...document.querySelectorAll('#all tbody tr')].filter(r => !r.hidden).length === 1" || return 1
	holds "[...document.querySelectorAll('.ep')].filter(d => !d.hidden).length === 1" || return 1
	holds "document.querySelector('#count').textContent === '1 of 500 endpoints'" || return 1
	# the name of an endpoint leads to it, unfolded
	eval_js "document.querySelector('#all tbody tr:not([hidden]) a').focus()"
	press Enter || return 1
	becomes "document.activeElement.tagName === 'SUMMARY' && document.activeElement.parentNode.open" ||
		return 1
	# its picture is the next stop, and can be read off
	press Tab && holds "document.activeElement.matches('svg.over')" || return 1
	press Home && holds "/^0 ns to /.test(document.querySelector('.plot output').textContent)" || return 1
	local first
	first=$(eval_js "document.querySelector('.plot output').textContent")
	press ArrowRight || return 1
	[ "$first" != "$(eval_js "document.querySelector('.plot output').textContent")" ] || return 1
	press End ArrowRight && holds "/ to 3\\.2\\d* s: /.test(document.querySelector('.plot output').textContent)"
}

# All rows and details of what JSON has, and the same sums.
says_what_json_says()
{
	local n
	for n in 1 500; do
		open_page "$tmp/$n.html" || return 1
		[ "$(eval_js 'document.querySelectorAll("#all tbody tr").length')" = \
			"$(jsonget "$tmp/$n.json" 'endpoints[#]')" ] || return 1
		[ "$(eval_js 'document.querySelectorAll(".ep").length')" = "$n" ] || return 1
		[ "$(eval_js "[...document.querySelectorAll('header dt')].find(
			d => d.textContent === 'Completions').nextSibling.textContent")" = \
			"$(jsonget "$tmp/$n.json" events.complete)" ] || return 1
		[ "$(eval_js "[...document.querySelectorAll('.plot')].reduce((sum, p) => sum +
			p.dataset.bins.split(' ').reduce((s, b) => s + (Number(b.split(',')[5]) || 0), 0), 0)")" = \
			"$(jsonget "$tmp/$n.json" events.complete)" ] || return 1
		[ "$(eval_js "Number(document.querySelector('.plot').dataset.bins.split(' ').reduce(
			(s, b) => s + (Number(b.split(',')[3]) || 0), 0))")" = \
			"$(jsonget "$tmp/$n.json" 'endpoints[0].gaps.total_ns')" ] || return 1
	done
}

# Without the script all is there, if less handy: folds are the browser's own.
works_without_script()
{
	ask Emulation.setScriptExecutionDisabled '{"value":true}' || return 1
	open_page "$tmp/500.html" || return 1
	ask Emulation.setScriptExecutionDisabled '{"value":false}' || return 1
	holds 'document.querySelectorAll("#all tbody tr").length === 500' || return 1
	holds '[...document.querySelectorAll(".tools")].every(t => t.hidden && !t.getClientRects().length)' ||
		return 1
	holds 'document.querySelectorAll("details:not([open])").length >= 500'
}

can_be_printed()
{
	open_page "$tmp/1.html" && ask Emulation.setEmulatedMedia '{"media":"print"}' || return 1
	holds '[...document.querySelectorAll(".tools, .skip")].every(t => !t.getClientRects().length)' || return 1
	holds 'document.querySelector("svg.over").getBoundingClientRect().width > 300' || return 1
	ask Page.printToPDF '{}' && [ "$(answer result.data | base64 -d | head -c 5)" = %PDF- ] || return 1
	ask Emulation.setEmulatedMedia '{"media":""}'
}


if [ -z "$browser" ]; then
	skip page-in-a-browser 'no chromium here'
	finish
fi
# what all points stand on
for needed in make_pages browser_start; do
	if ! $needed >"$tmp/needed" 2>&1; then
		T='' ok "page-$needed" eval 'cat "$tmp/needed"; false'
		finish
	fi
done
if command -v xmllint >/dev/null; then
	ok page-is-xml well_formed
fi
ok page-is-bounded is_bounded
ok page-of-one-on-a-desk opens 1 1280
ok page-of-one-on-a-phone opens 1 390
ok page-of-500-on-a-desk opens 500 1280
ok page-of-500-on-a-phone opens 500 390
ok page-asks-nobody asks_nobody
ok page-has-contrast can_be_read
ok page-by-keys-alone by_keys_alone
ok page-says-what-json-says says_what_json_says
ok page-without-script works_without_script
ok page-in-print can_be_printed
finish
