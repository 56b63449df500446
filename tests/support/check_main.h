/* check_main.h: the main of every test program.
 *
 *	#include "../support/check_main.h"
 *
 *	START_TEST(a_second_accept_is_refused) { ... } END_TEST
 *
 *	CHECK_MAIN("referrals", 10, a_second_accept_is_refused, another_sentence)
 *
 * The second argument is the time limit of each test in seconds. Prints nothing but failures and the summary line
 * that `make check` counts; the exit code is 1 when a test failed. Each test runs in a process of its own unless
 * CK_FORK=no. Naming a test as the program's arguments runs those alone.
 */
#ifndef TESTS_SUPPORT_CHECK_MAIN_H
#define TESTS_SUPPORT_CHECK_MAIN_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <check.h>

static inline bool check_wanted(const char *name, int argc, char **argv)
{
	if (argc < 2)
		return true;
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

static inline int check_main(const char *subject, double limit_seconds, const TTest *const *tests, size_t count, int argc,
                             char **argv)
{
	Suite *suite = suite_create(subject);
	size_t taken = 0;
	for (size_t i = 0; i < count; i++) {
		if (!check_wanted(tests[i]->name, argc, argv))
			continue;
		TCase *one = tcase_create(tests[i]->name);
		tcase_set_timeout(one, limit_seconds);
		tcase_add_test(one, tests[i]);
		suite_add_tcase(suite, one);
		taken++;
	}
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (taken == 0)
		fprintf(stderr, "%s: no such test\n", subject);
	return failed == 0 && taken > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define CHECK_MAIN(subject, limit_seconds, ...)                                                                             \
	int main(int argc, char **argv)                                                                                     \
	{                                                                                                                   \
		const TTest *const tests[] = { __VA_ARGS__ };                                                               \
		return check_main(subject, limit_seconds, tests, sizeof(tests) / sizeof(tests[0]), argc, argv);             \
	}

#endif
