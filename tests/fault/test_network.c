/* test_network.c: journeys of callers and services on two hosts, over tcp, while the network between them is cut and
 * loses packets, and while the way to PostgreSQL of those on the far host is delayed, stalled, half-open or closed; all
 * else that test_fault.c does happens too. Then the tables must tell one true story (checker.h).
 *
 * A quarter of JOURNEYS. Only root can make hosts (network.h): without it the test says that it is skipped.
 */
#include <stdio.h>

#include "../support/check_main.h"
#include "../support/dns_server.h"
#include "story.h"

START_TEST(whatever_the_network_loses_the_tables_tell_one_true_story)
{
	const char *why = NULL;
	char socket[160];
	struct fault_run run = story_new(story_journeys() / 4);
	run.network = support_network_new(&why);
	if (run.network == NULL) {
		printf("fault: skipped, no network to cut: %s\n", why);
		return;
	}
	run.pg = support_pg_start_own(NULL);
	ck_assert_ptr_nonnull(run.pg);
	snprintf(socket, sizeof socket, "%s/.s.PGSQL.5432", support_pg_socket(run.pg));
	run.proxy = tcp_proxy_start(SUPPORT_NETWORK_NEAR ".0.1", socket);
	run.dns = dns_server_start_at(SUPPORT_NETWORK_NEAR ".0.1");
	ck_assert(run.proxy != NULL && run.dns != NULL);
	story_drive_and_look(&run);
	ck_assert_int_gt(tcp_proxy_accepted(run.proxy), 0);
	dns_server_stop(&run.dns);
	tcp_proxy_stop(&run.proxy);
	support_pg_stop(&run.pg);
	support_network_free(&run.network);
}
END_TEST

int main(void)
{
	static const struct check_options options = { .timeout = 100000 };
	return CHECK_MAIN_WITH(&options, "network", whatever_the_network_loses_the_tables_tell_one_true_story);
}
