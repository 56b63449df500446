/* test_journey.c: the whole journey, as `make demo` runs it, on the return that the project ships. */
#include <stdio.h>

#include "../support/check_main.h"
#include "journey.h"

START_TEST(a_childs_journey_from_return_to_next_home)
{
	char why[512] = "";
	int result = journey_run(&(struct journey_options){ 0 }, why);
	ck_assert_msg(result == 0, "%s", why);
}
END_TEST

int main(void)
{
	struct check_options options = { .timeout = 180 };
	return CHECK_MAIN_WITH(&options, "journey", a_childs_journey_from_return_to_next_home);
}
