/* demo.c: `make demo`: one child's journey on a PostgreSQL of its own, each step with its time.
 *
 *	hearth-demo [DIR]      DIR is a statutory return, or holds one folder per return
 *
 * The server lives in .run/demo and is removed afterwards; with HEARTH_DATABASE_URL it is a database of its own on that
 * server, dropped afterwards. Exit code 1 if any step fails.
 */
#include <stdio.h>
#include <stdlib.h>

#include "journey.h"

int main(int argc, char **argv)
{
	char why[512];
	struct journey_options options = { .returns = argc > 1 ? argv[1] : NULL, .out = stdout };
	const char *url = getenv("HEARTH_DATABASE_URL");
	if (argc > 2) {
		fprintf(stderr, "usage: hearth-demo [DIR]\n");
		return 2;
	}
	printf("One child's journey. %s\n\n", options.returns ? "Returns of your own; homes of a synthetic region."
	                                                      : "All data are synthetic.");
	if (!url || !*url)
		options.pg = support_pg_start_own(".run/demo");
	if ((!url || !*url) && !options.pg)
		return 1;
	int result = journey_run(&options, why);
	support_pg_remove(&options.pg);
	if (result < 0)
		fprintf(stderr, "\nThe journey stopped: %s\n", why);
	else
		printf("\nThe journey is complete.\n");
	return result < 0;
}
