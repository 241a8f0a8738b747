/* SPDX-License-Identifier: GPL-2.0 */
/* For a file of tests about one run of tracker and metrics: `run`, new in each RUN_TEST(), and two endpoints. */
#ifndef URBSCOPE_TEST_ONE_RUN_H
#define URBSCOPE_TEST_ONE_RUN_H

#include "run.h"
#include "testmain.h"

#define IN  urb_ep(1, 5, 0x81)
#define OUT urb_ep(1, 5, 0x02)

static struct run run;

static int run_set_up(void **state)
{
	(void)state;
	run_init(&run, NULL, NULL);
	return 0;
}

static int run_tear_down(void **state)
{
	(void)state;
	run_release(&run);
	return 0;
}

#define RUN_TEST(title, function) { title, function, run_set_up, run_tear_down, NULL }

#endif
