/* test_fault.c: journeys while programs are killed, stopped, drained and added, PostgreSQL is killed and restarted, its
 * disk fills up and connections are cut; then the tables must tell one true story (checker.h).
 *
 * JOURNEYS: how many (200); FAULT_SEED: the killer's seed, else the time; it is printed.
 */
#include <stdio.h>

#include "../support/check_main.h"
#include "story.h"

#define DISK_MB 1024

/* PostgreSQL on a file system that can be filled, where one can be made. */
static void begin_on_small_disk(struct fault_run *run)
{
	const char *why = NULL;
	run->disk = fault_disk_new(DISK_MB, &why);
	if (run->disk == NULL)
		printf("fault: no full disk: %s\n", why);
	run->pg = support_pg_start_own(run->disk != NULL ? fault_disk_directory(run->disk) : NULL);
	ck_assert_ptr_nonnull(run->pg);
}

START_TEST(whatever_is_killed_the_tables_tell_one_true_story)
{
	struct fault_run run = story_new(story_journeys());
	begin_on_small_disk(&run);
	story_drive_and_look(&run);
	support_pg_stop(&run.pg);
	fault_disk_done(&run.disk);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 100000 };
	return CHECK_MAIN_WITH(&options, "fault", whatever_is_killed_the_tables_tell_one_true_story);
}
