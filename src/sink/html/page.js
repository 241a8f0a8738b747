/*<![CDATA[*/
// What the page can do besides: sort, show only some, unfold, and read a picture off, by pointer or keys.
'use strict';
(function () {
	const all = (what, within) => Array.from((within || document).querySelectorAll(what));
	const one = (what, within) => (within || document).querySelector(what);

	// "1.09ms", "37.1%", "<0.1%", "8.39k", "EPIPE x3": what it counts, whatever its unit; -1: nothing.
	const units = {
		ns: 1, us: 1e3, ms: 1e6, s: 1e9, min: 6e10, h: 3.6e12, d: 8.64e13, k: 1e3, M: 1e6, G: 1e9, T: 1e12
	};
	function valueOf(text) {
		const m = /([<>]?)\s*([0-9.]+)\s*([a-zA-Z]*)/.exec(text.replace(/^[A-Z]+ x/, ''));
		return m ? m[2] * (units[m[3]] || 1) + (m[1] === '<' ? -1e-6 : m[1] === '>' ? 1e-6 : 0) : -1;
	}

	function sortBy(table, index, falling) {
		const body = table.tBodies[0], rows = Array.from(body.rows);
		const numeric = rows.some(r => r.cells[index].classList.contains('n'));
		const shade = c => one('svg', c) ? valueOf((one('svg', c).getAttribute('aria-label')
			.match(/gaps (\S+)/) || ['', '0'])[1]) : null;
		const key = r => {
			const c = r.cells[index], s = shade(c);
			return s !== null ? s : numeric ? valueOf(c.textContent) : c.textContent;
		};
		// a stream stays below its endpoint
		const blocks = [];
		rows.forEach(r => r.className === 'stream' ? blocks[blocks.length - 1].push(r) : blocks.push([r]));
		const sign = falling ? -1 : 1;
		blocks.map(b => [key(b[0]), b])
			.sort((a, b) => sign * (a[0] > b[0] ? 1 : a[0] < b[0] ? -1 : 0))
			.forEach(b => body.append(...b[1]));
	}

	function makeSortable(table) {
		all('thead th', table).forEach((th, index) => {
			const title = one('span', th), button = document.createElement('button');
			button.type = 'button';
			button.textContent = title.textContent;
			title.replaceWith(button);
			button.addEventListener('click', () => {
				const falling = th.getAttribute('aria-sort') !== 'descending';
				all('th[aria-sort]', table).forEach(o => o.removeAttribute('aria-sort'));
				th.setAttribute('aria-sort', falling ? 'descending' : 'ascending');
				sortBy(table, index, falling);
			});
		});
	}

	function makeFilter(table) {
		const input = one('#filter'), count = one('#count'), rows = Array.from(table.tBodies[0].rows);
		const folds = all('.ep').map(d => [d, one('.in', d).id]);
		const said = rows.map(r => r.textContent.toLowerCase());
		function apply() {
			const words = input.value.toLowerCase().split(/\s+/).filter(w => w), shown = new Set();
			rows.forEach((r, i) => {
				r.hidden = !words.every(w => said[i].includes(w));
				if (!r.hidden)
					shown.add(one('a', r).hash.slice(1));
			});
			folds.forEach(([d, id]) => { d.hidden = !shown.has(id); });
			count.textContent = words.length ? shown.size + ' of ' + folds.length + ' endpoints' : '';
		}
		input.addEventListener('input', apply);
	}

	function time(ns) {
		const steps = [[1e9, ' s'], [1e6, ' ms'], [1e3, ' us'], [1, ' ns']];
		const [unit, name] = steps.find(s => ns >= s[0]) || steps[3];
		return Number((ns / unit).toPrecision(4)) + name;
	}

	// A bin in words. Fields: html_chart.c, put_data().
	function words(plot, i, bins) {
		const ns = Number(plot.dataset.ns), to = Math.min((i + 1) * ns, Number(plot.dataset.length));
		const when = time(i * ns) + ' to ' + time(to) + ': ';
		if (bins[i] === '-')
			return when + 'nothing in flight';
		const [mean, min, max, gap, doubt, done, failed, bytes] = bins[i].split(',').map(Number);
		return when + 'mean ' + mean / 100 + ' (' + min + ' to ' + max + '), gaps ' + time(gap) +
			', ' + done + ' completed' + (failed ? ', ' + failed + ' FAILED' : '') + ', ' +
			Number((bytes * 1e3 / Math.max(to - i * ns, 1)).toPrecision(3)) + ' MB/s' +
			(doubt ? ', NOT KNOWN for ' + time(doubt) : '');
	}

	function makeReadable(plot) {
		const svg = one('svg.over', plot), width = svg.viewBox.baseVal.width;
		const bins = plot.dataset.bins.split(' '), last = Math.max(Math.ceil(width) - 1, 0);
		let at = -1, line = null, says = null;
		function show(i) {
			if (!line) {
				line = document.createElementNS(svg.namespaceURI, 'path');
				line.setAttribute('class', 'cursor');
				svg.append(line);
				says = document.createElement('output');
				plot.append(says);
			}
			at = Math.max(0, Math.min(last, i));
			line.setAttribute('d', 'M' + (at + 0.5) + ' 0v100');
			says.textContent = words(plot, at, bins);
		}
		const keys = {
			ArrowRight: () => at + 1, ArrowLeft: () => at - 1, PageDown: () => at + Math.ceil(last / 10),
			PageUp: () => at - Math.ceil(last / 10), Home: () => 0, End: () => last
		};
		svg.setAttribute('tabindex', '0');
		svg.setAttribute('aria-description', 'Arrow keys read the picture off.');
		svg.addEventListener('keydown', e => {
			if (!keys[e.key])
				return;
			show(keys[e.key]());
			e.preventDefault();
		});
		svg.addEventListener('pointermove', e => {
			const box = svg.getBoundingClientRect();
			show(Math.floor((e.clientX - box.left) / box.width * width));
		});
	}

	function unfold(target) {
		const fold = target && target.closest('details');
		if (fold) {
			fold.open = true;
			fold.scrollIntoView();
			one('summary', fold).focus({ preventScroll: true });
		}
	}

	const table = one('#all');
	if (table)
		makeSortable(table);
	if (table && one('#filter')) {
		makeFilter(table);
		all('.tools').forEach(t => { t.hidden = false; });
		one('#unfold').addEventListener('click', () => all('.ep').forEach(d => { d.open = true; }));
		one('#fold').addEventListener('click', () => all('.ep').forEach(d => { d.open = false; }));
	}
	// a picture that nobody has unfolded costs nothing
	document.addEventListener('toggle', e => all('.plot', e.target).forEach(p => {
		if (e.target.open && !p.dataset.readable) {
			p.dataset.readable = 'yes';
			makeReadable(p);
		}
	}), true);
	all('.ep[open] .plot').forEach(p => {
		p.dataset.readable = 'yes';
		makeReadable(p);
	});
	const toTarget = () => unfold(document.getElementById(location.hash.slice(1)));
	window.addEventListener('hashchange', toTarget);
	toTarget();
	window.addEventListener('beforeprint', () => {
		const folds = all('.ep');
		if (folds.length <= 32)
			folds.forEach(d => { d.open = true; });
	});
}());
/*]]>*/
