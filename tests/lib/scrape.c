// SPDX-License-Identifier: GPL-2.0
#include "scrape.h"

#include <stdlib.h>

struct expose *exposer(size_t gone_max)
{
	struct expose_config config = { .gone_max = gone_max };
	struct expose *e = expose_new(&config);

	if (!e)
		abort();
	return e;
}

void scrape(struct expose *e, struct run *run, uint64_t now_ns)
{
	static const struct snapshot_source source = { .kind = "bpf", .clock = "monotonic" };
	struct snapshot *snap = metrics_snapshot(run->metrics, now_ns, &source, 0);

	if (!snap || expose_take(e, snap))
		abort();
}

struct expose_out written(struct expose *e, enum expose_format format)
{
	static const struct expose_agent nobody = { .version = "0" };
	struct expose_out out = { 0 };

	if (expose_write(e, format, &nobody, &out))
		abort();
	return out;
}

struct prom_text read_back(struct expose *e)
{
	struct expose_out out = written(e, EXPOSE_TEXT);
	struct prom_text text;

	prom_text_read(&text, out.data, out.len);
	free(out.data);
	return text;
}
