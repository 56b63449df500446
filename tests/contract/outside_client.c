/* outside_client.c: a client as somebody else would write it: built by test_build.sh against an installed Hearth. */
#include <stdio.h>
#include <string.h>
#include <hearth/client.h>
#include <hearth/control/v1/control.pb-c.h>
#include <hearth/json.h>

int main(void)
{
	const struct hearth_actor actor = { .id = "outside", .authority = "999", .roles = 2 };
	struct hearth_status status = HEARTH_STATUS_INIT;
	struct hearth_client *client = hearth_client_new(NULL, &actor);
	if (hearth_client_locate(client, "referrals", "no address", &status) == 0) {
		fputs("a malformed address was taken\n", stderr);
		return 1;
	}
	if (status.code != HEARTH_INVALID_ARGUMENT) {
		fprintf(stderr, "%s: %s\n", hearth_code_name(status.code), status.message);
		return 1;
	}
	hearth_client_free(&client);
	return 0;
}
