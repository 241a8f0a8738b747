// SPDX-License-Identifier: GPL-2.0
/* Any bytes as a check spec: refused with a reason that names the file, or a spec that is whole. */
#include <stdlib.h>
#include <string.h>

#include "urbscope/spec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void look(const struct check_target *target)
{
	must(target->selector_cnt && target->selector_cnt <= CHECK_SELECTORS);
	must(target->assertion_cnt);
	must(memchr(target->name, '\0', sizeof(target->name)));
	for (size_t i = 0; i < target->assertion_cnt; i++) {
		const struct assertion *a = &target->assertions[i];

		must(a->kind < ASSERTIONS);
		must(a->limit >= 0 && a->share > 0 && a->share <= 1);
		must(a->kind < ASSERTION_KINDS || a->kind == ASSERT_RULES || (a->limit >= 1 && a->limit <= 4096));
		must(a->kind != ASSERT_MAX_STATUS || a->status < 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct check_spec spec = { 0 };
	struct fault fault = { "" };
	int err = spec_parse("spec", data, size, &spec, &fault);

	must(err ? !strncmp(fault.text, "spec:", 5) : !fault.text[0]);
	for (size_t i = 0; !err && i < spec.target_cnt; i++)
		look(&spec.targets[i]);
	check_spec_release(&spec);
	return 0;
}
