/* check_main.h: the main() of a Check program.
 *
 *	int main(void)
 *	{
 *		return CHECK_MAIN("arena", memory_is_zeroed, a_reset_forgets_everything);
 *	}
 *
 * runs each test in a process of its own (CK_FORK=no changes that) and prints
 * Check's lines alone: the summary "100%: Checks: N, Failures: F, Errors: E"
 * and one line for each test that failed. CK_VERBOSITY=verbose names all.
 * Exit code 0 when all passed.
 */
#ifndef HEARTH_TESTS_CHECK_MAIN_H
#define HEARTH_TESTS_CHECK_MAIN_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

/* Fixtures run once, before the first and after the last test, outside the tests' processes (unchecked); a test may
 * take `timeout` seconds (0: Check's default of 4, or CK_DEFAULT_TIMEOUT). */
struct check_options {
	void (*setup)(void);
	void (*teardown)(void);
	double timeout;
};

static inline int check_main(const char *name, const TTest *const *tests, size_t count,
                             const struct check_options *options)
{
	Suite *suite = suite_create(name);
	TCase *tcase = tcase_create(name);
	if (options != NULL && options->timeout > 0)
		tcase_set_timeout(tcase, options->timeout);
	if (options != NULL && (options->setup != NULL || options->teardown != NULL))
		tcase_add_unchecked_fixture(tcase, options->setup, options->teardown);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);     /* CK_NORMAL unless CK_VERBOSITY says otherwise */
	int failed = srunner_ntests_failed(runner);
	int ran = srunner_ntests_run(runner);
	srunner_free(runner);
	return failed == 0 && ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define CHECK_MAIN(name, ...) CHECK_MAIN_WITH(NULL, name, __VA_ARGS__)
/* `options` is a pointer to struct check_options, or NULL. */
#define CHECK_MAIN_WITH(options, name, ...) \
	check_main(name, (const TTest *const[]){ __VA_ARGS__ }, \
	           sizeof((const TTest *const[]){ __VA_ARGS__ }) / sizeof(const TTest *), options)

#endif
