// SPDX-License-Identifier: GPL-2.0
/* Check specs: what they say, and where they are wrong. */
#include "../lib/testmain.h"

#include <errno.h>
#include <string.h>

#include "urbscope/spec.h"

static int parse(const char *text, struct check_spec *spec, struct fault *fault)
{
	memset(spec, 0, sizeof(*spec));
	memset(fault, 0, sizeof(*fault));
	return spec_parse("ci.yaml", text, strlen(text), spec, fault);
}

static void spec_says_what_the_options_say(void **state)
{
	static const char text[] =
		"# two queues\n"
		"- endpoint: [17e9:6006/bulk-in, '*/0x82#3']\n"
		"  min-depth: 7 for 99.5%\n"
		"  max-status: [EPIPE=0, EPROTO=2]\n"
		"  include: drain\n"
		"- endpoint: driver=udl/out\n"
		"  model: bulk-out-queue:depth=8\n"
		"  max-gap: 1.5ms\n";
	struct check_spec spec;
	struct fault fault;
	const struct check_target *t;

	(void)state;
	assert_int_equal(parse(text, &spec, &fault), 0);
	assert_int_equal(spec.target_cnt, 2);
	t = &spec.targets[0];
	assert_string_equal(t->name, "17e9:6006/bulk-in or */0x82#3");
	assert_int_equal(t->selector_cnt, 2);
	assert_int_equal(t->selectors[0].vid, 0x17e9);
	assert_int_equal(t->selectors[1].stream, 3);
	assert_int_equal(t->assertion_cnt, 3);
	assert_int_equal(t->assertions[0].kind, ASSERT_MIN_DEPTH);
	assert_true(t->assertions[0].limit == 7 && t->assertions[0].share == 0.995);
	assert_int_equal(t->assertions[1].status, -EPIPE);
	assert_int_equal(t->assertions[2].status, -EPROTO);
	assert_true(t->assertions[2].limit == 2);
	assert_true(t->include_drain && !t->include_ramp);
	t = &spec.targets[1];
	assert_int_equal(t->assertions[0].kind, ASSERT_BULK_OUT_QUEUE);
	assert_true(t->assertions[0].limit == 8);
	assert_true(t->assertions[1].limit == 1500000);
	check_spec_release(&spec);
}

static void wrong_spec_is_told_by_line_and_column(void **state)
{
	static const struct { const char *text, *where, *what; } cases[] = {
		{ "- endpoint: '*'\n  min-dept: 2\n", "ci.yaml:2:3:", "min-dept" },
		{ "- endpoint: '*'\n  max-gap: 5\n", "ci.yaml:2:12:", "50us" },
		{ "- endpoint: '*'\n  min-depth: 2 for 0%\n", "ci.yaml:2:14:", "2 for 99%" },
		{ "- endpoint: '*'\n  max-gap: [1ms, 5]\n", "ci.yaml:2:18:", "50us" },
		{ "- endpoint: '*'\n  max-gap: {a: b}\n", "ci.yaml:2:12:", "one value" },
		{ "- endpoint: '*'\n  include: rump\n", "ci.yaml:2:12:", "ramp" },
		{ "- endpoint: '*'\n  model: bulk-queue:depth=2\n", "ci.yaml:2:10:", "bulk-in-queue" },
		{ "- endpoint: '*'\n  model: bulk-out-queue:depth=2,buf_len=4\n", "ci.yaml:2:10:",
		  "bulk-in-queue" },
		{ "- endpoint: '*'\n  model: bulk-in-queue:depth=0\n", "ci.yaml:2:10:", "bulk-in-queue" },
		{ "- endpoint: nonsense/\n  min-depth: 2\n", "ci.yaml:1:13:", "nonsense" },
		{ "- endpoint: */in\n", "ci.yaml:1:14:", "quoted" },
		{ "- endpoint: '*'\n", "ci.yaml:1:3:", "nothing must hold" },
		{ "- min-depth: 2\n", "ci.yaml:1:3:", "on which endpoint" },
		{ "endpoint: '*'\n", "ci.yaml:1:1:", "list" },
		{ "[]\n", "ci.yaml:1:1:", "list" },
		{ "- 5\n", "ci.yaml:1:3:", "endpoint" },
		{ "- {\n", "ci.yaml:2:1:", "" },
		{ "", "ci.yaml:", "empty" },
		{ "- endpoint: '*'\n  max-gap: \"1\\0ms\"\n", "ci.yaml:2:12:", "one value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct check_spec spec;
		struct fault fault;

		assert_int_equal(parse(cases[i].text, &spec, &fault), -EINVAL);
		if (strncmp(fault.text, cases[i].where, strlen(cases[i].where)) ||
		    !strstr(fault.text, cases[i].what))
			fail_msg("%s is told as: %s", cases[i].text, fault.text);
		check_spec_release(&spec);
	}
}

static void spec_that_is_not_there_is_told(void **state)
{
	struct check_spec spec = { 0 };
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(spec_read("/nowhere/ci.yaml", &spec, &fault), -ENOENT);
	assert_non_null(strstr(fault.text, "/nowhere/ci.yaml"));
}

static const struct CMUnitTest tests[] = {
	TEST("spec-says-what-the-options-say", spec_says_what_the_options_say),
	TEST("wrong-spec-is-told-by-line-and-column", wrong_spec_is_told_by_line_and_column),
	TEST("spec-that-is-not-there-is-told", spec_that_is_not_there_is_told),
};

TEST_MAIN(tests)
