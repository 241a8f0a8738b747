// SPDX-License-Identifier: GPL-2.0
#include "../lib/testmain.h"
#include "urbscope/event.h"

static void statuses_have_the_names_of_linux(void **state)
{
	(void)state;
	assert_string_equal(urb_errno_name(-32), "EPIPE");
	assert_string_equal(urb_errno_name(-121), "EREMOTEIO");
	assert_string_equal(urb_errno_name(-104), "ECONNRESET");
	assert_non_null(urb_errno_meaning(-71));
	assert_null(urb_errno_name(-9999));
	assert_null(urb_errno_name(32));
	assert_null(urb_errno_meaning(INT32_MIN));
}

static void unknown_types_and_speeds_are_said_to_be_so(void **state)
{
	(void)state;
	assert_string_equal(urb_type_name(URB_TYPE_ISO), "iso");
	assert_string_equal(urb_type_name(99), "?");
	assert_string_equal(urb_speed_name(URB_SPEED_SUPER_PLUS), "super+");
	assert_null(urb_speed_name(URB_SPEED_UNKNOWN));
	assert_null(urb_speed_name(99));
}

static const struct CMUnitTest tests[] = {
	TEST("statuses-have-the-names-of-linux", statuses_have_the_names_of_linux),
	TEST("unknown-types-and-speeds-are-said-to-be-so",
	     unknown_types_and_speeds_are_said_to_be_so),
};

TEST_MAIN(tests)
