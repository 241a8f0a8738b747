// SPDX-License-Identifier: GPL-2.0
/* Which machines can never be watched by BPF, whoever asks: there usbmon serves. */
#include <string.h>

#include "../lib/testmain.h"
#include "urbscope/machine.h"

static const struct machine able = {
	.release = "6.1.0", .usbcore = USBCORE_MODULE, .btf = true, .usbcore_btf = true,
	.kprobe_events = true, .cap_bpf = true, .root = true, .usbmon_device = true,
};

/* What forbids BPF is told in words, and `lacks` says whether it is the kernel's own affair. */
static void expect(const struct machine *m, bool lacks, const char *word)
{
	struct fault fault = { "" };

	assert_int_equal(machine_lacks_bpf(m), lacks);
	assert_int_equal(machine_forbids_bpf(m, false, &fault), word != NULL);
	if (word && !strstr(fault.text, word))
		fail_msg("'%s' does not name '%s'", fault.text, word);
}

static void test_able(void **state)
{
	struct machine m = able;

	(void)state;
	expect(&m, false, NULL);
	assert_false(machine_lacks_fentry(&m));
	m.lockdown = LOCKDOWN_INTEGRITY;
	expect(&m, false, NULL);
	m.usbmon_device = false;
	expect(&m, false, NULL);
}

static void test_kernel(void **state)
{
	struct machine m = able;

	(void)state;
	m.old = m.too_old = true;
	expect(&m, true, "too old");
	m = able;
	m.btf = m.usbcore_btf = false;
	expect(&m, true, "CONFIG_DEBUG_INFO_BTF");
	m = able;
	m.lockdown = LOCKDOWN_CONFIDENTIALITY;
	expect(&m, true, "lockdown");
}

/* Neither a BTF nor a newer kernel would help, so of those nothing is said. */
static void test_narrow(void **state)
{
	struct machine m = able;

	(void)state;
	m.narrow = true;
	expect(&m, true, "64 bits");
	m.btf = m.usbcore_btf = false;
	expect(&m, true, "64 bits");
	m = able;
	m.narrow = true;
	m.cap_bpf = m.root = false;
	expect(&m, true, "root");
	machine_look(&m);
	assert_int_equal(m.narrow, UINTPTR_MAX == UINT32_MAX);
}

/* Then its types and functions are in the kernel's own BTF, and there is no module to ask for one. */
static void test_built_in(void **state)
{
	struct machine m = able;

	(void)state;
	m.usbcore = USBCORE_BUILTIN;
	expect(&m, false, NULL);
	m.btf = m.usbcore_btf = false;
	expect(&m, true, "has no BTF (");
}

/* Kprobes do where fentry does not; they need tracefs, and nobody else does. */
static void test_kprobes(void **state)
{
	struct fault fault = { "" };
	struct machine m = able;

	(void)state;
	m.usbcore_btf = false;
	assert_true(machine_lacks_fentry(&m));
	expect(&m, false, NULL);
	m.kprobe_events = false;
	expect(&m, true, "mount -t tracefs");
	m = able;
	m.old = true;
	assert_true(machine_lacks_fentry(&m));
	expect(&m, false, NULL);
	m.kprobe_events = false;
	expect(&m, true, "mount -t tracefs");
	m = able;
	m.kprobe_events = false;
	expect(&m, false, NULL);
	assert_true(machine_forbids_bpf(&m, true, &fault));
	assert_non_null(strstr(fault.text, "mount -t tracefs"));
}

static void test_curable(void **state)
{
	struct machine m = able;

	(void)state;
	m.cap_bpf = m.root = false;
	expect(&m, false, "root");
	m = able;
	m.usbcore = USBCORE_LOADABLE;
	m.usbcore_btf = false;
	expect(&m, false, "modprobe usbcore");
	m = able;
	m.usbcore = USBCORE_ABSENT;
	m.usbcore_btf = false;
	expect(&m, false, "no USB");
}

static const struct CMUnitTest tests[] = {
	TEST("able-machine-needs-no-usbmon", test_able),
	TEST("kernel-without-bpf-is-for-usbmon", test_kernel),
	TEST("32-bits-are-for-usbmon", test_narrow),
	TEST("usbcore-built-in-needs-the-kernels-btf", test_built_in),
	TEST("kprobes-serve-where-fentry-cannot", test_kprobes),
	TEST("what-can-be-cured-is-not-for-usbmon", test_curable),
};

TEST_MAIN(tests)
