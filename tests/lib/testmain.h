/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every cmocka program needs. T in the environment picks tests by name ("gap-*");
 * CMOCKA_MESSAGE_OUTPUT=TAP turns the report into TAP.
 */
#ifndef URBSCOPE_TESTMAIN_H
#define URBSCOPE_TESTMAIN_H

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEST(title, function) { title, function, NULL, NULL, NULL }

#define TEST_MAIN(tests) TEST_MAIN_WHERE(true, tests)

/* For what draws more than ASCII. */
#define TEST_MAIN_UTF8(tests) TEST_MAIN_WHERE(setlocale(LC_CTYPE, "C.UTF-8"), tests)

/* Where it does not hold no test can run. */
#define TEST_MAIN_WHERE(holds, tests)					\
	int main(void)							\
	{								\
		const char *filter = getenv("T");			\
									\
		if (!(holds))						\
			return 77;					\
		if (filter)						\
			cmocka_set_test_filter(filter);			\
		return cmocka_run_group_tests(tests, NULL, NULL);	\
	}

#endif
